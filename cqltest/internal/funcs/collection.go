package funcs

import (
	"math"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

func collectionFactories() []*factory {
	aMap := param{text: "map", requirement: "a map argument", accept: func(t *types.Type) bool { return t.Kind == types.KindMap }}
	aCollection := param{text: "collection", requirement: "a collection argument", accept: (*types.Type).IsCollection}
	setOrList := param{text: "numeric_set_or_list", requirement: "a set or list argument", accept: isSetOrList}
	numbers := param{text: "numeric_set_or_list", requirement: "a numeric set/list argument",
		accept: func(t *types.Type) bool { return isSetOrList(t) && t.Elem().IsNumeric() }}

	halves := func(name string, first int) *factory {
		return &factory{name: name, params: []param{aMap}, make: func(args []*types.Type, _ *types.Type) (*Function, error) {
			t := args[0]
			result := types.Set(t.Key(), true)
			if first == 1 {
				result = types.List(t.Value(), true)
			}
			return scalar(name, result, func(values [][]byte) ([]byte, error) {
				kvs, err := types.UnpackMap(values[0])
				if err != nil {
					return nil, err
				}
				var half [][]byte
				for i := first; i < len(kvs); i += 2 {
					half = append(half, kvs[i])
				}
				return types.PackList(len(half), half), nil
			}, t), nil
		}}
	}
	aggregate := func(name string, p param, newAggregate func(elem *types.Type) Aggregate) *factory {
		return &factory{name: name, params: []param{p}, make: func(args []*types.Type, _ *types.Type) (*Function, error) {
			elem := args[0].Elem()
			return scalar(name, elem, func(values [][]byte) ([]byte, error) {
				elems, err := types.UnpackList(values[0])
				if err != nil {
					return nil, err
				}
				a := newAggregate(elem)
				for i := range elems {
					a.Add(elems[i : i+1])
				}
				return a.Result()
			}, args[0]), nil
		}}
	}
	return []*factory{
		halves("map_keys", 0),
		halves("map_values", 1),
		{name: "collection_count", params: []param{aCollection}, make: func(args []*types.Type, _ *types.Type) (*Function, error) {
			return scalar("collection_count", types.Int, func(values [][]byte) ([]byte, error) {
				return types.EncodeInt(int32(min(types.Len(values[0]), math.MaxInt32))), nil
			}, args[0]), nil
		}},
		aggregate("collection_min", setOrList, func(t *types.Type) Aggregate { return &extreme{t: t, sign: -1} }),
		aggregate("collection_max", setOrList, func(t *types.Type) Aggregate { return &extreme{t: t, sign: 1} }),
		aggregate("collection_sum", numbers, newSum),
		aggregate("collection_avg", numbers, newAvg),
	}
}

func isSetOrList(t *types.Type) bool { return t.Kind == types.KindSet || t.Kind == types.KindList }
