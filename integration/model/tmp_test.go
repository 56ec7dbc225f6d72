package model_test

import (
	"testing"
	"fmt"

	"github.com/gocql/gocql"
	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/stretchr/testify/require"
)

func TestTmp(t *testing.T) {
	for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
	for _, grown := range []bool{false, true} {
	for _, verbs := range [][2]bool{{true, false}, {false, true}} {
		srv := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithDialect(dialect))
		s, err := srv.Cluster().CreateSession()
		require.NoError(t, err)
		defer s.Close()
		_ = gocql.Quorum
		table, err := coodie.Open[bare](coodie.New(s), coodie.WithTable("bare"))
		require.NoError(t, err)
		require.NoError(t, table.Create(t.Context()))
		if grown { srv.MustExec("ALTER TYPE app.addr ADD y0 int") }
		one := 1
		db := coodie.New(s)
		table, _ = table.On(db)
		require.NoError(t, table.New(bare{Key: Key{"a", 1}}).Save(t.Context()))
		require.NoError(t, table.New(bare{Key: Key{"a", 1}, Cells: Cells{Addr: &Addr{A: &one}}}).Save(t.Context()))
		require.NoError(t, table.New(bare{Key: Key{"a", 1}}).Save(t.Context()))
		b := db.Batch()
		for _, v := range verbs {
			d := table.New(bare{Key: Key{"a", 1}})
			if v { d.Value.Addr = &Addr{A: &one} }
			d.In(b).Save()
		}
		fmt.Println(dialect, grown, verbs, b.Exec(t.Context()))
		fmt.Println(srv.MustRows("SELECT addr FROM app.bare"))
	}}}
}
