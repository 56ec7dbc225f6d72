package coodie

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"github.com/coodie-go/coodie/internal/codec"
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
		return &UsageError{Op: "verify", Table: t.name, Reason: "no keyspace is known; give the session one, or use WithKeyspace"}
	}
	v := verifier{meta: t.meta}
	live, err := t.liveColumns(ctx, keyspace)
	if err != nil {
		return err
	}
	if len(live) == 0 {
		v.differ("the table does not exist in keyspace %s; Create makes it", keyspace)
	} else {
		if v.columns(live); v.statics {
			t.statics.Store(true) // reads go by it: see telling
		}
		if err := t.verifyOptions(ctx, keyspace, &v); err != nil {
			return err
		}
		for _, typ := range t.meta.Types {
			fields, err := t.liveFields(ctx, keyspace, typ.Name)
			if err != nil {
				return err
			}
			v.userType(typ, fields)
		}
	}
	if len(v.out) > 0 {
		return &MismatchError{Table: keyspace + "." + t.settings.table, Differences: v.out}
	}
	return nil
}

// liveColumn is a row of system_schema.columns.
type liveColumn struct {
	name, order, kind, typ string
	position               int
}

type verifier struct {
	meta    *meta.Table
	out     []string
	statics bool // the live table has static columns
}

func (v *verifier) differ(format string, args ...any) {
	v.out = append(v.out, fmt.Sprintf(format, args...))
}

func (v *verifier) columns(live map[string]liveColumn) {
	for _, c := range v.meta.Columns {
		l, ok := live[c.Name]
		if !ok {
			v.differ("column %s (field %s): the table has no such column", c.Name, c.Field)
			continue
		}
		v.column(c, l)
	}
	for _, name := range slices.Sorted(maps.Keys(live)) {
		l := live[name]
		v.statics = v.statics || l.kind == "static"
		if (l.kind == "partition_key" || l.kind == "clustering") && v.meta.Column(l.name) == nil {
			v.differ("column %s: part of the table's primary key, but the struct has no field for it", l.name)
		}
	}
}

func (v *verifier) column(c *meta.Column, l liveColumn) {
	if typ, err := codec.ParseType(l.typ); err != nil || !c.Type.Equal(typ) {
		v.differ("column %s (field %s): %s in the struct, %s in the table", c.Name, c.Field, c.Type, l.typ)
	}
	kinds := map[string]meta.Kind{"partition_key": meta.Partition, "clustering": meta.Clustering, "static": meta.Static, "regular": meta.Regular}
	if kinds[l.kind] != c.Kind {
		v.differ("column %s (field %s): %s in the struct, %s in the table", c.Name, c.Field, c.Kind, l.kind)
		return
	}
	if position := position(v.meta, c); position != l.position {
		v.differ("column %s (field %s): number %d of the %s columns in the struct, number %d in the table",
			c.Name, c.Field, position+1, c.Kind, l.position+1)
	}
	if desc := l.order == "desc"; c.Kind == meta.Clustering && desc != c.Desc {
		v.differ("column %s (field %s): clustering order is %s in the table", c.Name, c.Field, l.order)
	}
}

// position is the column's place in its key, from 0; -1 for other columns.
func position(t *meta.Table, c *meta.Column) int {
	for _, key := range [...][]*meta.Column{t.Partition, t.Clustering} {
		for i := range key {
			if key[i] == c {
				return i
			}
		}
	}
	return -1
}

func (v *verifier) userType(typ *codec.Type, live map[string]string) {
	if len(live) == 0 {
		v.differ("type %s: the keyspace has no such user-defined type", typ.Name)
		return
	}
	for _, f := range typ.Fields {
		text, ok := live[f.Name]
		if !ok {
			v.differ("type %s: the live type has no field %s", typ.Name, f.Name)
			continue
		}
		if t, err := codec.ParseType(text); err != nil || !f.Type.Freeze().Equal(t.Freeze()) {
			v.differ("type %s: field %s is %s in the struct, %s in the live type", typ.Name, f.Name, f.Type, text)
		}
	}
}

func (t *table) liveColumns(ctx context.Context, keyspace string) (map[string]liveColumn, error) {
	live := map[string]liveColumn{}
	const query = "SELECT column_name, clustering_order, kind, type, position FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?"
	err := t.system(ctx, query, []string{keyspace, t.settings.table}, func(cells [][]byte) error {
		c := liveColumn{name: string(cells[0]), order: string(cells[1]), kind: string(cells[2]), typ: string(cells[3])}
		if len(cells[4]) == 4 {
			c.position = int(int32(binary.BigEndian.Uint32(cells[4])))
		}
		live[c.name] = c
		return nil
	})
	return live, err
}

func (t *table) liveFields(ctx context.Context, keyspace, typ string) (map[string]string, error) {
	live := map[string]string{}
	const query = "SELECT field_names, field_types FROM system_schema.types WHERE keyspace_name = ? AND type_name = ?"
	err := t.system(ctx, query, []string{keyspace, typ}, func(cells [][]byte) error {
		names, ok1 := elements(cells[0], 1)
		types, ok2 := elements(cells[1], 1)
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

var textCodec = mustCodec(reflect.TypeFor[string](), &codec.Type{Kind: codec.Text})

// system reads a system table.
func (t *table) system(ctx context.Context, query string, args []string, each func([][]byte) error) error {
	var call driver.Call
	for i := range args {
		if _, _, err := call.Bind(textCodec, unsafe.Pointer(&args[i]), false); err != nil {
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
