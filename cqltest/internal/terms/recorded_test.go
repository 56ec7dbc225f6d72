package terms

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest/internal/funcs"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// memRow is a row held in memory, a value for each column of the scope.
type memRow [][]byte

func (r memRow) Column(i int) []byte { return r[i] }

func (r memRow) Meta(m *Meta) ([]byte, error) { return types.EncodeBigint(int64(m.Kind) + 1), nil }

// table is the scope and the single row that a test's CREATE and INSERT make.
type table struct {
	scope *Scope
	row   memRow
	udts  map[string]*types.Type
}

func newTable() *table {
	tab := &table{udts: map[string]*types.Type{}}
	tab.scope = &Scope{Keyspace: "ks", Table: "t", UDT: func(_, name string) *types.Type { return tab.udts[name] }, PartitionKey: []*types.Type{types.Int},
		IsKey: func(i int) bool { return i == 0 }}
	return tab
}

func (tab *table) exec(t testing.TB, src string) {
	t.Helper()
	stmt, err := cqlparse.Parse(src)
	require.NoError(t, err, src)
	switch s := stmt.(type) {
	case *cqlparse.CreateType:
		udt := &types.Type{Kind: types.KindUDT, Keyspace: "ks", Name: s.Name.Name.Name}
		for _, f := range s.Fields {
			typ, err := tab.scope.ResolveType(f.Type)
			require.NoError(t, err)
			udt.Fields, udt.Elems = append(udt.Fields, f.Name.Name), append(udt.Elems, typ)
		}
		tab.udts[udt.Name] = udt
	case *cqlparse.CreateTable:
		for _, c := range s.Columns {
			typ, err := tab.scope.ResolveType(c.Type)
			require.NoError(t, err)
			tab.scope.Columns = append(tab.scope.Columns, types.Column{Keyspace: "ks", Table: "t", Name: c.Name.Name, Type: typ})
		}
		tab.row = make(memRow, len(s.Columns))
	case *cqlparse.Insert:
		for j, name := range s.Columns {
			for i, c := range tab.scope.Columns {
				if c.Name != name.Name {
					continue
				}
				term, err := Prepare(tab.scope, s.Values[j], c)
				require.NoError(t, err, c.Name)
				tab.row[i], err = term.Eval(env(nil))
				require.NoError(t, err, c.Name)
				require.NoError(t, c.Type.Validate(tab.row[i]), c.Name)
			}
		}
	}
}

func env(row Row, values ...[]byte) *Env {
	return &Env{Env: funcs.Env{Now: time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)}, Row: row, Values: values}
}

// prepare prepares the selection of `SELECT exprs`.
func (tab *table) prepare(t testing.TB, exprs string) (*Selection, error) {
	t.Helper()
	stmt, err := cqlparse.Parse("SELECT " + exprs + " FROM t")
	require.NoError(t, err, exprs)
	return PrepareSelection(tab.scope, stmt.(*cqlparse.Select).Selectors)
}

// TestRecorded compares with what the real server answered: each file of
// testdata makes a table of one row and then has expressions, each followed by
// the value as a blob, an error, or the name and type of the column.
func TestRecorded(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			tab := newTable()
			lines := strings.Split(strings.TrimSpace(string(text)), "\n")
			for i := 0; i < len(lines); i++ {
				if src, ok := strings.CutPrefix(lines[i], "> "); ok {
					tab.exec(t, src)
					continue
				}
				require.Equal(t, strings.TrimPrefix(lines[i+1], "\t"), tab.answer(t, lines[i], strings.HasPrefix(lines[i+1], "\tcolumn ")), lines[i])
				i++
			}
		})
	}
}

func (tab *table) answer(t testing.TB, expr string, column bool) string {
	sel, err := tab.prepare(t, expr)
	var row [][]byte
	if err == nil && !column {
		row, err = sel.Eval(env(tab.row))
	}
	switch {
	case err != nil:
		e, ok := err.(*types.Error)
		require.True(t, ok, "%T", err)
		return fmt.Sprintf("error %04x %s", uint32(e.Code), e.Message)
	case column:
		return "column " + sel.Columns[0].Name + " " + wireName(sel.Columns[0].Type)
	}
	return types.Blob.Literal(row[0])
}

// wireName writes a type as the recordings do, which come from the metadata of
// the protocol: nothing there is frozen. It drops the closing brackets that
// frozen leaves over.
func wireName(t *types.Type) string {
	s := t.String()
	for _, r := range [][2]string{{"frozen<", ""}, {", ", ","}, {"text", "varchar"}} {
		s = strings.ReplaceAll(s, r[0], r[1])
	}
	return s[:len(s)-strings.Count(s, ">")+strings.Count(s, "<")]
}
