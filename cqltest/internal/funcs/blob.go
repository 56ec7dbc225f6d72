package funcs

import (
	"encoding/hex"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

var nativeNames = []string{
	"ascii", "bigint", "boolean", "counter", "date", "decimal", "double", "duration", "empty", "float", "inet", "int",
	"smallint", "text", "time", "timestamp", "timeuuid", "tinyint", "uuid", "varchar", "varint",
}

func blobFunctions() []*Function {
	var out []*Function
	for _, name := range nativeNames {
		t := types.Native(name)
		for _, fn := range []string{name + "_as_blob", name + "asblob"} {
			out = append(out, &Function{Name: fn, Args: []*types.Type{t}, Result: types.Blob,
				Call: func(_ *Env, args [][]byte) ([]byte, error) { return args[0], nil }})
		}
		for _, fn := range []string{"blob_as_" + name, "blobas" + name} {
			out = append(out, &Function{Name: fn, Args: []*types.Type{types.Blob}, Result: t,
				Call: func(_ *Env, args [][]byte) ([]byte, error) {
					if t.Validate(args[0]) != nil {
						return nil, types.Invalidf("In call to function system.%s, value 0x%s is not a valid binary representation for type %s",
							fn, hex.EncodeToString(args[0]), name)
					}
					return args[0], nil
				}})
		}
	}
	return out
}
