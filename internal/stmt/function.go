package stmt

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// SimilarityTo is the function of the column of vectors and the vector of the Go type at p.
func (e *Term) SimilarityTo(name string, goType reflect.Type, p codec.Addr) *Term {
	r := e.vectors()
	o := r.vectorAt(goType, p)
	column := columnTerm(r)
	return Called(name, codec.Native(codec.Float), reflect.TypeFor[float32](), []*Term{column, {name: column.name, value: &o, typ: column.typ}})
}

// LikenessTo orders by likeness to the vector of the Go type at p.
func (e *Term) LikenessTo(goType reflect.Type, p codec.Addr) Order {
	r := e.vectors()
	return Order{of: r, direction: cql.ANN, vector: r.vectorAt(goType, p)}
}

// vectors is the column of vectors that the term is.
func (e *Term) vectors() *Ref {
	switch {
	case e.err != nil:
		return BadRef(e.name, e.err)
	case !e.Bare():
		return BadRef(e.name, errors.New("likeness is that of a column's vectors"))
	}
	r := e.ref
	if r.err == nil && r.typ.Kind != codec.Vector {
		r.err = errors.New("the column is a " + r.typ.String() + ", which is not for likeness")
	}
	return &r
}

// vectorAt is the vector at p, of the column's Go type or, as an any, of another one.
func (r *Ref) vectorAt(goType reflect.Type, p codec.Addr) Operand {
	if goType == AnyType {
		return r.operand(sameType, *codec.As[any](p))
	}
	return Operand{codec: r.values, p: p}
}

func numeric(k codec.Kind) bool {
	switch k {
	case codec.TinyInt, codec.SmallInt, codec.Int, codec.BigInt, codec.Varint, codec.Counter, codec.Float, codec.Double, codec.Decimal:
		return true
	}
	return false
}

// written refuses what has no time of writing.
func (e *Term) written(what string) {
	if e.err != nil {
		return
	}
	r := &e.args[0].ref
	all := `Call[[]int64]("writetime", column)`
	if what == "ttl" {
		all = `Call[[]*int]("ttl", column)`
	}
	switch {
	case r.col == nil || e.args[0].call != "" || e.args[0].cast != nil:
		e.err = errors.New(what + " is of a column")
	case r.col.Kind >= meta.Clustering:
		e.err = errors.New("a key column has no " + what)
	case r.elem != nil:
		e.err = errors.New("Cassandra fails at a " + what + " of the element of a bound key: read those of all elements by " + all)
	case what == "ttl" && e.args[0].Bare() && r.col.Type.MultiCell():
		e.err = errors.New("each cell of a " + r.typ.String() + " has a " + what + " of its own: read them all by " + all)
	}
	if e.err != nil {
		e.name = r.name
	}
}

var bigint = codec.Native(codec.BigInt)

func microseconds(p codec.Addr, cell []byte) error {
	if len(cell) != 8 {
		return fmt.Errorf("a time of writing of %d bytes", len(cell))
	}
	*codec.As[time.Time](p) = time.UnixMicro(int64(binary.BigEndian.Uint64(cell))).UTC()
	return nil
}

func seconds(p codec.Addr, cell []byte) error {
	if len(cell) != 4 {
		return fmt.Errorf("a TTL of %d bytes", len(cell))
	}
	*codec.As[time.Duration](p) = time.Duration(int32(binary.BigEndian.Uint32(cell))) * time.Second
	return nil
}

// RawJSON sets the json.RawMessage at p.
func RawJSON(p codec.Addr, cell []byte) error {
	*codec.As[json.RawMessage](p) = append(json.RawMessage(nil), cell...)
	return nil
}

// AggregateOf is an aggregate of the argument.
func AggregateOf(name string, goType reflect.Type, arg *Term) *Term {
	f := &Term{call: name, args: []*Term{arg}, goType: goType, typ: arg.typ, codec: arg.codec, err: arg.err, aggregate: true}
	if arg.err != nil {
		f.name = arg.name
	}
	if f.decode = arg.decode; arg.typ != nil && (name == "sum" || name == "avg") && !numeric(arg.typ.Kind) && f.err == nil {
		f.name, f.err = arg.name, fmt.Errorf("%s is of numbers, and this is a %s", name, arg.typ)
	}
	return f
}

// Count counts rows, or those in which the argument is not null.
func Count(arg ...*Term) *Term {
	f := Called("count", bigint, reflect.TypeFor[int64](), arg)
	if f.aggregate = true; len(arg) > 1 && f.err == nil {
		f.err = errors.New("count is of the rows, or of one column")
	}
	return f
}

// CastTo is the argument cast to the CQL type that the Go type has by default.
func CastTo(goType reflect.Type, arg *Term) *Term {
	f := &Term{args: []*Term{arg}, goType: goType, err: arg.err}
	var err error
	if f.cast, err = codec.Infer(f.goType, codec.Options{}); err == nil && f.cast.Kind >= codec.List {
		err = errors.New("CQL casts to native types only, not to " + f.cast.String())
	}
	if f.typ = f.cast; f.err == nil {
		f.err = err
	}
	if f.err != nil {
		f.cast, f.name = codec.Native(codec.Text), arg.name
	}
	return f
}

// WriteTime is when the column's value was written.
func WriteTime(column *Term) *Term {
	name := "writetime"
	if column.err == nil && column.Bare() && column.ref.col.Type.MultiCell() {
		name = "maxwritetime"
	}
	return timeOf(name, column, bigint, reflect.TypeFor[time.Time](), microseconds)
}

// TtlOf is how long the column's value has left to live.
func TtlOf(column *Term) *Term {
	return timeOf("ttl", column, codec.Native(codec.Int), reflect.TypeFor[time.Duration](), seconds)
}

func timeOf(name string, column *Term, typ *codec.Type, goType reflect.Type, decode decoder) *Term {
	f := Called(name, nil, goType, []*Term{column})
	f.written(name)
	f.typ, f.decode = typ, decode
	return f
}

// ToJSON is the term's value as JSON.
func ToJSON(e *Term) *Term {
	f := Called("tojson", nil, reflect.TypeFor[json.RawMessage](), []*Term{e})
	f.typ, f.decode = codec.Native(codec.Text), RawJSON
	return f
}

// TokenTerm is the token of the table's partition key.
func TokenTerm(table *meta.Table, err error) *Term {
	if err != nil {
		return &Term{err: err}
	}
	var key []*Term
	for _, col := range table.Partition {
		key = append(key, columnTerm(RefTo(col)))
	}
	return Called("token", bigint, reflect.TypeFor[int64](), key)
}
