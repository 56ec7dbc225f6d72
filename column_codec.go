package coodie

import (
	"reflect"

	"github.com/coodie-go/coodie/internal/codec"
)

// RegisterCodec names a way to store values of type V, for fields that are tagged with it
// and with the CQL type that takes a W:
//
//	Secret string `cql:"secret,type=blob,codec=sealed"`
//
//	func init() { coodie.RegisterCodec("sealed", seal, open) }
//
// It must be called before a table that uses it is opened, by an init function, say. Every
// statement and answer goes through it: whole rows, conditions, assignments, Existing. A
// field of type *V is null when nil; of a V, encode decides by the W that it returns (a nil
// []byte is null). decode is not called for null, which is the zero value.
//
// A column that is compared, in a key or a condition, needs an encode that gives equal
// values equal encodings. One that does not, such as encryption with a random nonce, makes Mutate
// write the column each time. encode and decode must be safe for many goroutines; their
// errors come out inside a *UsageError or *DecodeError. They may quote the value, so its text does not
// have theirs; errors.As finds them. The same holds for MarshalCQL and UnmarshalCQL.
//
// A name is for one codec in the whole program: a second registration is a *SchemaError of
// Open. The codec is a property of the type, like its tags, not of a DB.
func RegisterCodec[V, W any](name string, encode func(V) (W, error), decode func(W) (V, error)) {
	codec.Register(name, codec.Functions{
		V: reflect.TypeFor[V](), W: reflect.TypeFor[W](),
		Encode: func(v codec.Addr) (codec.Addr, error) {
			w, err := encode(*codec.As[V](v))
			return codec.At(&w), err
		},
		Decode: func(v, w codec.Addr) (err error) {
			*codec.As[V](v), err = decode(*codec.As[W](w))
			return err
		},
	})
}
