//go:build !race

package gocqlv1_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/contract"
	"github.com/coodie-go/coodie/internal/leak"
)

// TestTableMadeAgainInAPause: what gocql has seen while a program was idle counts for the first
// write after it.
func TestTableMadeAgainInAPause(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		srv := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithPipe())
		cluster := srv.Cluster()
		cluster.Events.DisableSchemaEvents = false
		session, err := cluster.CreateSession()
		require.NoError(t, err)
		defer session.Close()
		other, err := srv.Cluster().CreateSession()
		require.NoError(t, err)
		defer other.Close()
		stocks, err := coodie.Open[contract.Stock](coodie.New(session))
		require.NoError(t, err)
		require.NoError(t, coodie.Schema(nil, stocks).Create(t.Context()))
		require.NoError(t, stocks.New(contract.Stock{Name: "a", N: 5}).Save(t.Context()))
		synctest.Wait()

		srv.MustExec("DROP TABLE app.stock")
		srv.MustExec("CREATE TABLE app.stock (name text PRIMARY KEY, n float)")
		contract.PreparedBy(t, other, srv.Log())
		time.Sleep(1100 * time.Millisecond) // gocql gathers the events of a second
		require.ErrorContains(t, stocks.New(contract.Stock{Name: "a", N: 5}).Save(t.Context()), "the server expects float")
		require.Empty(t, srv.MustRows("SELECT * FROM app.stock"))
	})
}

// Varied has columns of all kinds of types.
type Varied struct {
	A string                      `cql:"a,partition"`
	B time.Time                   `cql:"b,clustering,desc"`
	C []string                    `cql:"c"`
	D []int                       `cql:"d,set"`
	E map[string][]int            `cql:"e"`
	F contract.OldAddr            `cql:"f"`
	G []contract.OldAddr          `cql:"g"`
	H Inner                       `cql:"h"`
	I [3]float32                  `cql:"i,type=vector<float, 3>"`
	J *coodie.Date                `cql:"j"`
	K map[string]contract.OldAddr `cql:"k,frozen"`
	L [16]byte                    `cql:"l,type=uuid"`
	M Point                       `cql:"m,tuple"`
	N map[string]any              `cql:"n,json"`
	O int                         `cql:"o,type=bigint,static"`
	P time.Duration               `cql:"p,type=duration"`
	Q string                      `cql:"q,type=ascii"`
	R map[int8]map[int]bool       `cql:"r"`
}

type Point struct{ X, Y int }

type Inner struct {
	At   contract.OldAddr `cql:"at"`
	More []int            `cql:"more"`
}

// TestUnchangedSchema: where the table is what the struct declares nothing is prepared again.
func TestUnchangedSchema(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		srv := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithPipe())
		session, err := srv.Cluster().CreateSession()
		require.NoError(t, err)
		defer session.Close()
		varied, err := coodie.Open[Varied](coodie.New(session))
		require.NoError(t, err)
		require.NoError(t, coodie.Schema(nil, varied).Create(t.Context()))
		for range 3 {
			require.NoError(t, varied.New(Varied{A: "a", B: time.Now()}).Save(t.Context()))
			time.Sleep(2 * time.Second)
		}
		sent := srv.Log().Matching(cqltest.On(cqltest.Insert))
		require.Len(t, sent, 3)
		require.Equal(t, sent[0].CQL, sent[2].CQL)
	})
}
