package coodie_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// Fuse panics when it is written as -1.
type Fuse int32

func (f Fuse) MarshalCQL(gocql.TypeInfo) ([]byte, error) {
	if f == -1 {
		panic("the fuse has blown")
	}
	return []byte{0, 0, 0, byte(f)}, nil
}

func (f *Fuse) UnmarshalCQL(_ gocql.TypeInfo, data []byte) error {
	if len(data) == 4 {
		*f = Fuse(data[3])
	}
	if *f == 99 {
		panic("the fuse has blown")
	}
	return nil
}

func (Fuse) CQLType() string { return "int" }

type Part struct {
	ID   int     `cql:"id,partition"`
	Name *string `cql:"name"`
	Fuse Fuse    `cql:"fuse"`
	Tiny int     `cql:"tiny,type=tinyint"`
}

var partID = coodie.Col(func(p *Part) *int { return &p.ID })

// parts are n parts, from 1 on.
func parts(n int) []Part {
	out := make([]Part, n)
	for i := range out {
		name := fmt.Sprint("part ", i+1)
		out[i] = Part{ID: i + 1, Name: &name, Fuse: Fuse(i + 1)}
	}
	return out
}

func TestBulk(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	table := open[Part](t, session)
	all := parts(90)

	require.NoError(t, table.SaveAll(ctx, all))
	require.Len(t, srv.Log().Matching(cqltest.On(cqltest.Insert, "part")), 90, "a statement per item")
	require.NoError(t, table.SaveAll(ctx, nil))

	keys := []Part{{ID: 7}, {ID: 1000}, {ID: 3}, {ID: 7}}
	rows, err := table.GetMany(ctx, keys)
	require.NoError(t, err)
	require.Equal(t, []*Part{&all[6], nil, &all[2], &all[6]}, rows, "row i belongs to key i; a missing row is no error")

	twice := append(parts(2), Part{ID: 500, Fuse: 1})
	results, err := table.InsertAll(ctx, twice)
	require.NoError(t, err, "refused is a result")
	require.Len(t, results, 3)
	require.False(t, results[0].Applied)
	require.Equal(t, all[1], results[1].Existing.Value)
	require.True(t, results[2].Applied)

	require.NoError(t, table.DeleteAll(ctx, all[10:]))
	n, err := table.Find().Count(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 11, n)

	// What the chain says is said of each item.
	require.NoError(t, table.SaveAll(ctx, []Part{{ID: 1, Fuse: 5}}, coodie.WithOmitNil(), coodie.WithTTL(time.Hour)))
	row, err := table.Find(partID.Eq(1)).Get(ctx)
	require.NoError(t, err)
	require.Equal(t, Part{ID: 1, Name: all[0].Name, Fuse: 5}, row)
	srv.FastForward(2 * time.Hour)
	row, err = table.Find(partID.Eq(1)).Get(ctx)
	require.NoError(t, err)
	require.Equal(t, Part{ID: 1, Name: all[0].Name}, row)
}

// TestBulkFollows: an item becomes what was written, as a document does.
func TestBulkFollows(t *testing.T) {
	ctx := context.Background()
	_, session := server(t)
	orders := open[Order](t, session)
	lines := []Order{{ID: 1, Line: 1}, {ID: 1, Line: 2}}
	_, err := orders.InsertAll(ctx, lines[:1])
	require.NoError(t, err)
	lines[0].Version = 0
	results, err := orders.InsertAll(ctx, lines)
	require.NoError(t, err)
	require.False(t, results[0].Applied)
	require.Zero(t, lines[0].Version, "refused")
	require.NotZero(t, lines[1].Version)
	require.ErrorContains(t, orders.SaveAll(ctx, lines), "2 of 2 items failed; item 0: coodie: insert order (id, line): column version: the table counts versions")
}

