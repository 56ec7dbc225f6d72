package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
)

func TestCqltest(t *testing.T) {
	schema := filepath.Join(t.TempDir(), "schema.cql")
	require.NoError(t, os.WriteFile(schema, []byte(`
		CREATE KEYSPACE shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};
		CREATE TABLE shop.orders (id int PRIMARY KEY);
		INSERT INTO shop.orders (id) VALUES (7);
	`), 0o600))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, in := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- execute(ctx, []string{"cqltest", "--listen", "127.0.0.1:0", "--init", schema, "--json"}, in, io.Discard)
	}()
	var line struct{ Listening string }
	require.NoError(t, json.NewDecoder(out).Decode(&line))
	session, err := gocql.NewCluster(line.Listening).CreateSession()
	require.NoError(t, err)
	defer session.Close()
	var id int
	require.NoError(t, session.Query("SELECT id FROM shop.orders").Scan(&id))
	require.Equal(t, 7, id)
	cancel()
	require.Equal(t, exitDone, <-code)
}
