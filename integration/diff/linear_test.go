package diff_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/linear"
)

// rows is the state of one partition: the values of two rows, 0 for no row.
type rows [2]int

type request struct {
	partition int
	op        string // insert, cas, delete, swap, read
	row       int
	old, new  rows
}

type response struct {
	applied bool
	seen    rows // of a read, or of what a refused statement found
}

// model is what one linearizable partition does.
var model = linear.Model[rows, request, response]{
	Do: func(s rows, in request) (rows, response) {
		next := s
		var possible bool
		switch in.op {
		case "insert":
			possible = s[in.row] == 0
			next[in.row] = in.new[in.row]
		case "cas":
			possible = s[in.row] != 0 && s[in.row] == in.old[in.row]
			next[in.row] = in.new[in.row]
		case "delete":
			possible = s[in.row] != 0 && s[in.row] == in.old[in.row]
			next[in.row] = 0
		case "swap": // both rows in one batch, each on its condition
			possible = s[0] != 0 && s[1] != 0 && s == in.old
			next = in.new
		}
		if !possible {
			next = s
		}
		return next, response{applied: possible, seen: s}
	},
	Agree: func(in request, did, told response) bool {
		switch {
		case did.applied != told.applied:
			return false
		case told.applied:
			return true
		case in.op == "read" || in.op == "swap":
			return did.seen == told.seen
		}
		return did.seen[in.row] == told.seen[in.row]
	},
	Idle: func(_ request, out response) bool { return !out.applied },
}

// The model must tell a server that lies: two clients cannot both win a row.
func TestModel(t *testing.T) {
	won := func(call time.Duration) linear.Operation[request, response] {
		return linear.Operation[request, response]{
			Input: request{op: "insert", new: rows{1}}, Output: response{applied: true}, Call: call, Return: call + 10,
		}
	}
	require.NoError(t, model.Check([]linear.Operation[request, response]{won(0)}).Err())
	require.Error(t, model.Check([]linear.Operation[request, response]{won(0), won(5)}).Err())
}

// TestLinearizable runs conditional statements and SERIAL reads from many
// connections and looks for an order that explains every answer.
func TestLinearizable(t *testing.T) {
	const clients, partitions, requests = 8, 3, 150
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"),
		cqltest.WithSchema("CREATE TABLE cells (p int, r int, v int, PRIMARY KEY (p, r))"))
	history := linear.New(model)
	var wg sync.WaitGroup
	for id := range clients {
		session, err := srv.Cluster().CreateSession()
		require.NoError(t, err)
		defer session.Close()
		random := rand.New(rand.NewPCG(1, uint64(id)))
		wg.Go(func() {
			for range requests {
				in := drawRequest(random, partitions)
				_, err := history.Do(fmt.Sprint("client ", id), fmt.Sprint("partition ", in.partition), in,
					func() (response, error) { return send(session, in) })
				if err != nil {
					t.Errorf("%+v: %v", in, err)
					return
				}
			}
		})
	}
	wg.Wait()
	applied := 0
	for _, op := range history.Operations() {
		if op.Output.applied {
			applied++
		}
	}
	require.Greater(t, applied, clients*requests/20, "too few statements applied to mean anything")
	require.NoError(t, history.Check().Err())
}

func drawRequest(random *rand.Rand, partitions int) request {
	value := func() int { return 1 + random.IntN(2) }
	in := request{
		partition: random.IntN(partitions),
		op:        []string{"insert", "cas", "cas", "delete", "swap", "read"}[random.IntN(6)],
		row:       random.IntN(2),
	}
	if in.op == "swap" {
		in.old, in.new = rows{value(), value()}, rows{value(), value()}
	} else {
		in.old[in.row], in.new[in.row] = value(), value()
	}
	return in
}

func send(session *gocql.Session, in request) (response, error) {
	var out response
	found := map[string]any{}
	var err error
	switch in.op {
	case "read":
		iter := session.Query("SELECT r, v FROM cells WHERE p = ?", in.partition).Consistency(gocql.Consistency(gocql.Serial)).Iter()
		var r, v int
		for iter.Scan(&r, &v) {
			out.seen[r] = v
		}
		return out, iter.Close()
	case "insert":
		out.applied, err = session.Query("INSERT INTO cells (p, r, v) VALUES (?, ?, ?) IF NOT EXISTS", in.partition, in.row, in.new[in.row]).MapScanCAS(found)
	case "cas":
		out.applied, err = session.Query("UPDATE cells SET v = ? WHERE p = ? AND r = ? IF v = ?", in.new[in.row], in.partition, in.row, in.old[in.row]).MapScanCAS(found)
	case "delete":
		out.applied, err = session.Query("DELETE FROM cells WHERE p = ? AND r = ? IF v = ?", in.partition, in.row, in.old[in.row]).MapScanCAS(found)
	case "swap":
		return swap(session, in)
	}
	if v, ok := found["v"].(int); ok {
		out.seen[in.row] = v
	}
	return out, err
}

func swap(session *gocql.Session, in request) (response, error) {
	var out response
	batch := session.NewBatch(gocql.LoggedBatch)
	for r := range in.old {
		batch.Query("UPDATE cells SET v = ? WHERE p = ? AND r = ? IF v = ?", in.new[r], in.partition, r, in.old[r])
	}
	found := map[string]any{}
	applied, iter, err := session.MapExecuteBatchCAS(batch, found)
	if err != nil {
		return out, err
	}
	out.applied = applied
	for ok := !applied && len(found) > 0; ok; ok = iter.MapScan(found) {
		if r, isRow := found["r"].(int); isRow {
			out.seen[r] = found["v"].(int)
		}
		found = map[string]any{}
	}
	return out, iter.Close()
}
