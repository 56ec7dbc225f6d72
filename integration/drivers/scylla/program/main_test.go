package main

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// TestProgram: the first program has the name. One whose answer got lost sends its insert once, and finds out.
func TestProgram(t *testing.T) {
	for name, dialect := range map[string]cqltest.Dialect{"Cassandra": cqltest.Cassandra, "ScyllaDB": cqltest.Scylla} {
		t.Run(name, func(t *testing.T) {
			// Version 1.17.3 of the fork takes every node to listen on 9042.
			node := fmt.Sprintf("127.%d.%d.%d:9042", 1+rand.N(250), rand.N(250), 1+rand.N(250))
			srv := cqltest.RunT(t, cqltest.WithAddress(node), cqltest.WithKeyspace("app"), cqltest.WithDialect(dialect))
			inserts := cqltest.On(cqltest.Conditional)
			for _, owner := range []string{"ann", "bob", "ann"} {
				has, err := take(t.Context(), "first", owner, srv.Addr())
				require.NoError(t, err)
				require.Equal(t, "ann", has)
			}

			srv.ResetLog()
			srv.Fault(inserts.First(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
			has, err := take(t.Context(), "second", "bob", srv.Addr())
			require.NoError(t, err)
			require.Equal(t, "bob", has)
			require.Len(t, srv.Log().Matching(inserts), 1)

			srv.ClearFaults()
			srv.ResetLog()
			srv.Fault(inserts, cqltest.WriteTimeout("CAS"))
			_, err = take(t.Context(), "third", "bob", srv.Addr())
			require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
			require.Len(t, srv.Log().Matching(inserts), 1)
		})
	}
}
