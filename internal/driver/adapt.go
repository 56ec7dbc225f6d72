package driver

import (
	"reflect"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/internal/codec"
)

var _ = codec.Span(gocql.Duration{}) // proves that both have the same fields

// The codec knows no driver: here it learns how to call gocql's Marshalers.
func init() {
	codec.Adapt(&codec.Foreign{
		Marshaler: reflect.TypeFor[gocql.Marshaler](), Unmarshaler: reflect.TypeFor[gocql.Unmarshaler](),
		NotSupported: []reflect.Type{reflect.TypeFor[gocql.UDTMarshaler](), reflect.TypeFor[gocql.UDTUnmarshaler]()},
		Of: func(t *codec.Type) (func(any) ([]byte, error), func(any, []byte) error) {
			info := infoOf(t)
			return func(v any) ([]byte, error) { return v.(gocql.Marshaler).MarshalCQL(info) },
				func(v any, cell []byte) error { return v.(gocql.Unmarshaler).UnmarshalCQL(info, cell) }
		},
		UUID: reflect.TypeFor[gocql.UUID](), Duration: reflect.TypeFor[gocql.Duration](),
	})
}
