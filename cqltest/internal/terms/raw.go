package terms

import (
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/funcs"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// raw is a term that has not met its receiver yet.
type raw interface {
	funcs.Arg
	// exact returns the type if there is only one possible, else nil.
	exact() *types.Type
	// prepare makes the term ready for recv.
	prepare(recv types.Column) (Term, error)
	// selector makes the term ready for a selection, where expected, the type
	// that what stands around it suggests, may be nil. It also returns the name
	// of the term as a result column.
	selector(expected *types.Type) (Term, string, error)
}

// preparer turns syntax into raw terms.
type preparer struct {
	s         *Scope
	selection bool
	uses      map[int]bool // columns of the scope
	aggs      []aggregateCall
}

func (p *preparer) raw(t cqlparse.Term) (raw, error) {
	switch t := t.(type) {
	case *cqlparse.Literal:
		return newLiteral(p, t)
	case *cqlparse.Marker:
		return &markerRaw{p: p, index: t.Index, name: t.Name}, nil
	case *cqlparse.ListLiteral:
		elems, err := p.raws(t.Elems)
		return &arrayRaw{p, elems}, err
	case *cqlparse.SetLiteral:
		elems, err := p.raws(t.Elems)
		return &setRaw{p, elems}, err
	case *cqlparse.MapLiteral:
		return p.mapRaw(t)
	case *cqlparse.UDTLiteral:
		return p.udtRaw(t)
	case *cqlparse.TupleLiteral:
		elems, err := p.raws(t.Elems)
		return &tupleRaw{p, elems}, err
	case *cqlparse.TypeHint:
		return p.hintRaw(t)
	case *cqlparse.Binary:
		return p.callRaw("system", funcs.OperatorName(t.Op), t.X, t.Y)
	case *cqlparse.Negation:
		return p.callRaw("system", funcs.Negate, t.X)
	case *cqlparse.FunctionCall:
		return p.functionCall(t)
	case *cqlparse.Cast:
		return p.castRaw(t)
	case *cqlparse.ColumnRef:
		return p.column(t)
	case *cqlparse.FieldRef:
		return p.field(t)
	case *cqlparse.ElementRef:
		return p.element(t)
	case *cqlparse.SliceRef:
		return p.slice(t)
	}
	return nil, types.Invalidf("Unsupported term %T", t)
}

func (p *preparer) raws(ts []cqlparse.Term) ([]raw, error) {
	out := make([]raw, len(ts))
	for i, t := range ts {
		r, err := p.raw(t)
		if err != nil {
			return nil, err
		}
		out[i] = r
	}
	return out, nil
}

// base supplies what most raw terms are not.
type base struct{}

func (base) IsMarker() bool { return false }
func (base) ArrayLen() int  { return -1 }

func cannotInfer(r raw) error {
	return types.Invalidf("Cannot infer type for term %s in selection clause (try using a cast to force a type)", r)
}

// selectTerm is selector for terms that are plain values: they need a type of
// their own or an expected one.
func selectTerm(p *preparer, r raw, expected *types.Type) (Term, string, error) {
	t := r.exact()
	if t == nil {
		t = expected
	}
	if t == nil {
		return nil, "", cannotInfer(r)
	}
	term, err := r.prepare(types.Column{Keyspace: p.s.Keyspace, Table: p.s.Table, Name: "[selection]", Type: t})
	return term, r.String(), err
}

// literalRaw is a constant or null.
type literalRaw struct {
	base
	p         *preparer
	kind      cqlparse.LiteralKind
	text      string
	preferred *types.Type
}

func newLiteral(p *preparer, l *cqlparse.Literal) (raw, error) {
	r := &literalRaw{p: p, kind: l.Kind, text: l.Text}
	if l.Kind == cqlparse.WordLiteral {
		return nil, types.Invalidf("%s is not a value", l.Text)
	}
	r.preferred = preferredType(l.Kind, l.Text)
	return r, nil
}

func preferredType(kind cqlparse.LiteralKind, text string) *types.Type {
	switch kind {
	case cqlparse.StringLiteral:
		if strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) < 0 {
			return types.ASCII
		}
		return types.Text
	case cqlparse.IntegerLiteral:
		for _, t := range []*types.Type{types.Int, types.Bigint} {
			if _, err := t.FromString(text); err == nil {
				return t
			}
		}
		return types.Varint
	case cqlparse.UUIDLiteral:
		if len(text) > 14 && text[14] == '1' {
			return types.TimeUUID
		}
		return types.UUID
	case cqlparse.FloatLiteral:
		return preferredFloat(text)
	case cqlparse.BooleanLiteral:
		return types.Boolean
	case cqlparse.BlobLiteral:
		return types.Tinyint // sic: the server takes a hexadecimal constant for a byte
	case cqlparse.DurationLiteral:
		return types.Duration
	}
	return nil
}

