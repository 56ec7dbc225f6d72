package mapper_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// A conditional batch on a real server: applied, refused, and what each handle is told.
func TestConditionalBatch(t *testing.T) {
	t.Parallel()
	s := connect(t)
	db := over(t, s)
	table, err := coodie.Open[Thing](db)
	require.NoError(t, err)
	ctx := t.Context()
	require.NoError(t, coodie.Schema(db, table).Create(ctx))
	row := func(no int) *coodie.QuerySet[Thing] { return table.Find(p.Eq("p"), c.Eq(no)) }

	batch := db.Batch()
	var created []*coodie.Handle[Thing]
	for no := range 3 {
		created = append(created, table.New(Thing{P: "p", C: no, Owner: ptr("ann"), Mark: 10 + no}).InsertIn(batch))
	}
	table.New(Thing{P: "p", C: 9, Mark: 19}).With(coodie.WithOmitNil()).SaveIn(batch)
	require.NoError(t, batch.Exec(ctx))
	for _, h := range created {
		res, err := h.Result()
		require.NoError(t, err)
		require.True(t, res.Applied)
	}

	for name, exists := range map[string]bool{"condition columns": false, "all columns, for there is an IF EXISTS": true} {
		t.Run(name, func(t *testing.T) {
			batch := db.UnloggedBatch()
			last := row(2).If(mark.Eq(12)).UpdateIn(batch, n.Set(1))
			first := row(0).If(mark.Eq(99), owner.Eq("ann")).DeleteIn(batch)
			missing := row(5).If(mark.Eq(1), owner.Eq("ann")).DeleteIn(batch)
			static := table.Find(p.Eq("p")).If(owner.Eq("eve")).UpdateIn(batch, owner.Set("bob"))
			if exists {
				there, gone := row(1).IfExists().DeleteIn(batch), row(6).IfExists().DeleteIn(batch)
				defer func() {
					res, err := there.Result()
					require.NoError(t, err)
					require.Equal(t, coodie.StatePresent, res.Row())
					require.Equal(t, 11, res.Existing.Value.Mark)
					res, err = gone.Result()
					require.NoError(t, err)
					require.Equal(t, coodie.StateAbsent, res.Row())
					require.Nil(t, res.Existing)
				}()
			}
			require.NoError(t, batch.Exec(ctx))
			for i, want := range []struct {
				h        *coodie.Handle[Thing]
				mark     int
				row      coodie.State
				verdicts []string
			}{
				{last, 12, coodie.StatePresent, []string{"held"}},
				{first, 10, coodie.StatePresent, []string{"not held", "held"}},
				{missing, 0, coodie.StateAbsent, []string{"not held", "held"}},
				{static, 0, coodie.StatePresent, []string{"not held"}},
			} {
				res, err := want.h.Result()
				require.NoError(t, err)
				require.False(t, res.Applied)
				require.Equal(t, want.row, res.Row(), i)
				require.Equal(t, want.mark, res.Existing.Value.Mark, i)
				var verdicts []string
				for _, c := range res.Conditions() {
					verdicts = append(verdicts, verdictOf(c))
				}
				require.Equal(t, want.verdicts, verdicts, i)
			}
		})
	}

	batch = db.Batch()
	none := row(7).If(mark.Eq(1)).DeleteIn(batch)
	require.NoError(t, batch.Exec(ctx))
	res, err := none.Result()
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.Equal(t, coodie.StateAbsent, res.Row())

	batch = db.Batch()
	h := row(2).If(mark.Eq(12)).UpdateIn(batch, mark.Set(13))
	row(0).DeleteIn(batch)
	require.NoError(t, batch.Exec(ctx))
	res, err = h.Result()
	require.NoError(t, err)
	require.True(t, res.Applied)
	left, err := table.Find(p.Eq("p")).Count(ctx)
	require.NoError(t, err)
	require.Equal(t, int64(3), left)

	for _, batch := range []*coodie.Batch{db.Batch(), db.UnloggedBatch()} {
		table.New(Thing{P: "q", C: 1, Mark: 1}).SaveIn(batch)
		table.New(Thing{P: "r", C: 1, Mark: 2}).SaveIn(batch)
		table.Find(p.Eq("q"), c.Eq(2)).UpdateIn(batch, mark.Set(3))
		require.NoError(t, batch.Exec(ctx))
	}
	left, err = table.Find(p.Eq("q")).Count(ctx)
	require.NoError(t, err)
	require.Equal(t, int64(2), left)
}

