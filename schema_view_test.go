package coodie

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/cqlparse"
	"github.com/coodie-go/coodie/internal/driver/fake"
)

// EverythingByName is a materialized view of Everything.
type EverythingByName struct {
	Name   string    `cql:"name,partition"`
	Tenant string    `cql:"tenant,clustering"`
	ID     int       `cql:"id,clustering"`
	At     time.Time `cql:"at,clustering,desc"`
	Seq    int       `cql:"seq,clustering"`
	Mixed  *bool     `cql:"mixedCase"`
}

func TestView(t *testing.T) {
	ctx := context.Background()
	base, sent := answering[Everything](t, applied, WithKeyspace("ks"))
	view, err := OpenView[EverythingByName](base, WithTable("by_name"), WithProperty("comment", "by name"))
	require.NoError(t, err)
	require.Equal(t, []string{`CREATE MATERIALIZED VIEW IF NOT EXISTS ks.by_name AS SELECT name, tenant, id, at, seq, "mixedCase" FROM ks.everything ` +
		`WHERE name IS NOT NULL AND tenant IS NOT NULL AND id IS NOT NULL AND at IS NOT NULL AND seq IS NOT NULL ` +
		`PRIMARY KEY (name, tenant, id, at, seq) WITH CLUSTERING ORDER BY (tenant ASC, id ASC, at DESC, seq ASC) AND comment = 'by name'`}, Schema(nil, view).CQL())
	_, err = cqlparse.ParseAs(cqlparse.Cassandra, Schema(nil, view).CQL()[0])
	require.NoError(t, err)

	_, err = view.Find(AnyCol(view, "name").Eq("x")).All(ctx)
	require.NoError(t, err)
	require.Contains(t, sent.Last(), "FROM ks.by_name")
	require.NoError(t, Schema(nil, view).Drop(ctx))
	require.Equal(t, "DROP MATERIALIZED VIEW IF EXISTS ks.by_name", sent.Last())

	n := len(sent.Sent())
	find := view.Find(AnyCol(view, "name").Eq("x"), AnyCol(view, "tenant").Eq("t"), AnyCol(view, "id").Eq(1), AnyCol(view, "at").Eq(time.Unix(1, 0)), AnyCol(view, "seq").Eq(2))
	_, err = find.With(WithLinearizable()).Get(ctx)
	var usage *Error
	require.ErrorAs(t, err, &usage)
	require.Equal(t, KindUsage, usage.Kind)
	require.Contains(t, usage.Reason, "materialized view")
	require.Len(t, sent.Sent(), n, "nothing was sent")
}

func TestViewMistakes(t *testing.T) {
	db := newDB(&fake.Sender{}, nil)
	base, err := Open[ddlKeys](db)
	require.NoError(t, err)
	counter, err := Open[ddlCounter](db)
	require.NoError(t, err)
	_, ofCounter := OpenView[ddlCounter](counter, WithTable("v"))
	_, noColumn := OpenView[ddlPlain](base)
	type keyMissing struct {
		P1 string `cql:"p1,partition"`
	}
	_, missing := OpenView[keyMissing](base)
	type otherType struct {
		P1 []byte `cql:"p1,partition"`
	}
	_, other := OpenView[otherType](base)
	type withStatic struct {
		P1 string `cql:"p1,partition"`
		S  string `cql:"s"`
	}
	_, static := OpenView[withStatic](base)
	_, ttl := OpenView[keyMissing](base, WithDefaultTTL(time.Hour))
	_, elsewhere := OpenView[keyMissing](base, WithKeyspace("other"))
	_, none := OpenView[keyMissing, ddlKeys](nil)
	for says, err := range map[string]error{
		"counter": ofCounter, "none of coodie.ddlKeys": noColumn, "p2 is missing": missing, "is text in coodie.ddlKeys": other,
		"no static": static, "default TTL": ttl, "table's keyspace": elsewhere, "needs the table": none,
	} {
		var schema *SchemaError
		require.ErrorAs(t, err, &schema, says)
		require.ErrorContains(t, err, says)
	}
}

type pickView struct {
	Name   string    `cql:"name,partition"`
	Tenant string    `cql:"tenant,clustering"`
	ID     int       `cql:"id,clustering"`
	At     time.Time `cql:"at,clustering"`
	Seq    int       `cql:"seq,clustering"`
}

func (pickView) ViewFilter() string { return `tenant = 'a' AND "seq" > 3 AND names IS NOT NULL` }

// A column of the key that the filter restricts takes no second restriction.
func TestViewFilter(t *testing.T) {
	base, _ := answering[Everything](t, applied)
	view, err := OpenView[pickView](base)
	require.NoError(t, err)
	cql := Schema(nil, view).CQL()[0]
	require.Contains(t, cql, ` WHERE name IS NOT NULL AND id IS NOT NULL AND at IS NOT NULL AND tenant = 'a' AND "seq" > 3 AND names IS NOT NULL PRIMARY KEY `)
	_, err = cqlparse.ParseAs(cqlparse.Cassandra, cql)
	require.NoError(t, err)
}
