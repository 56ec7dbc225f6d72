package funcs

import "github.com/coodie-go/coodie/cqltest/internal/types"

// Legacy returns a function that Cassandra no longer has and ScyllaDB does: dateof or
// unixtimestampof. It returns nil for other names.
func Legacy(name string) *Function {
	modern, ok := map[string]string{"dateof": "to_timestamp", "unixtimestampof": "to_unix_timestamp"}[name]
	if !ok {
		return nil
	}
	for _, f := range natives().functions[modern] {
		if f.Args[0].Kind == types.KindTimeUUID {
			legacy := *f
			legacy.Name = name
			return &legacy
		}
	}
	return nil
}
