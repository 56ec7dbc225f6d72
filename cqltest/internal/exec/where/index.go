package where

import (
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"slices"
)

// serves says whether the index answers restriction r.
func serves(ix *schema.Index, r *Restriction) bool {
	if ix.Target == nil {
		return false
	}
	on := false
	for _, c := range r.Cols {
		on = on || c.Name == ix.Target.Name
	}
	if !on {
		return false
	}
	isSet := ix.Target.Type.Kind == types.KindSet
	switch r.kind {
	case nearestRestriction:
		return ix.StorageAttached()
	case eqRestriction:
		return (ix.Mode == "" || ix.Mode == "full") && !(ix.SASI() && ix.Tokenizes())
	case sliceRestriction:
		switch {
		case ix.StorageAttached():
			return ix.Mode == "" && rangeIndexable(ix.Target.Type)
		case ix.SASI():
			return !ix.Literal() && ix.SASIMode() != "CONTAINS"
		}
	case likeRestriction:
		return ix.SASI() && ix.Literal()
	case containsRestriction:
		return len(r.contains) > 0 && ix.Mode == "values" ||
			len(r.containsKey) > 0 && (ix.Mode == "keys" || isSet) ||
			len(r.entryKeys) > 0 && ix.Mode == "entries"
	}
	return false
}

func rangeIndexable(t *types.Type) bool {
	return t.Kind != types.KindText && t.Kind != types.KindASCII && t.Kind != types.KindBoolean &&
		t.Kind != types.KindUUID && t.Kind != types.KindBlob && !t.Frozen
}

// indexed says whether some index serves r.
func (w *Restrictions) indexed(r *Restriction) bool {
	for _, ix := range w.Table.Indexes {
		if serves(ix, r) && w.reaches(ix) {
			return true
		}
	}
	return false
}

// reaches says whether an index can be asked: a local one only about a partition.
func (w *Restrictions) reaches(ix *schema.Index) bool {
	return !ix.Local || len(w.Partition.Cols) == len(w.Table.Partition)
}

func (w *Restrictions) anyIndexed(set *RestrictionSet) bool {
	for _, r := range set.all() {
		if w.indexed(r) {
			return true
		}
	}
	return false
}

// filtersNeedFiltering says whether no one group of indexes serves all filters.
// Storage-attached indexes form a group; any other index is one of its own.
func (w *Restrictions) filtersNeedFiltering(filters []*Restriction) bool {
	var groups [][]*schema.Index
	var attached []*schema.Index
	for _, ix := range w.Table.Indexes {
		if !w.reaches(ix) {
			continue
		}
		if ix.StorageAttached() {
			attached = append(attached, ix)
		} else {
			groups = append(groups, []*schema.Index{ix})
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

func servedBy(group []*schema.Index, r *Restriction) bool {
	several := len(r.contains)+len(r.containsKey)+len(r.entryKeys) > 1
	for _, ix := range group {
		if serves(ix, r) && !(several && !ix.StorageAttached()) {
			return true
		}
	}
	return false
}

// maxAttachedText is the size up to which an attached index keeps a text.
const maxAttachedText = 8 << 10

// checkIndexValues refuses to look for values that are too long for the index
// that the query uses, and marks those that no index holds.
func (w *Restrictions) checkIndexValues(r *Restriction, out []Expression) error {
	if !w.UsesIndex {
		return nil
	}
	for _, ix := range w.Table.Indexes {
		if !serves(ix, r) {
			continue
		}
		exact := ix == w.searched()
		for i := range out {
			out[i].exact = out[i].exact || exact
			switch n := len(out[i].Value); {
			case ix.Kind != "CUSTOM" && n > schema.MaxIndexed:
				return protocol.Invalid("Index expression values may not be larger than 64K")
			case ix.StorageAttached() && n > maxAttachedText && ix.Term().IsText():
				out[i].never = true
			case out[i].index == nil && out[i].Op != opEntry && ix.Term().IsText() && ix.Kind == "CUSTOM":
				out[i].index = ix
			}
		}
	}
	return nil
}

// searched returns the index that the query looks into, if it is one of Cassandra's
// own: it finds values as they were written, so that 1 is not 1.0.
func (w *Restrictions) searched() *schema.Index {
	for _, ix := range w.Table.Indexes {
		if slices.ContainsFunc(w.filters(), func(r *Restriction) bool { return serves(ix, r) }) {
			if ix.Kind == "CUSTOM" {
				return nil
			}
			return ix
		}
	}
	return nil
}
