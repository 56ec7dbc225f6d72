// Package gen_test generates code for schemas, which stands in the packages beneath, and compares the schema that it
// declares with the server's.
package gen_test

import (
	"context"
	"os"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/integration/cassandra"
	"github.com/coodie-go/coodie/integration/gen/every"
	"github.com/coodie-go/coodie/integration/gen/grown"
	"github.com/coodie-go/coodie/integration/gen/hard"
	"github.com/coodie-go/coodie/integration/gen/plain"
	"github.com/coodie-go/coodie/internal/cqlparse"
	"github.com/coodie-go/coodie/internal/gen"
)

func TestMain(m *testing.M) { cassandra.Main(m) }

// schemas are the files of CQL, and the code that stands for them. COODIE_UPDATE=1 writes it.
var schemas = []struct {
	file, code string
	config     gen.Config
	open       func(db *coodie.DB) (*coodie.Tables, error)
}{
	{"testdata/all.cql", "every/every.go", gen.Config{Package: "every"}, func(db *coodie.DB) (*coodie.Tables, error) {
		t, err := every.OpenTables(db)
		if err != nil {
			return nil, err
		}
		return t.Schema(db), nil
	}},
	{"testdata/grown.cql", "grown/grown.go", gen.Config{
		Package: "grown", Pointers: []string{"*"}, Exported: true,
		Names:   map[string]string{"accounts": "Account", "accounts.owner": "Holder", "money": "Amount", "events": "AccountEvent"},
		GoTypes: map[string]string{"events.kind": "github.com/coodie-go/coodie/integration/gen/plain.Kind"},
	}, func(db *coodie.DB) (*coodie.Tables, error) {
		t, err := grown.OpenTables(db)
		if err != nil {
			return nil, err
		}
		return t.Schema(db), nil
	}},
	{"testdata/hard.cql", "hard/hard.go", gen.Config{Package: "hard", Pointers: []string{"*"}, Exported: true}, func(db *coodie.DB) (*coodie.Tables, error) {
		t, err := hard.OpenTables(db)
		if err != nil {
			return nil, err
		}
		return t.Schema(db), nil
	}},
}

func servers(t *testing.T, test func(t *testing.T, s *gocql.Session)) {
	t.Run("cassandra", func(t *testing.T) {
		t.Parallel()
		cluster := cassandra.Shared(t)
		config := cluster.Config()
		config.Keyspace = cassandra.NewKeyspace(t, cluster.Session(t, ""))
		session, err := config.CreateSession()
		require.NoError(t, err)
		t.Cleanup(session.Close)
		test(t, session)
	})
	t.Run("cqltest", func(t *testing.T) {
		t.Parallel()
		srv, err := cqltest.Run(cqltest.WithKeyspace("app"))
		require.NoError(t, err)
		t.Cleanup(srv.Close)
		session, err := srv.Cluster().CreateSession()
		require.NoError(t, err)
		t.Cleanup(session.Close)
		test(t, session)
	})
}

func TestStructs(t *testing.T) {
	t.Parallel()
	for _, schema := range schemas {
		t.Run(schema.code, func(t *testing.T) {
			t.Parallel()
			live, err := gen.Files(os.DirFS("."), "", schema.file)
			require.NoError(t, err)
			code, err := gen.Structs(live, schema.config)
			require.NoError(t, err)
			if os.Getenv("COODIE_UPDATE") != "" {
				require.NoError(t, os.WriteFile(schema.code, code, 0o600))
			}
			want, err := os.ReadFile(schema.code)
			require.NoError(t, err)
			require.Equal(t, string(want), string(code), "COODIE_UPDATE=1 writes it anew")

			text, err := os.ReadFile(schema.file)
			require.NoError(t, err)
			servers(t, func(t *testing.T, s *gocql.Session) {
				ctx := context.Background()
				statements, err := cqlparse.ParseScript(string(text))
				require.NoError(t, err)
				for _, statement := range statements {
					require.NoError(t, s.Query(cqlparse.Print(statement)).Exec(), cqlparse.Print(statement))
				}
				db := coodie.New(s)
				read := func() string {
					t.Helper()
					live, err := gen.Live(ctx, db, s.Query("").Keyspace())
					require.NoError(t, err)
					code, err := gen.Structs(live, schema.config)
					require.NoError(t, err)
					return string(code)
				}
				require.Equal(t, string(want), read(), "the same from the server")
				tables, err := schema.open(db)
				require.NoError(t, err)
				require.NoError(t, tables.Strict().Verify(ctx), "not even strictly")

				require.NoError(t, tables.Drop(ctx))
				require.NoError(t, tables.Create(ctx))
				require.Equal(t, string(want), read(), "and from the schema that the structs make")
			})
		})
	}
}

func TestColumns(t *testing.T) {
	t.Parallel()
	code, err := gen.Columns(os.DirFS("plain"), gen.Config{Names: map[string]string{"Lock.LockedBy": "lockedBy"}})
	require.NoError(t, err)
	if os.Getenv("COODIE_UPDATE") != "" {
		require.NoError(t, os.WriteFile("plain/columns.go", code, 0o600))
	}
	want, err := os.ReadFile("plain/columns.go")
	require.NoError(t, err)
	require.Equal(t, string(want), string(code), "COODIE_UPDATE=1 writes it anew")
	servers(t, func(t *testing.T, s *gocql.Session) {
		require.NoError(t, plain.Check(context.Background(), coodie.New(s)))
	})
}