// TestBatchesShareATimestamp: what Cassandra stores of the batches that the mapper refuses, sent as
// raw CQL, which it does not look into. None of it is what the statements say in their order.
func TestBatchesShareATimestamp(t *testing.T) {
	t.Parallel()
	s := connect(t)
	execute(t, s, "CREATE TYPE pair (a int, b int)")
	execute(t, s, "CREATE TABLE t (p int, c int, st list<int> static, n int, l list<int>, m map<int, int>, u pair, PRIMARY KEY (p, c))")
	db := over(t, s)
	ctx := t.Context()
	for i, tt := range []struct{ before, batch, rows string }{
		{"", "DELETE FROM t WHERE $; INSERT INTO t (p, c, n) VALUES (#, 1, 1)", "[]"},
		{"", "DELETE FROM t WHERE p = #; UPDATE t SET n = 1 WHERE $", "[]"},
		{"", "DELETE FROM t WHERE p = # AND c > 0; UPDATE t SET n = 1 WHERE $", "[]"},
		{"", "UPDATE t SET n = 2 WHERE $; UPDATE t SET n = 1 WHERE $", `[{"n": 2}]`},
		{"", "INSERT INTO t (p, c, n) VALUES (#, 1, null); UPDATE t SET n = 1 WHERE $", `[{"n": null}]`},
		{"UPDATE t SET l = [7] WHERE $", "DELETE l FROM t WHERE $; UPDATE t SET l = [1] WHERE $", "[]"},
		{"", "UPDATE t SET l = [1] WHERE $; UPDATE t SET l = [1] WHERE $", `[{"l": [1, 1]}]`},
		{"", "INSERT INTO t (p, c, st) VALUES (#, 1, [1]); INSERT INTO t (p, c, st) VALUES (#, 2, [1])", `[{"st": [1, 1]} {"st": [1, 1]}]`},
		{"", "UPDATE t SET l = l + [1] WHERE $; UPDATE t SET l = [2] WHERE $", `[{"l": [1, 2]}]`},
		{"UPDATE t SET l = [7] WHERE $", "UPDATE t SET l = l + [1] WHERE $; UPDATE t SET l = l - [1] WHERE $", `[{"l": [7, 1]}]`},
		{"UPDATE t SET l = [7] WHERE $", "UPDATE t SET l = [9] WHERE $; UPDATE t SET l[0] = 1 WHERE $", `[{"l": [1, 9]}]`},
		{"", "UPDATE t SET m = {1: 1} WHERE $; UPDATE t SET m = {2: 2} WHERE $", `[{"m": {"1": 1, "2": 2}}]`},
		{"", "DELETE m[1] FROM t WHERE $; UPDATE t SET m[1] = 1 WHERE $", "[]"},
		{"", "UPDATE t SET u = {a: 1} WHERE $; UPDATE t SET u = {b: 2} WHERE $", `[{"u": {"a": 1, "b": 2}}]`},
	} {
		columns := "n"
		for _, name := range []string{"l", "st", "m", "u"} {
			if strings.Contains(tt.rows, `{"`+name+`"`) {
				columns = name
			}
		}
		fill := strings.NewReplacer("$", "p = # AND c = 1", "#", strconv.Itoa(i))
		text := func(s string) string { return fill.Replace(fill.Replace(s)) }
		if tt.before != "" {
			execute(t, s, text(tt.before))
		}
		require.NoError(t, db.Raw("BEGIN BATCH "+text(tt.batch)+"; APPLY BATCH").Exec(ctx), tt.batch)
		var rows []string
		iter := s.Query(text("SELECT JSON " + columns + " FROM t WHERE p = #")).Iter()
		for row := ""; iter.Scan(&row); {
			rows = append(rows, row)
		}
		require.NoError(t, iter.Close())
		require.Equal(t, tt.rows, fmt.Sprint(rows), tt.batch)
	}

	// Of one value with two TTLs the one that expires is kept, whichever comes last.
	table := create[Thing](t, s)
	require.NoError(t, db.Raw("BEGIN BATCH UPDATE thing USING TTL 1000 SET n = 1 WHERE p = 'p' AND c = 1; UPDATE thing SET n = 1 WHERE p = 'p' AND c = 1; APPLY BATCH").Exec(ctx))
	var ttl *int
	scan(t, s, "SELECT ttl(n) FROM thing", &ttl)
	require.NotNil(t, ttl)

	row := table.Find(p.Eq("p"), c.Eq(1))
	for _, batch := range []*coodie.Batch{db.Batch(), db.UnloggedBatch()} {
		row.DeleteIn(batch)
		table.New(Thing{P: "p", C: 1, Mark: 1}).SaveIn(batch)
		requireUsage(t, batch.Exec(ctx))
	}
	batch := db.Batch()
	row.IfExists().DeleteIn(batch)
	table.New(Thing{P: "p", C: 1, Mark: 1}).SaveIn(batch)
	requireUsage(t, batch.Exec(ctx))
	got, err := row.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, *got.N, "nothing was sent")
}
