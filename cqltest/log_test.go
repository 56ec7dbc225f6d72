package cqltest_test

import (
	"strings"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

func TestLog(t *testing.T) {
	srv, session := start(t)
	require.Empty(t, srv.Log(), "what drivers ask for themselves is left out")

	require.NoError(t, session.Query("SELECT owner FROM locks WHERE name = ?", "a").
		Consistency(gocql.LocalOne).PageSize(10).DefaultTimestamp(false).Exec())
	_, _, err := cas(session, acquire, "a", nil)
	require.NoError(t, err)
	srv.MustExec("TRUNCATE locks")

	log := srv.Log()
	require.Len(t, log, 2)
	read := log[0]
	require.Equal(t, "SELECT owner FROM locks WHERE name = ?", read.CQL)
	require.Equal(t, cqltest.Select, read.Kind)
	require.Equal(t, "app", read.Keyspace)
	require.Equal(t, "locks", read.Table)
	require.Equal(t, gocql.LocalOne, read.Consistency)
	require.Zero(t, read.SerialConsistency)
	require.Equal(t, 10, read.PageSize)
	require.Nil(t, read.DefaultTimestamp)
	require.True(t, read.Prepared)
	require.True(t, read.SkipMetadata)
	require.Equal(t, []any{"a"}, read.Values())

	write := log[1]
	require.Equal(t, cqltest.Insert|cqltest.Conditional, write.Kind)
	require.True(t, write.Conditional())
	require.NotNil(t, write.DefaultTimestamp)
	require.Equal(t, []any{"a", nil}, write.Values())
	require.Equal(t, []string{acquire}, log.Matching(cqltest.On(cqltest.Conditional, "locks")).CQL())
	require.Equal(t, acquire+" [a <nil>] QUORUM\n", log[1:].String())

	srv.ResetLog()
	require.Empty(t, srv.Log())
}

func TestLogOfSerialConsistency(t *testing.T) {
	srv, session := start(t)
	require.NoError(t, session.Query(acquire, "a", "x").SerialConsistency(gocql.LocalSerial).Exec())
	require.Equal(t, gocql.LocalSerial, srv.Log()[0].SerialConsistency)
	require.Equal(t, acquire+" [a x] QUORUM LOCAL_SERIAL\n", srv.Log().String())
}

func TestLogOfBatch(t *testing.T) {
	srv, session := start(t)
	batch := session.NewBatch(gocql.UnloggedBatch)
	batch.Query("INSERT INTO locks (name, fence) VALUES (?, ?)", "a", 1)
	batch.Query("UPDATE locks SET owner = ? WHERE name = 'a'", gocql.UnsetValue)
	batch.Query("DELETE fence FROM locks WHERE name = 'a'")
	require.NoError(t, session.ExecuteBatch(batch))

	log := srv.Log()
	require.Len(t, log, 1)
	require.Equal(t, cqltest.Batch, log[0].Kind)
	require.Equal(t, gocql.UnloggedBatch, log[0].BatchType)
	require.Equal(t, "locks", log[0].Table)
	entries := log[0].Entries
	require.Len(t, entries, 3)
	require.Equal(t, []any{"a", 1}, entries[0].Values())
	require.True(t, entries[0].Prepared)
	require.Equal(t, []any{gocql.UnsetValue}, entries[1].Values())
	require.False(t, entries[2].Prepared)
	require.Equal(t, cqltest.Delete, entries[2].Kind)
	require.Contains(t, log.String(), "WHERE name = 'a' [[a 1] ")
}

func TestLogOfNamedValues(t *testing.T) {
	srv, session := start(t)
	require.NoError(t, session.Query("UPDATE locks SET fence = :f WHERE name = :n",
		gocql.NamedValue("f", 7), gocql.NamedValue("n", "a")).Exec())
	s := srv.Log()[0]
	require.Equal(t, []string{"f", "n"}, s.Names)
	require.Equal(t, []any{7, "a"}, s.Values())
}

// Each page is a statement of its own.
func TestLogOfPages(t *testing.T) {
	srv, session := start(t)
	for _, name := range []string{"a", "b", "c"} {
		srv.MustExec("INSERT INTO locks (name) VALUES (?)", name)
	}
	iter := session.Query("SELECT name FROM locks").PageSize(2).Iter()
	require.Len(t, mustSlice(t, iter), 3)
	log := srv.Log()
	require.Len(t, log, 2)
	require.False(t, log[0].NextPage)
	require.True(t, log[1].NextPage)
}

func mustSlice(t *testing.T, iter *gocql.Iter) []map[string]any {
	t.Helper()
	rows, err := iter.SliceMap()
	require.NoError(t, err)
	return rows
}

func TestLogOfFaults(t *testing.T) {
	srv, session := start(t)
	srv.Fault(cqltest.On(cqltest.Select).Nth(1), cqltest.ReadTimeout())
	for range 2 {
		_ = session.Query("SELECT * FROM locks").RetryPolicy(nil).Exec()
	}
	require.True(t, srv.Log()[0].Faulted)
	require.False(t, srv.Log()[1].Faulted)
}

func TestLogLimit(t *testing.T) {
	srv, session := start(t, cqltest.WithLogLimit(3))
	texts := []string{"SELECT name FROM locks", "SELECT owner FROM locks", "SELECT fence FROM locks", "SELECT * FROM locks"}
	for i := range 10 {
		require.NoError(t, session.Query(texts[i%4]).Exec())
	}
	require.Equal(t, []string{texts[3], texts[0], texts[1]}, srv.Log().CQL(), "the last three, in order")

	srv, session = start(t, cqltest.WithLogLimit(0))
	require.NoError(t, session.Query(texts[0]).Exec())
	require.Empty(t, srv.Log())
}

func TestKindString(t *testing.T) {
	require.Equal(t, "INSERT|CONDITIONAL", (cqltest.Insert | cqltest.Conditional).String())
	require.Equal(t, "", cqltest.Kind(0).String())
}

func TestLogIsBoundedInBytes(t *testing.T) {
	srv, session := start(t)
	for i := range 18 {
		name := string(rune('a'+i)) + strings.Repeat("x", 4<<20)
		require.Error(t, session.Query("SELECT owner FROM locks WHERE name = ?", name).Exec(), "no key is that long")
	}
	log := srv.Log()
	require.Len(t, log, 15)
	require.Equal(t, "r", log[14].Values()[0].(string)[:1], "the last one")
}

// The log tells clients apart, over TCP and over pipes.
func TestLogOfClients(t *testing.T) {
	for name, opts := range map[string][]cqltest.Option{"tcp": nil, "pipe": {cqltest.WithPipe()}} {
		t.Run(name, func(t *testing.T) {
			srv, alice := start(t, opts...)
			bob := sessionOf(t, srv.Cluster())
			for _, session := range []*gocql.Session{alice, bob, alice} {
				require.NoError(t, session.Query("SELECT * FROM locks").Exec())
			}
			log := srv.Log()
			require.Equal(t, log[0].Client.String(), log[2].Client.String())
			require.NotEqual(t, log[0].Client.String(), log[1].Client.String())
		})
	}
}
