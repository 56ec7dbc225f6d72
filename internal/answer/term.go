package answer

import (
	"reflect"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/stmt"
)

// CellReader sets the Go value at p from a cell; nil is null.
type CellReader func(p codec.Addr, cell []byte) error

// ReaderOf reads the term's cells, those of column i, as target.
func ReaderOf(e *stmt.Term, columns driver.Columns, i int, target reflect.Type) (CellReader, error) {
	if e.Decoder() != nil {
		own := e.GoType()
		if own.Kind() == reflect.Pointer { // Nullable's
			own = own.Elem()
		}
		switch {
		case target == own:
			return func(p codec.Addr, cell []byte) error {
				p.Value(target).SetZero()
				if cell == nil {
					return nil
				}
				return e.Decoder()(p, cell)
			}, nil
		case target.Kind() == reflect.Pointer && target.Elem() == own:
			return func(p codec.Addr, cell []byte) error {
				at := p.Value(target)
				at.SetZero()
				if cell == nil {
					return nil
				}
				v := reflect.New(own)
				at.Set(v)
				return e.Decoder()(codec.AddrOf(v), cell)
			}, nil
		}
	}
	if e.Codec() != nil && target == e.GoType() && columns.Is(i, e.Codec().Type()) {
		return e.Codec().Decode, nil
	}
	t, err := columns.Type(i)
	if err != nil {
		return nil, err
	}
	if target == stmt.AnyType {
		return func(p codec.Addr, cell []byte) (err error) {
			v := codec.As[any](p)
			switch *v = nil; {
			case cell == nil:
			case e.Bare() && columns.Is(i, e.Ref().Type()):
				*v, err = stmt.DecodeAny(e.Ref(), cell)
			default:
				*v, err = codec.DecodeAny(t, cell)
			}
			return err
		}, nil
	}
	c, err := codec.ForLive(target, t)
	if err != nil {
		return nil, err
	}
	return c.Decode, nil
}
