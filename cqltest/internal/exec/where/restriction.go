package where

import (
	"slices"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

type restrictionKind uint8

const (
	eqRestriction restrictionKind = iota
	inRestriction
	sliceRestriction
	containsRestriction
	likeRestriction
	notNullRestriction
	nearestRestriction // ORDER BY column ANN OF
)

// Tuple is the right side of a relation: one term for each column, or one
// marker for them all.
type Tuple struct {
	Parts []terms.Term
	whole terms.Term
	N     int
	multi bool   // of a relation on several columns
	null  string // what the server stumbles over if whole is null
}

func (t *Tuple) eval(x *server.Execution) ([][]byte, error) {
	if t.whole != nil {
		b, err := x.Eval(t.whole)
		if err != nil {
			return nil, err
		}
		if b == nil {
			return nil, protocol.NullPointer(t.null)
		}
		if types.IsUnset(b) {
			return nil, protocol.Invalid("Invalid unset value for tuple")
		}
		return types.UnpackTuple(b, t.N)
	}
	out := make([][]byte, len(t.Parts))
	for i, p := range t.Parts {
		b, err := x.Eval(p)
		if err != nil {
			return nil, err
		}
		if t.multi && types.IsUnset(b) {
			return nil, protocol.Invalid("Invalid unset value for tuple field number %d", i)
		}
		out[i] = b
	}
	return out, nil
}

// limit is one end of a slice restriction.
type limit struct {
	value     Tuple
	inclusive bool
}

// Restriction is what WHERE says about a column, or about several at once.
type Restriction struct {
	kind  restrictionKind
	Cols  []*schema.Column
	multi bool
	bound bool // ends of a slice are places between rows, whatever the direction of the columns
	token bool

	Eq         Tuple
	in         []Tuple    // IN (…)
	inMarker   terms.Term // IN ?
	start, end *limit

	contains, containsKey  []terms.Term
	entryKeys, entryValues []terms.Term

	like    terms.Term
	nearest terms.Term // the vector of ANN OF
}

// First returns the first column.
func (r *Restriction) First() *schema.Column { return r.Cols[0] }

func (r *Restriction) last() *schema.Column { return r.Cols[len(r.Cols)-1] }

// equality says whether the restriction names values rather than a range.
func (r *Restriction) equality() bool { return r.kind == eqRestriction || r.kind == inRestriction }

// merge combines two restrictions that share a column.
func (r *Restriction) merge(o *Restriction) (*Restriction, error) {
	if r.token {
		return r.mergeToken(o)
	}
	name := r.First().Name
	if r.multi || o.multi && r.kind <= sliceRestriction {
		if o.kind == containsRestriction || o.kind == likeRestriction {
			return nil, protocol.ServerError("java.lang.UnsupportedOperationException")
		}
		name = commonColumns(r, o)
	}
	switch r.kind {
	case eqRestriction:
		return nil, protocol.Invalid("%s cannot be restricted by more than one relation if it includes an Equal", name)
	case inRestriction:
		return nil, protocol.Invalid("%s cannot be restricted by more than one relation if it includes a IN", name)
	case likeRestriction:
		return nil, protocol.Invalid("%s cannot be restricted by more than one relation if it includes a LIKE", name)
	case notNullRestriction:
		return nil, protocol.Invalid("%s cannot be restricted by a relation if it includes an IS NOT NULL", name)
	case containsRestriction:
		if o.kind != containsRestriction {
			return nil, protocol.Invalid("Collection column %s can only be restricted by CONTAINS, CONTAINS KEY, or map-entry equality", name)
		}
		m := *r
		m.contains = append(slices.Clone(r.contains), o.contains...)
		m.containsKey = append(slices.Clone(r.containsKey), o.containsKey...)
		m.entryKeys = append(slices.Clone(r.entryKeys), o.entryKeys...)
		m.entryValues = append(slices.Clone(r.entryValues), o.entryValues...)
		return &m, nil
	}
	if o.kind != sliceRestriction {
		return nil, protocol.Invalid("Column \"%s\" cannot be restricted by both an equality and an inequality relation", name)
	}
	if r.First() != o.First() {
		later := r.First()
		if o.First().Position > later.Position {
			later = o.First()
		}
		return nil, protocol.Invalid("Column \"%s\" cannot be restricted by two inequalities not starting with the same column", later.Name)
	}
	return r.mergeSlice(o, "More than one restriction was found for the %s bound on "+strings.ReplaceAll(name, "%", "%%"))
}

func (r *Restriction) mergeSlice(o *Restriction, format string) (*Restriction, error) {
	if r.start != nil && o.start != nil {
		return nil, protocol.Invalid(format, "start")
	}
	if r.end != nil && o.end != nil {
		return nil, protocol.Invalid(format, "end")
	}
	if r.bound != o.bound {
		return nil, protocol.Invalid("Invalid combination of SCYLLA_CLUSTERING_BOUND with other restrictions of %s", r.First().Name)
	}
	m := *r
	m.multi = r.multi || o.multi
	if len(o.Cols) > len(m.Cols) {
		m.Cols = o.Cols
	}
	if m.start == nil {
		m.start = o.start
	}
	if m.end == nil {
		m.end = o.end
	}
	return &m, nil
}

func (r *Restriction) mergeToken(o *Restriction) (*Restriction, error) {
	names := ColumnNames(r.Cols)
	if r.kind == eqRestriction {
		return nil, protocol.Invalid("%s cannot be restricted by more than one relation if it includes an Equal", names)
	}
	if o.kind != sliceRestriction {
		return nil, protocol.Invalid("Columns \"%s\" cannot be restricted by both an equality and an inequality relation", names)
	}
	return r.mergeSlice(o, "More than one restriction was found for the %s bound on "+strings.ReplaceAll(names, "%", "%%"))
}

func commonColumns(a, b *Restriction) string {
	var names []string
	for _, c := range a.Cols {
		if slices.Contains(b.Cols, c) {
			names = append(names, c.Name)
		}
	}
	return strings.Join(names, ", ")
}

// ColumnNames lists the names of columns.
func ColumnNames(cols []*schema.Column) string {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

// RestrictionSet holds restrictions by column, in key order or by name.
type RestrictionSet struct {
	Cols  []*schema.Column
	byCol map[*schema.Column]*Restriction

	HasIn, hasContains, hasSlice bool
	notOnlyEq                    bool
}

// Empty says whether nothing is restricted.
func (s *RestrictionSet) Empty() bool { return len(s.Cols) == 0 }

func (s *RestrictionSet) add(r *Restriction) error {
	s.HasIn = s.HasIn || r.kind == inRestriction
	s.hasContains = s.hasContains || r.kind == containsRestriction
	s.hasSlice = s.hasSlice || r.kind == sliceRestriction
	s.notOnlyEq = s.notOnlyEq || !r.equality()
	if s.byCol == nil {
		s.byCol = map[*schema.Column]*Restriction{}
	}
	merged := r
	seen := map[*Restriction]bool{}
	for _, c := range r.Cols {
		old := s.byCol[c]
		if old == nil || seen[old] {
			continue
		}
		seen[old] = true
		m, err := old.merge(r)
		if err != nil {
			return err
		}
		merged = m
	}
	for _, c := range r.Cols {
		if s.byCol[c] == nil {
			s.Cols = append(s.Cols, c)
		}
		s.byCol[c] = merged
	}
	for _, c := range merged.Cols {
		if s.byCol[c] != nil {
			s.byCol[c] = merged
		}
	}
	slices.SortFunc(s.Cols, func(a, b *schema.Column) int {
		if a.Position != b.Position {
			return a.Position - b.Position
		}
		return strings.Compare(a.Name, b.Name)
	})
	return nil
}

// all returns the restrictions in order, each once.
func (s *RestrictionSet) all() []*Restriction {
	var out []*Restriction
	for _, c := range s.Cols {
		r := s.byCol[c]
		if len(out) == 0 || out[len(out)-1] != r {
			out = append(out, r)
		}
	}
	return out
}

func (s *RestrictionSet) last() *Restriction {
	if s.Empty() {
		return nil
	}
	return s.byCol[s.Cols[len(s.Cols)-1]]
}
