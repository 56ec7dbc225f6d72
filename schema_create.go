package coodie

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/ddl"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/stmt"
)

// CreateTableCQL is what CreateTable runs: a CREATE TYPE for each user-defined type, a type
// after those that it uses, the CREATE TABLE, and a CREATE INDEX for each index, all IF NOT EXISTS.
func (t *Table[T]) CreateTableCQL() []string { return (*table)(t).createCQL() }

func (t *table) createCQL() []string {
	d := t.ddl()
	return d.Create()
}

// ddl is the table as its statements describe it.
func (t *table) ddl() ddl.Table {
	s := &t.settings
	return ddl.Table{Meta: t.schema.Meta, Keyspace: s.keyspace, Name: s.table, ViewOf: s.viewOf, Properties: s.properties}
}

// CreateTable makes the table and its user-defined types where they do not exist, and waits
// until all nodes agree on the schema. It changes nothing that exists: Verify tells
// whether that fits.
//
// Let one process do it: nodes that are asked to create the same table at the same
// time can disagree on it (CASSANDRA-5202).
func (t *Table[T]) CreateTable(ctx context.Context) error { return (*table)(t).create(ctx) }

func (t *table) create(ctx context.Context) error {
	for _, statement := range t.createCQL() {
		if err := t.alter(ctx, "create", statement); err != nil {
			return err
		}
	}
	return nil
}

// DropTable removes the table and all its rows where it exists, and waits until all nodes agree
// on the schema. Its user-defined types stay.
func (t *Table[T]) DropTable(ctx context.Context) error { return (*table)(t).drop(ctx) }

func (t *table) drop(ctx context.Context) error {
	d := t.ddl()
	return t.alter(ctx, "drop", d.Drop())
}

// Truncate removes all rows of the table, on all nodes: it fails if one is down. It is
// for tests: LWTs under way may come after it or be lost.
func (t *Table[T]) Truncate(ctx context.Context) error { return (*table)(t).truncate(ctx) }

func (t *table) truncate(ctx context.Context) error {
	d := t.ddl()
	return t.alter(ctx, "truncate", d.Truncate())
}

// alter sends a statement that concerns the whole table.
func (t *table) alter(ctx context.Context, op, statement string) error {
	ctx, cancel := t.withDeadline(ctx)
	defer cancel()
	r := &driver.Request{Kind: driver.Schema, Statement: statement, Consistency: t.settings.consistency}
	ctx, w := t.begin(ctx, op, EventDDL, r)
	defer w.left(nil)
	err := driver.Exec(ctx, t.sender, r)
	if err == nil {
		err = t.sender.AwaitSchema(ctx)
	}
	err = t.failure(op, r, err)
	w.end(OutcomeDone, err, func(e *Event) { e.Warning = t.warns(r) })
	return err
}

func withProperty(name, value string, mistake error) TableOption {
	return tableOption(func(s *settings) {
		s.properties = append(s.properties, ddl.Property{Name: name, Value: value})
		if s.broken == nil {
			s.broken = mistake
		}
	})
}

// WithDefaultTTL is the table's default_time_to_live: what is written without a TTL
// expires after d, rounded up to whole seconds. TTL(0) makes a write without expiry.
//
// It counts from the write of each value, not of the row: an Update gives only what it
// writes a new lease of life. Verify compares it with the live table.
func WithDefaultTTL(d time.Duration) TableOption {
	var mistake error
	if d < 0 || d > stmt.MaxTTL {
		mistake = fmt.Errorf("a default TTL is between 0, which is none, and 20 years")
	}
	seconds := int64((d + time.Second - 1) / time.Second)
	return withProperty(ddl.DefaultTTL, strconv.FormatInt(seconds, 10), mistake)
}

// WithComment is the table's comment.
func WithComment(text string) TableOption { return withProperty("comment", ddl.Text(text), nil) }

// WithCompaction is the table's compaction strategy, by its class and options:
//
//	coodie.WithCompaction("TimeWindowCompactionStrategy", map[string]string{"compaction_window_unit": "DAYS", "compaction_window_size": "1"})
func WithCompaction(class string, options map[string]string) TableOption {
	all := map[string]string{"class": class}
	maps.Copy(all, options)
	var mistake error
	if class == "" || all["class"] != class {
		mistake = fmt.Errorf("a compaction strategy has one class")
	}
	return withProperty("compaction", ddl.MapText(all), mistake)
}

// WithProperty is any other option of CREATE TABLE: a text, bool, int, float64 or
// map[string]string.
//
//	coodie.WithProperty("gc_grace_seconds", 3600)
func WithProperty(name string, value any) TableOption {
	var text string
	var mistake error
	switch v := value.(type) {
	case string:
		text = ddl.Text(v)
	case bool:
		text = strconv.FormatBool(v)
	case int:
		text = strconv.Itoa(v)
	case float64:
		text = strconv.FormatFloat(v, 'g', -1, 64)
	case map[string]string:
		text = ddl.MapText(v)
	default:
		mistake = fmt.Errorf("property %s: a %T is none of string, bool, int, float64 and map[string]string", name, value)
	}
	switch name {
	case ddl.DefaultTTL, "comment", "compaction":
		mistake = fmt.Errorf("property %s has an option of its own: WithDefaultTTL, WithComment, WithCompaction", name)
	}
	if !propertyName.MatchString(name) {
		mistake = fmt.Errorf("%q is not the name of a table's property", name)
	}
	return withProperty(name, text, mistake)
}

var propertyName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// checkProperties refuses what CREATE TABLE would.
func (s *settings) checkProperties(counter bool) error {
	if s.broken != nil {
		return s.broken
	}
	seen := map[string]bool{}
	for _, p := range s.properties {
		if seen[p.Name] {
			return fmt.Errorf("property %s is given twice", p.Name)
		}
		seen[p.Name] = true
		if counter && p.Name == ddl.DefaultTTL && p.Value != "0" {
			return fmt.Errorf("counters take no TTL, so a counter table has no default one")
		}
	}
	return nil
}

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
	ctx, cancel := t.withDeadline(ctx)
	defer cancel()
	keyspace := t.settings.keyspace
	if keyspace == "" {
		keyspace = t.sender.Keyspace()
	}
	if keyspace == "" {
		return misuse("verify", t.schema.Name, "", "no keyspace is known; give the session one, or use WithKeyspace", nil)
	}
	d := t.ddl()
	live, err := t.live(ctx, keyspace, &d)
	if err != nil {
		return err
	}
	differences := []string{"the table does not exist in keyspace " + keyspace + "; CreateTable makes it"}
	if len(live.Columns) > 0 {
		differences = d.Compare(live)
	}
	if live.Static() {
		t.schema.Statics.Store(true) // reads go by it: see stmt.RowMark
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
