package migrate_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/leak"
	"github.com/coodie-go/coodie/migrate"
)

func TestMain(m *testing.M) {
	if child() {
		return
	}
	leak.Main(m)
}

// files is a file system of migrations: name and content in turn.
func files(pairs ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		fsys[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return fsys
}

// with is a file system with more files, or others.
func with(fsys fstest.MapFS, pairs ...string) fstest.MapFS {
	fsys = maps.Clone(fsys)
	maps.Copy(fsys, files(pairs...))
	return fsys
}

func start(t *testing.T, opts ...cqltest.Option) *cqltest.Server {
	t.Helper()
	return cqltest.RunT(t, append([]cqltest.Option{cqltest.WithKeyspace("app")}, opts...)...)
}

// client is the DB of one more process.
func client(t *testing.T, srv *cqltest.Server) *coodie.DB {
	t.Helper()
	cluster := srv.Cluster()
	cluster.Timeout = time.Second
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	return coodie.New(session)
}

// quick are options that let tests wait for little.
var quick = []migrate.Option{
	migrate.WithOwner("test"), migrate.WithLease(5 * time.Second), migrate.WithLateness(50 * time.Millisecond),
	migrate.WithAgreement(time.Second), migrate.WithStatementTimeout(time.Second),
}

func migrator(t *testing.T, db *coodie.DB, fsys fstest.MapFS, opts ...migrate.Option) *migrate.Migrator {
	t.Helper()
	m, err := migrate.New(db, fsys, append(quick[:len(quick):len(quick)], opts...)...)
	require.NoError(t, err)
	return m
}

// schema is what the live schema holds, less the tables of the history.
func schema(srv *cqltest.Server) string {
	var lines []string
	for _, row := range srv.MustRows("SELECT table_name, column_name, type, kind, position, clustering_order FROM system_schema.columns WHERE keyspace_name = 'app'") {
		if table := row["table_name"].(string); !strings.HasPrefix(table, migrate.DefaultTable) {
			lines = append(lines, fmt.Sprint(table, ".", row["column_name"], " ", row["type"], " ", row["kind"], row["position"], " ", row["clustering_order"]))
		}
	}
	for _, row := range srv.MustRows("SELECT type_name, field_names, field_types FROM system_schema.types WHERE keyspace_name = 'app'") {
		lines = append(lines, fmt.Sprint(row["type_name"], row["field_names"], row["field_types"]))
	}
	for _, row := range srv.MustRows("SELECT table_name, index_name, options FROM system_schema.indexes WHERE keyspace_name = 'app'") {
		lines = append(lines, fmt.Sprint(row["table_name"], row["index_name"], row["options"]))
	}
	for _, row := range srv.MustRows("SELECT view_name, base_table_name FROM system_schema.views WHERE keyspace_name = 'app'") {
		lines = append(lines, fmt.Sprint("view ", row["view_name"], row["base_table_name"]))
	}
	return strings.Join(lines, "\n")
}

func up(t *testing.T, m *migrate.Migrator) []migrate.Step {
	t.Helper()
	steps, err := m.Up(context.Background())
	require.NoError(t, err)
	return steps
}
