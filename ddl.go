package coodie

import (
	"context"
	"strings"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
)

// CreateCQL is what Create runs: a CREATE TYPE for each user-defined type, a type
// after those that it uses, the CREATE TABLE, and a CREATE INDEX for each index, all IF NOT EXISTS.
func (t *Table[T]) CreateCQL() []string {
	var out []string
	for _, typ := range t.meta.Types {
		out = append(out, t.createType(typ))
	}
	return append(append(out, t.createTable()), t.createIndexes()...)
}

func (t *Table[T]) createType(typ *codec.Type) string {
	fields := make([]string, len(typ.Fields))
	for i, f := range typ.Fields {
		fields[i] = cql.Quote(f.Name) + " " + frozen(f.Type).String()
	}
	return "CREATE TYPE IF NOT EXISTS " + cql.TableName(t.settings.keyspace, typ.Name) +
		" (" + strings.Join(fields, ", ") + ")"
}

// frozen is the type as a field of a user-defined type: CQL wants collections and other
// user-defined types frozen there.
func frozen(t *codec.Type) *codec.Type {
	switch t.Kind {
	case codec.List, codec.Set, codec.Map, codec.UDT:
		f := *t
		f.Frozen = true
		return &f
	}
	return t
}

func (t *Table[T]) createTable() string {
	var b strings.Builder
	b.WriteString("CREATE TABLE IF NOT EXISTS " + t.quoted + " (")
	for _, c := range t.meta.Columns {
		b.WriteString(cql.Quote(c.Name) + " " + c.Type.String())
		if c.Kind == meta.Static {
			b.WriteString(" STATIC")
		}
		b.WriteString(", ")
	}
	partition := names(t.meta.Partition)
	if len(t.meta.Partition) > 1 {
		partition = "(" + partition + ")"
	}
	b.WriteString("PRIMARY KEY (" + partition)
	if len(t.meta.Clustering) > 0 {
		b.WriteString(", " + names(t.meta.Clustering))
	}
	b.WriteString("))")
	var with []string
	if order := clusteringOrder(t.meta.Clustering); order != "" {
		with = append(with, "CLUSTERING ORDER BY ("+order+")")
	}
	for _, p := range t.settings.properties {
		with = append(with, p.name+" = "+p.value)
	}
	if len(with) > 0 {
		b.WriteString(" WITH " + strings.Join(with, " AND "))
	}
	return b.String()
}

func names(columns []*meta.Column) string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = cql.Quote(c.Name)
	}
	return strings.Join(out, ", ")
}

// clusteringOrder is empty where every column is ascending, which is the default.
func clusteringOrder(columns []*meta.Column) string {
	out, desc := make([]string, len(columns)), false
	for i, c := range columns {
		order := " ASC"
		if c.Desc {
			order, desc = " DESC", true
		}
		out[i] = cql.Quote(c.Name) + order
	}
	if !desc {
		return ""
	}
	return strings.Join(out, ", ")
}

// Create makes the table and its user-defined types where they do not exist, and waits
// until all nodes agree on the schema. It changes nothing that exists: Verify tells
// whether that fits.
//
// Let one process do it: nodes that are asked to create the same table at the same
// time can disagree on it (CASSANDRA-5202).
func (t *Table[T]) Create(ctx context.Context) error {
	for _, statement := range t.CreateCQL() {
		if err := t.alter(ctx, "create", statement); err != nil {
			return err
		}
	}
	return nil
}

// Drop removes the table and all its rows where it exists, and waits until all nodes agree
// on the schema. Its user-defined types stay.
func (t *Table[T]) Drop(ctx context.Context) error {
	return t.alter(ctx, "drop", "DROP TABLE IF EXISTS "+t.quoted)
}

// Truncate removes all rows of the table, on all nodes: it fails if one is down. It is
// for tests: LWTs under way may come after it or be lost.
func (t *Table[T]) Truncate(ctx context.Context) error {
	return t.alter(ctx, "truncate", "TRUNCATE "+t.quoted)
}

// alter sends a statement that concerns the whole table.
func (t *Table[T]) alter(ctx context.Context, op, statement string) error {
	r := &driver.Request{Kind: driver.Schema, Statement: statement, Consistency: t.settings.consistency}
	start := t.now()
	err := driver.Exec(ctx, t.sender, r)
	if err == nil {
		err = t.sender.AwaitSchema(ctx)
	}
	err = t.failure(op, r, err)
	t.observe(ctx, op, r, Done, err, start)
	return err
}
