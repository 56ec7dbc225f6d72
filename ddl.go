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
func (t *Table[T]) CreateCQL() []string { return (*table)(t).createCQL() }

func (t *table) createCQL() []string {
	if t.settings.viewOf != "" {
		return []string{t.createView()} // its types are those of its table
	}
	var out []string
	for _, typ := range t.meta.Types {
		out = append(out, t.createType(typ))
	}
	return append(append(out, t.createTable()), t.createIndexes()...)
}

func (t *table) createType(typ *codec.Type) string {
	fields := make([]string, len(typ.Fields))
	for i, f := range typ.Fields {
		fields[i] = cql.Quote(f.Name) + " " + f.Type.Freeze().String() // as CQL wants it in a user-defined type
	}
	return "CREATE TYPE IF NOT EXISTS " + cql.TableName(t.settings.keyspace, typ.Name) +
		" (" + strings.Join(fields, ", ") + ")"
}

func (t *table) createTable() string {
	var b strings.Builder
	b.WriteString("CREATE TABLE IF NOT EXISTS " + t.quoted + " (")
	for _, c := range t.meta.Columns {
		b.WriteString(cql.Quote(c.Name) + " " + c.Type.String())
		if c.Kind == meta.Static {
			b.WriteString(" STATIC")
		}
		b.WriteString(", ")
	}
	b.WriteString(primaryKey(t.meta) + ")" + t.with())
	return b.String()
}

func primaryKey(table *meta.Table) string {
	partition := names(table.Partition)
	if len(table.Partition) > 1 {
		partition = "(" + partition + ")"
	}
	if len(table.Clustering) > 0 {
		partition += ", " + names(table.Clustering)
	}
	return "PRIMARY KEY (" + partition + ")"
}

// with is the table's order and options, with a space before them.
func (t *table) with() string {
	var with []string
	if order := clusteringOrder(t.meta.Clustering); order != "" {
		with = append(with, "CLUSTERING ORDER BY ("+order+")")
	}
	for _, p := range t.settings.properties {
		with = append(with, p.name+" = "+p.value)
	}
	if len(with) == 0 {
		return ""
	}
	return " WITH " + strings.Join(with, " AND ")
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
func (t *Table[T]) Create(ctx context.Context) error { return (*table)(t).create(ctx) }

func (t *table) create(ctx context.Context) error {
	for _, statement := range t.createCQL() {
		if err := t.alter(ctx, "create", statement); err != nil {
			return err
		}
	}
	return nil
}

// Drop removes the table and all its rows where it exists, and waits until all nodes agree
// on the schema. Its user-defined types stay.
func (t *Table[T]) Drop(ctx context.Context) error { return (*table)(t).drop(ctx) }

func (t *table) drop(ctx context.Context) error {
	what := "TABLE"
	if t.settings.viewOf != "" {
		what = "MATERIALIZED VIEW"
	}
	return t.alter(ctx, "drop", "DROP "+what+" IF EXISTS "+t.quoted)
}

// Truncate removes all rows of the table, on all nodes: it fails if one is down. It is
// for tests: LWTs under way may come after it or be lost.
func (t *Table[T]) Truncate(ctx context.Context) error { return (*table)(t).truncate(ctx) }

func (t *table) truncate(ctx context.Context) error {
	if t.settings.viewOf != "" {
		return &UsageError{Op: "truncate", Table: t.name, Reason: "a materialized view is read-only; truncate " + t.settings.viewOf}
	}
	return t.alter(ctx, "truncate", "TRUNCATE "+t.quoted)
}

// alter sends a statement that concerns the whole table.
func (t *table) alter(ctx context.Context, op, statement string) error {
	ctx, cancel := t.bound(ctx)
	defer cancel()
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