// preferredFloat is double if text is exactly what its double prints as.
func preferredFloat(text string) *types.Type {
	d, ok := types.ParseDecimal(text)
	if !ok { // NaN or infinite
		return types.Double
	}
	b, err := types.Double.FromString(text)
	if err != nil {
		return types.Decimal
	}
	if back, ok := types.ParseDecimal(types.Double.Text(b)); ok && back.Cmp(d) == 0 {
		return types.Double
	}
	return types.Decimal
}

func (r *literalRaw) String() string {
	switch r.kind {
	case cqlparse.StringLiteral:
		return "'" + r.text + "'"
	case cqlparse.NullLiteral:
		return "NULL"
	}
	return r.text
}

func (r *literalRaw) exact() *types.Type  { return nil }
func (r *literalRaw) Likely() *types.Type { return r.preferred }

// accepts lists the types that a constant can stand for besides the preferred.
var accepts = map[cqlparse.LiteralKind][]types.Kind{
	cqlparse.StringLiteral: {types.KindASCII, types.KindText, types.KindInet, types.KindDate, types.KindTime, types.KindTimestamp},
	cqlparse.IntegerLiteral: {types.KindBigint, types.KindCounter, types.KindDate, types.KindDecimal, types.KindDouble, types.KindDuration,
		types.KindFloat, types.KindInt, types.KindSmallint, types.KindTime, types.KindTimestamp, types.KindTinyint, types.KindVarint},
	cqlparse.UUIDLiteral:     {types.KindUUID, types.KindTimeUUID},
	cqlparse.FloatLiteral:    {types.KindDecimal, types.KindDouble, types.KindFloat},
	cqlparse.BooleanLiteral:  {types.KindBoolean},
	cqlparse.BlobLiteral:     {types.KindBlob},
	cqlparse.DurationLiteral: {types.KindDuration},
}

func (r *literalRaw) Assignable(recv types.Column) types.Assignability {
	t := recv.Type
	if r.kind == cqlparse.NullLiteral {
		if t.IsCounter() {
			return types.NotAssignable
		}
		return types.WeaklyAssignable
	}
	switch {
	case t.IsCollection() || t.Kind == types.KindUDT || t.Kind == types.KindVector:
		return types.NotAssignable
	case t.Kind == types.KindTuple || t.Kind == types.KindCustom:
		return types.WeaklyAssignable
	case t.Equal(r.preferred):
		return types.ExactMatch
	}
	for _, k := range accepts[r.kind] {
		if k == t.Kind {
			return types.WeaklyAssignable
		}
	}
	return types.NotAssignable
}

var literalNames = map[cqlparse.LiteralKind]string{
	cqlparse.StringLiteral: "STRING", cqlparse.IntegerLiteral: "INTEGER", cqlparse.FloatLiteral: "FLOAT", cqlparse.BooleanLiteral: "BOOLEAN",
	cqlparse.UUIDLiteral: "UUID", cqlparse.BlobLiteral: "HEX", cqlparse.DurationLiteral: "DURATION",
}

func (r *literalRaw) prepare(recv types.Column) (Term, error) {
	if r.Assignable(recv) == types.NotAssignable {
		if r.kind == cqlparse.NullLiteral {
			return nil, types.Invalidf("Invalid null value for counter increment/decrement")
		}
		return nil, types.Invalidf("Invalid %s constant (%s) for \"%s\" of type %s", literalNames[r.kind], r.text, recv.Name, recv.Type)
	}
	if r.kind == cqlparse.NullLiteral {
		return &constant{t: recv.Type}, nil
	}
	t, text := recv.Type, r.text
	if r.kind == cqlparse.BlobLiteral {
		t, text = types.Blob, r.text[2:]
	}
	b, err := t.FromString(text)
	if err != nil {
		return nil, err
	}
	return &constant{recv.Type, b}, nil
}

func (r *literalRaw) selector(expected *types.Type) (Term, string, error) {
	return selectTerm(r.p, r, expected)
}
