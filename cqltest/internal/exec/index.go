package exec

import (
	"maps"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// An index is schema only: a query that one serves is answered by looking at
// every row. What matters is which queries are allowed.

func (ix *index) storageAttached() bool {
	c := strings.ToLower(ix.class)
	return c == "sai" || strings.HasSuffix(c, "storageattachedindex")
}

// same says whether two indexes are the same but for what they belong to.
func (ix *index) same(o *index) bool {
	return ix.name == o.name && ix.kind == o.kind && ix.class == o.class && ix.mode == o.mode && ix.local == o.local && maps.Equal(ix.options, o.options) &&
		(ix.target == o.target || ix.target != nil && o.target != nil && ix.target.name == o.target.name)
}

func (ix *index) sasi() bool { return strings.HasSuffix(ix.class, "SASIIndex") }

// serves says whether the index answers restriction r.
func (ix *index) serves(r *restriction) bool {
	if ix.target == nil {
		return false
	}
	on := false
	for _, c := range r.cols {
		on = on || c.name == ix.target.name
	}
	if !on {
		return false
	}
	isSet := ix.target.typ.Kind == types.KindSet
	switch r.kind {
	case nearestRestriction:
		return ix.storageAttached()
	case eqRestriction:
		return (ix.mode == "" || ix.mode == "full") && !(ix.sasi() && ix.tokenizes())
	case sliceRestriction:
		switch {
		case ix.storageAttached():
			return ix.mode == "" && rangeIndexable(ix.target.typ)
		case ix.sasi():
			return !ix.literal() && ix.sasiMode() != "CONTAINS"
		}
	case likeRestriction:
		return ix.sasi() && ix.literal()
	case containsRestriction:
		return len(r.contains) > 0 && ix.mode == "values" ||
			len(r.containsKey) > 0 && (ix.mode == "keys" || isSet) ||
			len(r.entryKeys) > 0 && ix.mode == "entries"
	}
	return false
}

func rangeIndexable(t *types.Type) bool {
	return t.Kind != types.KindText && t.Kind != types.KindASCII && t.Kind != types.KindBoolean &&
		t.Kind != types.KindUUID && t.Kind != types.KindBlob && !t.Frozen
}

// indexed says whether some index serves r.
func (w *restrictions) indexed(r *restriction) bool {
	for _, ix := range w.table.indexes {
		if ix.serves(r) && w.reaches(ix) {
			return true
		}
	}
	return false
}

// reaches says whether an index can be asked: a local one only about a partition.
func (w *restrictions) reaches(ix *index) bool {
	return !ix.local || len(w.partition.cols) == len(w.table.partition)
}

func (w *restrictions) anyIndexed(set *restrictionSet) bool {
	for _, r := range set.all() {
		if w.indexed(r) {
			return true
		}
	}
	return false
}

// filtersNeedFiltering says whether no one group of indexes serves all filters.
// Storage-attached indexes form a group; any other index is one of its own.
func (w *restrictions) filtersNeedFiltering(filters []*restriction) bool {
	var groups [][]*index
	var attached []*index
	for _, ix := range w.table.indexes {
		if !w.reaches(ix) {
			continue
		}
		if ix.storageAttached() {
			attached = append(attached, ix)
		} else {
			groups = append(groups, []*index{ix})
		}
	}
	for _, group := range append(groups, attached) {
		all := len(group) > 0
		for _, r := range filters {
			all = all && servedBy(group, r)
		}
		if all {
			return false
		}
	}
	return true
}

func servedBy(group []*index, r *restriction) bool {
	several := len(r.contains)+len(r.containsKey)+len(r.entryKeys) > 1
	for _, ix := range group {
		if ix.serves(r) && !(several && !ix.storageAttached()) {
			return true
		}
	}
	return false
}
