package diff_test

import (
	"errors"
	"strconv"
	"testing"

	"github.com/coodie-go/coodie/cqltest"
)

// embedded starts an embedded server on which the functions of user_functions.cql do
// in Go what they do in Java on the real one.
func embedded(t *testing.T) string {
	text := func(v any) string {
		if v == nil {
			return "null"
		}
		return v.(string)
	}
	bodies := map[string]func(args []any) (any, error){
		"plus":   func(args []any) (any, error) { return args[0].(int) + args[1].(int), nil },
		"strict": func(args []any) (any, error) { return args[0].(int) + args[1].(int), nil },
		"state": func(args []any) (any, error) {
			if args[0] == nil {
				return nil, errors.New("java.lang.NullPointerException")
			}
			if args[1] == nil {
				return args[0], nil
			}
			return args[0].(int) + args[1].(int), nil
		},
		"final": func(args []any) (any, error) {
			if args[0] == nil {
				return nil, errors.New("java.lang.NullPointerException")
			}
			return strconv.Itoa(args[0].(int)), nil
		},
		"concat": func(args []any) (any, error) { return text(args[0]) + text(args[1]), nil },
		"twice": func(args []any) (any, error) {
			if args[0] == nil {
				return "none", nil
			}
			return text(args[0]) + text(args[0]), nil
		},
		"failing": func(args []any) (any, error) {
			if args[0] == nil || args[0].(int) > 5 {
				return nil, errors.New("java.lang.RuntimeException: too much")
			}
			return args[0], nil
		},
		"lsum": func(args []any) (any, error) {
			n := 0
			for _, i := range args[0].([]int) {
				n += i
			}
			return n, nil
		},
		"over": func(args []any) (any, error) {
			switch args[0].(type) {
			case string:
				return 2, nil
			case int64:
				return 3, nil
			}
			return 1, nil
		},
	}
	var options []cqltest.Option
	for name, body := range bodies {
		options = append(options, cqltest.WithFunction(name, body))
	}
	return cqltest.RunT(t, options...).Addr()
}
