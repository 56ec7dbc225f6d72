package funcs

import (
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

func jsonFactories() []*factory {
	var out []*factory
	for _, name := range []string{"to_json", "tojson"} {
		out = append(out, &factory{name: name, params: []param{anyParam(false)}, make: func(args []*types.Type, _ *types.Type) (*Function, error) {
			return &Function{Args: args, Result: types.Text, Call: func(_ *Env, values [][]byte) ([]byte, error) {
				if isNull(args[0], values[0]) {
					return []byte("null"), nil
				}
				return args[0].AppendJSON(nil, values[0]), nil
			}}, nil
		}})
	}
	for _, name := range []string{"from_json", "fromjson"} {
		out = append(out, &factory{name: name, params: []param{fixedParam(types.Text)}, make: func(_ []*types.Type, recv *types.Type) (*Function, error) {
			if recv == nil {
				return nil, types.Invalidf("%s() cannot be used in the selection clause of a SELECT statement", name)
			}
			f := &Function{Name: name, Args: []*types.Type{types.Text}, Result: recv}
			blamed := &Function{Name: "fromjson", Args: f.Args} // by Cassandra, whichever name was used
			f.Call = func(_ *Env, values [][]byte) ([]byte, error) {
				if values[0] == nil {
					return nil, nil
				}
				b, err := recv.ParseJSON(string(values[0]))
				if err == nil {
					return b, nil
				}
				if why := types.JSONFailure(blamed.FullName(), string(values[0]), err); why != "" {
					return nil, blamed.failure(why)
				}
				return nil, err
			}
			return f, nil
		}})
	}
	return out
}
