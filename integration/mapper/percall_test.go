package mapper_test

import (
	"context"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

type reading struct {
	Sensor string `cql:"sensor,partition"`
	N      int    `cql:"n,clustering"`
	Value  string `cql:"value"`
	Unit   string `cql:"unit,static"`
}

var (
	readingSensor = coodie.Col(func(r *reading) *string { return &r.Sensor })
	readingN      = coodie.Col(func(r *reading) *int { return &r.N })
)

// readings is a table with n rows of the sensor "a".
func readings(t *testing.T, s *gocql.Session, n int, opts ...coodie.TableOption) *coodie.Table[reading] {
	t.Helper()
	table := create[reading](t, s, opts...)
	for i := range n {
		require.NoError(t, table.New(reading{Sensor: "a", N: i, Value: "v"}).Save(t.Context()))
	}
	return table
}

func TestOneAndExists(t *testing.T) {
	ctx := t.Context()
	s := connect(t)
	table := readings(t, s, 3)
	execute(t, s, "INSERT INTO reading (sensor, unit) VALUES ('static', 'm')")

	_, err := table.Find(readingSensor.Eq("a")).One(ctx)
	require.Equal(t, coodie.KindMultiple, coodie.KindOf(err))
	_, err = table.Find(readingSensor.Eq("none")).One(ctx)
	require.ErrorIs(t, err, coodie.ErrNotFound)
	one, err := table.Find(readingSensor.Eq("a"), readingN.Gt(1)).One(ctx)
	require.NoError(t, err)
	require.Equal(t, 2, one.N)

	for _, tt := range []struct {
		q    *coodie.QuerySet[reading]
		want bool
	}{
		{table.Find(), true},
		{table.Find(readingSensor.Eq("a")), true},
		{table.Find(readingSensor.Eq("b")), false},
		{table.Find(readingSensor.Eq("a"), readingN.Eq(0)).With(coodie.WithLinearizable()), true},
		{table.Find(readingSensor.Eq("a"), readingN.Eq(7)), false},
		{table.Find(readingSensor.Eq("static"), readingN.Eq(7)), false},
	} {
		found, err := tt.q.Exists(ctx)
		require.NoError(t, err)
		require.Equal(t, tt.want, found)
	}
	// A row that an UPDATE made has no marker of its own.
	require.NoError(t, table.Find(readingSensor.Eq("u"), readingN.Eq(1)).Update(ctx, coodie.AnyCol(table, "value").Set("v")))
	found, err := table.Find(readingSensor.Eq("u"), readingN.Eq(1)).Exists(ctx)
	require.NoError(t, err)
	require.True(t, found)
}

func TestPerCall(t *testing.T) {
	ctx := t.Context()
	table := readings(t, connect(t), 25)
	sensor := table.Find(readingSensor.Eq("a"))

	for _, c := range []coodie.Consistency{coodie.One, coodie.LocalOne, coodie.All, coodie.EachQuorum} {
		require.NoError(t, table.New(reading{Sensor: "b"}).With(coodie.WithConsistency(c)).Save(ctx), c)
		_, err := table.Find(readingSensor.Eq("b")).With(coodie.WithConsistency(c)).First(ctx)
		require.NoError(t, err, c)
	}
	require.NoError(t, table.New(reading{Sensor: "b"}).With(coodie.WithConsistency(coodie.Any)).Save(ctx))

	all, err := sensor.With(coodie.WithPageSize(4), coodie.WithPrefetch(0), coodie.WithTimeout(time.Minute)).All(ctx)
	require.NoError(t, err)
	require.Len(t, all, 25)

	_, err = sensor.With(coodie.WithTimeout(time.Nanosecond)).All(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	// Cassandra has no such clauses.
	_, err = sensor.With(coodie.WithBypassCache()).All(ctx)
	require.ErrorContains(t, err, "ScyllaDB's")
	err = sensor.With(coodie.WithUsingTimeout(time.Second)).Delete(ctx)
	require.ErrorContains(t, err, "ScyllaDB's")
	require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
}
