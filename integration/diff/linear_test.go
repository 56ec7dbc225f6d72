package diff_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
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

// step is what one linearizable partition does.
func step(state any, input, output any) (bool, any) {
	s, in, out := state.(rows), input.(request), output.(response)
	next := s
	var possible bool
	switch in.op {
	case "read":
		return out.seen == s, s
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
	if out.applied {
		return possible, next
	}
	if in.op == "swap" {
		return !possible && out.seen == s, s
	}
	return !possible && out.seen[in.row] == s[in.row], s
}

var model = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		parts := map[int][]porcupine.Operation{}
		for _, op := range history {
			p := op.Input.(request).partition
			parts[p] = append(parts[p], op)
		}
		var list [][]porcupine.Operation
		for _, part := range parts {
			list = append(list, part)
		}
		return list
	},
	Init:  func() any { return rows{} },
	Step:  step,
	Equal: func(a, b any) bool { return a == b },
	DescribeOperation: func(input, output any) string {
		return fmt.Sprintf("%+v -> %+v", input, output)
	},
}

// The model must tell a server that lies: two clients cannot both win a row.
func TestModel(t *testing.T) {
	insert := request{op: "insert", new: rows{1}}
	won := func(id int, call int64) porcupine.Operation {
		return porcupine.Operation{ClientId: id, Input: insert, Call: call, Output: response{applied: true}, Return: call + 10}
	}
	require.True(t, porcupine.CheckOperations(model, []porcupine.Operation{won(0, 0)}))
	require.False(t, porcupine.CheckOperations(model, []porcupine.Operation{won(0, 0), won(1, 5)}))
}

// TestLinearizable runs conditional statements and SERIAL reads from many
// connections and lets porcupine look for an order that explains every answer.
func TestLinearizable(t *testing.T) {
	const clients, partitions, requests = 8, 3, 150
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"),
		cqltest.WithSchema("CREATE TABLE cells (p int, r int, v int, PRIMARY KEY (p, r))"))
	start := time.Now()
	histories := make([][]porcupine.Operation, clients)
	var wg sync.WaitGroup
	for id := range clients {
		session, err := srv.Cluster().CreateSession()
		require.NoError(t, err)
		defer session.Close()
		random := rand.New(rand.NewPCG(1, uint64(id)))
		wg.Go(func() {
			for range requests {
				in := drawRequest(random, partitions)
				called := time.Since(start).Nanoseconds()
				out, err := send(session, in)
				if err != nil {
					t.Errorf("%+v: %v", in, err)
					return
				}
				histories[id] = append(histories[id], porcupine.Operation{
					ClientId: id, Input: in, Call: called, Output: out, Return: time.Since(start).Nanoseconds(),
				})
			}
		})
	}
	wg.Wait()
	var history []porcupine.Operation
	applied := 0
	for _, h := range histories {
		history = append(history, h...)
		for _, op := range h {
			if op.Output.(response).applied {
				applied++
			}
		}
	}
	require.Greater(t, applied, clients*requests/20, "too few statements applied to mean anything")
	require.Equal(t, porcupine.Ok, porcupine.CheckOperationsTimeout(model, history, 20*time.Second))
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
