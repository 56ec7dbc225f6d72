package schema

import (
	"maps"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/funcs"
)

// Similarity is how an index on vectors compares them.
func (ix *Index) Similarity() funcs.Similarity {
	return funcs.SimilarityNamed(ix.Options["similarity_function"])
}

// TargetOption is how system_schema.indexes shows what is indexed.
func (ix *Index) TargetOption() string {
	if ix.Target == nil {
		return ""
	}
	name := ix.Target.CQL()
	switch {
	case ix.Mode == "":
		return name
	case ix.Mode == "values":
		return "values(" + name + ")"
	}
	return ix.Mode + "(" + name + ")"
}

// An index is schema only: a query that one serves is answered by looking at
// every row. What matters is which queries are allowed.

// StorageAttached says whether the index is a storage-attached one.
func (ix *Index) StorageAttached() bool {
	c := strings.ToLower(ix.Class)
	return c == "sai" || c == "storageattachedindex" || ix.Class == "org.apache.cassandra.index.sai.StorageAttachedIndex"
}

// Same says whether two indexes are the same but for what they belong to.
func (ix *Index) Same(o *Index) bool {
	return ix.Name == o.Name && ix.Kind == o.Kind && ix.Class == o.Class && ix.Mode == o.Mode && ix.Local == o.Local && maps.Equal(ix.Options, o.Options) &&
		(ix.Target == o.Target || ix.Target != nil && o.Target != nil && ix.Target.Name == o.Target.Name)
}

// SASI says whether the index is a SASI one.
func (ix *Index) SASI() bool { return strings.HasSuffix(ix.Class, "SASIIndex") }

// Index is an index's definition.
type Index struct {
	Name, Kind string // COMPOSITES or CUSTOM
	Class      string // of CUSTOM
	Target     *Column
	Mode       string // values, keys, entries, full, or ""
	Options    map[string]string
	Local      bool // of ScyllaDB: serves what names the partition
}