// TestBulkErrors: each item fails for itself, and is told what became of it.
func TestBulkErrors(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	table := open[Part](t, session)
	id := func(n int) cqltest.Match {
		return cqltest.On(cqltest.Any, "part").Where(func(s cqltest.Statement) bool { return len(s.Values()) > 0 && s.Values()[0] == n })
	}
	srv.Fault(id(3), cqltest.Apply, cqltest.WriteTimeout("SIMPLE"))
	srv.Fault(id(4), cqltest.Unavailable())

	values := parts(6)
	values[1].Tiny = 1000
	values[4].Fuse = -1
	check := func(err error, unknown int) {
		t.Helper()
		var bulk *coodie.BulkError
		require.ErrorAs(t, err, &bulk)
		require.Len(t, bulk.Errs, 6)
		require.Equal(t, []int{1, 2, 3, 4}, bulk.Failed())
		require.Equal(t, []int{unknown}, bulk.Unknown())
		require.Equal(t, []int{4}, bulk.NotSent())
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown, "of one of them")
		var usage *coodie.Error
		require.ErrorAs(t, bulk.Errs[1], &usage)
		require.Equal(t, coodie.KindUsage, usage.Kind)
		require.Equal(t, "tiny", usage.Column)
		var failed *coodie.Error
		require.ErrorAs(t, bulk.Errs[3], &failed)
		require.True(t, !failed.Unknown && failed.Kind < coodie.KindUsage, "%v", failed)
		var panicked *coodie.Error
		require.ErrorAs(t, bulk.Errs[4], &panicked)
		require.NotEmpty(t, panicked.Stack)
		require.EqualError(t, panicked.Err, "panic: the fuse has blown")
		require.Contains(t, string(panicked.Stack), "MarshalCQL")
		var unknownErr *coodie.Error
		require.ErrorAs(t, bulk.Errs[2], &unknownErr)
		require.True(t, unknownErr.Unknown)
		require.Equal(t, coodie.Key{{Column: "id", Value: 3}}, unknownErr.Key)
	}
	err := table.SaveAll(ctx, values)
	check(err, 2)
	require.ErrorContains(t, err, "coodie: save part: 4 of 6 items failed, 1 with an unknown outcome, 1 not sent; item 1: ")
	n, err := table.Find().Count(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 3, n, "the others were carried out, and the unknown one was as well")

	results, err := table.InsertAll(ctx, values)
	check(err, 2)
	require.False(t, results[0].Applied)
	require.ErrorIs(t, results[2].Err(), coodie.ErrOutcomeUnknown)
	srv.ClearFaults()
	settled, err := results[2].Settle(ctx)
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown, "there is no attempt column")
	require.Equal(t, values[2].ID, settled.Existing.Value.ID)

	srv.Fault(id(2), cqltest.ReadTimeout())
	srv.MustExec("insert into part (id, fuse) values (9, 99)")
	rows, err := table.GetMany(ctx, []Part{{ID: 1}, {ID: 2}, {ID: 9}, {ID: 6}})
	var bulk *coodie.BulkError
	require.ErrorAs(t, err, &bulk)
	require.Equal(t, []int{1, 2}, bulk.Failed())
	require.Empty(t, bulk.Unknown(), "a read has no outcome")
	require.Equal(t, 1, rows[0].ID)
	require.Equal(t, 6, rows[3].ID)
}

// TestBulkCancelled: items not yet sent when the context ends are told apart from those
// that were under way.
func TestBulkCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	srv, session := server(t)
	table := open[Part](t, session)
	var seen atomic.Int32
	srv.Fault(cqltest.On(cqltest.Insert, "part").After(5), cqltest.Do(func(cqltest.Statement) {
		if seen.Add(1) == 4 {
			cancel()
		}
	}), cqltest.LoseAnswer)
	err := table.SaveAll(ctx, parts(50), coodie.WithConcurrency(4))
	var bulk *coodie.BulkError
	require.ErrorAs(t, err, &bulk)
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, bulk.Failed(), 45)
	require.Len(t, bulk.Unknown(), 4)
	require.Len(t, bulk.NotSent(), 41)
	for _, i := range bulk.NotSent() {
		require.NotErrorIs(t, bulk.Errs[i], coodie.ErrOutcomeUnknown)
	}
	require.Len(t, srv.Log().Matching(cqltest.On(cqltest.Insert, "part")), 9)
}

// TestConcurrency: no more statements are under way than were asked for, and as many.
func TestConcurrency(t *testing.T) {
	for _, tt := range []struct{ asked, most int }{{0, 32}, {5, 5}, {1, 1}} {
		srv, session := patient(t)
		table := open[Part](t, session)
		most := gate(srv, cqltest.On(cqltest.Insert, "part"), tt.most)
		var opts []coodie.CallOption
		if tt.asked > 0 {
			opts = append(opts, coodie.WithConcurrency(tt.asked))
		}
		require.NoError(t, table.SaveAll(t.Context(), parts(100), opts...))
		require.EqualValues(t, tt.most, most())
	}
}

func TestBulkUsage(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	table := open[Part](t, session)
	srv.ResetLog()
	var none *coodie.Table[Part]
	_, err := table.GetMany(ctx, parts(1), coodie.WithConcurrency(-1))
	for _, err := range []error{
		none.SaveAll(ctx, parts(1)),
		err,
	} {
		var usage *coodie.Error
		require.ErrorAs(t, err, &usage)
		require.Equal(t, coodie.KindUsage, usage.Kind)
		var bulk *coodie.BulkError
		require.False(t, errors.As(err, &bulk), "a mistake of the whole call")
	}
	require.Empty(t, srv.Log())
}
