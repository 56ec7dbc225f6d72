package cqlparse_test

import (
	_ "embed"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/cqlparse"
)

var (
	// corpus holds statements that Cassandra 5.0.6 parses, one a line.
	//
	//go:embed testdata/cassandra.cql
	corpus string
	// beyond holds statements that it does not, but ScyllaDB or a later
	// Cassandra does.
	//
	//go:embed testdata/beyond.cql
	beyond string
)

func lines(s string) []string { return strings.Split(strings.TrimRight(s, "\n"), "\n") }

func TestCorpus(t *testing.T) {
	for _, src := range lines(corpus) {
		stmt, err := cqlparse.ParseAs(cqlparse.Cassandra, src)
		require.NoError(t, err, src)
		roundTrip(t, cqlparse.Cassandra, src, stmt)
	}
	for _, src := range lines(corpus + beyond) {
		stmt, err := cqlparse.Parse(src)
		require.NoError(t, err, src)
		roundTrip(t, cqlparse.Any, src, stmt)
	}
}

// TestCorpusKinds wants a statement of every kind in the corpus.
func TestCorpusKinds(t *testing.T) {
	seen := map[cqlparse.Kind]bool{}
	for _, src := range lines(corpus + beyond) {
		stmt, err := cqlparse.Parse(src)
		require.NoError(t, err)
		seen[stmt.Kind()] = true
	}
	require.Len(t, seen, 54)
}

// roundTrip wants the printed statement to mean the same, and printing to be
// stable.
func roundTrip(t *testing.T, d cqlparse.Dialect, src string, stmt cqlparse.Statement) {
	t.Helper()
	text := cqlparse.Print(stmt)
	again, err := cqlparse.ParseAs(d, text)
	require.NoError(t, err, "%s\nprinted as %s", src, text)
	if !same(stmt, again) {
		t.Fatalf("%s\nprints as  %s\nwhich means %s", src, text, cqlparse.Print(again))
	}
	require.Equal(t, text, cqlparse.Print(again), src)
}

// same compares two trees, positions apart.
func same(a, b any) bool {
	return sameValue(reflect.ValueOf(a), reflect.ValueOf(b))
}

func sameValue(a, b reflect.Value) bool {
	if a.IsValid() != b.IsValid() {
		return false
	}
	if !a.IsValid() {
		return true
	}
	if a.Type() != b.Type() {
		return false
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return sameValue(a.Elem(), b.Elem())
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !sameValue(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Struct:
		if a.Type() == reflect.TypeFor[cqlparse.Pos]() {
			return true
		}
		for i := range a.NumField() {
			if !sameValue(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	default:
		return a.Interface() == b.Interface()
	}
}

func FuzzParse(f *testing.F) {
	for _, src := range lines(corpus + beyond + recorded) {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		for _, d := range []cqlparse.Dialect{cqlparse.Cassandra, cqlparse.Any} {
			stmt, err := cqlparse.ParseAs(d, src)
			if err != nil {
				continue
			}
			roundTrip(t, d, src, stmt)
			for i, m := range stmt.Header().Markers {
				if m.Index != i {
					t.Fatalf("marker %d has index %d", i, m.Index)
				}
			}
		}
	})
}

func FuzzParseScript(f *testing.F) {
	f.Add(corpus)
	f.Add(strings.ReplaceAll(beyond, "\n", ";\n"))
	f.Fuzz(func(t *testing.T, src string) {
		stmts, _ := cqlparse.ParseScript(src)
		end := 0
		for _, s := range stmts {
			h := s.Header()
			if h.Offset < end || h.End.Offset <= h.Offset || h.End.Offset > len(src) {
				t.Fatalf("range %d..%d after %d", h.Offset, h.End.Offset, end)
			}
			end = h.End.Offset
			alone, err := cqlparse.Parse(src[h.Offset:h.End.Offset])
			if err != nil {
				t.Fatal(err)
			}
			if !same(s, alone) {
				t.Fatalf("differs alone: %s", src[h.Offset:h.End.Offset])
			}
		}
	})
}
