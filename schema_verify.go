package coodie

import (
	"context"
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/ddl"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
)

// MismatchError is what Verify found: where the struct and the live table differ.
type MismatchError struct {
	Table       string
	Differences []string // one a line, each naming the column and the Go field
}

func (e *MismatchError) Error() string {
	s := about("table", e.Table, nil) + " differs from its struct"
	if len(e.Differences) > 0 {
		s += ":\n\t" + strings.Join(e.Differences, "\n\t")
	}
	return s
}

// Verify compares the struct with the live table and returns a *MismatchError that
// lists every difference that matters: a missing table, type or column, another type,
// another key, another order, a missing index, another default TTL than WithDefaultTTL
// says. Columns and indexes that only the table has are fine, unless they
// belong to its key.
func (t *Table[T]) Verify(ctx context.Context) error { return (*table)(t).verify(ctx) }

func (t *table) verify(ctx context.Context) error {
	ctx, cancel := t.bound(ctx)
	defer cancel()
	keyspace := t.settings.keyspace
	if keyspace == "" {
		keyspace = t.sender.Keyspace()
	}
	if keyspace == "" {
		return &UsageError{Op: "verify", Table: t.schema.Name, Reason: "no keyspace is known; give the session one, or use WithKeyspace"}
	}
	d := t.ddl()
	live, err := t.live(ctx, keyspace, &d)
	if err != nil {
		return err
	}
	differences := []string{"the table does not exist in keyspace " + keyspace + "; Create makes it"}
	if len(live.Columns) > 0 {
		differences = d.Compare(live)
	}
	if live.Static() {
		t.schema.Statics.Store(true) // reads go by it: see telling
	}
	if len(differences) > 0 {
		return &MismatchError{Table: keyspace + "." + t.settings.table, Differences: differences}
	}
	return nil
}

// live reads what the server says of the table, as far as its description asks for it.
func (t *table) live(ctx context.Context, keyspace string, d *ddl.Table) (live *ddl.Live, err error) {
	live = &ddl.Live{Types: map[string]map[string]string{}}
	if live.Columns, err = t.liveColumns(ctx, keyspace); err != nil || len(live.Columns) == 0 {
		return live, err
	}
	if slices.ContainsFunc(t.schema.Meta.Columns, func(c *meta.Column) bool { return len(c.Indexes) > 0 }) {
		if live.Indexes, err = t.liveIndexes(ctx, keyspace); err != nil {
			return nil, err
		}
	}
	if d.Property(ddl.DefaultTTL) != "" {
		if live.DefaultTTL, err = t.liveTTL(ctx, keyspace); err != nil {
			return nil, err
		}
	}
	for _, typ := range t.schema.Meta.Types {
		if live.Types[typ.Name], err = t.liveFields(ctx, keyspace, typ.Name); err != nil {
			return nil, err
		}
	}
	return live, nil
}

func (t *table) liveColumns(ctx context.Context, keyspace string) (map[string]ddl.LiveColumn, error) {
	live := map[string]ddl.LiveColumn{}
	const query = "SELECT column_name, clustering_order, kind, type, position FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?"
	err := t.system(ctx, query, []string{keyspace, t.settings.table}, func(cells [][]byte) error {
		c := ddl.LiveColumn{Name: string(cells[0]), Order: string(cells[1]), Kind: string(cells[2]), Type: string(cells[3])}
		if len(cells[4]) == 4 {
			c.Position = int(int32(binary.BigEndian.Uint32(cells[4])))
		}
		live[c.Name] = c
		return nil
	})
	return live, err
}

func (t *table) liveFields(ctx context.Context, keyspace, typ string) (map[string]string, error) {
	live := map[string]string{}
	const query = "SELECT field_names, field_types FROM system_schema.types WHERE keyspace_name = ? AND type_name = ?"
	err := t.system(ctx, query, []string{keyspace, typ}, func(cells [][]byte) error {
		names, ok1 := codec.Elements(cells[0], 1)
		types, ok2 := codec.Elements(cells[1], 1)
		if !ok1 || !ok2 || len(names) != len(types) {
			return fmt.Errorf("system_schema.types holds something else than two lists")
		}
		for i := range names {
			live[string(names[i])] = string(types[i])
		}
		return nil
	})
	return live, err
}

func (t *table) liveIndexes(ctx context.Context, keyspace string) (live []ddl.LiveIndex, err error) {
	const query = "SELECT kind, options FROM system_schema.indexes WHERE keyspace_name = ? AND table_name = ?"
	err = t.system(ctx, query, []string{keyspace, t.settings.table}, func(cells [][]byte) error {
		l := ddl.LiveIndex{Kind: string(cells[0])}
		options, _ := codec.Elements(cells[1], 2)
		for i := 0; i+1 < len(options); i += 2 {
			switch string(options[i]) {
			case "target":
				l.Target = string(options[i+1])
			case "class_name":
				l.Class = string(options[i+1])
			}
		}
		live = append(live, l)
		return nil
	})
	return live, err
}

// liveTTL is the default TTL, in seconds.
func (t *table) liveTTL(ctx context.Context, keyspace string) (ttl int, err error) {
	const query = "SELECT default_time_to_live FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?"
	err = t.system(ctx, query, []string{keyspace, t.settings.table}, func(cells [][]byte) error {
		if len(cells[0]) == 4 {
			ttl = int(binary.BigEndian.Uint32(cells[0]))
		}
		return nil
	})
	return ttl, err
}

var textCodec = stmt.MustCodec(reflect.TypeFor[string](), &codec.Type{Kind: codec.Text})

// system reads a system table.
func (t *table) system(ctx context.Context, query string, args []string, each func([][]byte) error) error {
	var call driver.Call
	for i := range args {
		if _, _, err := call.Bind(textCodec, codec.At(&args[i]), false); err != nil {
			return err
		}
	}
	r := &driver.Request{Kind: driver.Read, Statement: query, Consistency: t.settings.consistency}
	rows := call.Do(ctx, t.sender, r)
	var err error
	for err == nil && rows.Next() {
		err = each(rows.Cells())
	}
	if failed := rows.Close(); failed != nil {
		err = failed
	}
	return t.failure("verify", r, err)
}
