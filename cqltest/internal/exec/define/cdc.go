package define

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// A table of ScyllaDB may keep a log of its changes. Here the log is schema: its table is
// made, altered and dropped with the other one, and never has rows.

// logSuffix ends the name of a log's table.
const logSuffix = "_scylla_cdc_log"

// takeLogOptions takes the options of a table's log from those of a definition. It returns
// them, which are the old ones where nothing is said, and the others.
func takeLogOptions(d protocol.Dialect, options []*cqlparse.Property, old map[string]string) (cdc map[string]string, rest []*cqlparse.Property, err error) {
	at := slices.IndexFunc(options, func(o *cqlparse.Property) bool { return o.Name.Name == "cdc" })
	if d != protocol.Scylla || at < 0 {
		return old, options, nil
	}
	props, err := schema.ReadProperties(options[at:at+1], "cdc")
	if err != nil {
		return nil, nil, err
	}
	given, isMap := props["cdc"].(map[string]string)
	if !isMap {
		return nil, nil, protocol.SyntaxError("Invalid value for property 'cdc'. It should be a map.")
	}
	cdc = map[string]string{"enabled": "false", "preimage": "false", "postimage": "false", "delta": "full", "ttl": "86400"}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if cdc[strings.ToLower(key)], err = logOption(strings.ToLower(key), given[key]); err != nil {
			return nil, nil, err
		}
	}
	return cdc, slices.Delete(slices.Clone(options), at, at+1), nil
}

// logOption returns an option's value as it is shown.
func logOption(key, value string) (string, error) {
	v := strings.ToLower(value)
	allowed, known := map[string][]string{"enabled": nil, "preimage": {"full"}, "postimage": nil, "delta": {"full", "keys"}}[key]
	switch {
	case key == "ttl":
		n, err := strconv.ParseInt(value, 10, 32)
		if err != nil {
			return "", protocol.ConfigError("Invalid value for CDC option \"ttl\": %s", value)
		}
		if n < 0 {
			return "", protocol.ConfigError("Invalid CDC option: ttl must be >= 0")
		}
		return value, nil
	case !known:
		return "", protocol.ConfigError("Invalid CDC option: %s", key)
	case slices.Contains(allowed, v):
		return v, nil
	case key != "delta" && (v == "true" || v == "1"):
		return "true", nil
	case key != "delta" && (v == "false" || v == "0"):
		return "false", nil
	}
	return "", protocol.ConfigError("Invalid value for CDC option \"%s\": %s", key, value)
}

// withLog returns the keyspace with the log of one of its tables as that asks for.
func withLog(space *schema.Keyspace, t *schema.Table) *schema.Keyspace {
	old := space.Tables[t.Name+logSuffix]
	switch {
	case t.CDC["enabled"] == "true":
		return space.WithTable(logTable(t, old))
	case old != nil && old.LogOf == t.Name:
		return space.WithoutTable(old.Name)
	}
	return space
}

// logTable makes the table of a log, which keeps its id if there is one already.
func logTable(t, old *schema.Table) *schema.Table {
	l := &schema.Table{Keyspace: t.Keyspace, Name: t.Name + logSuffix, LogOf: t.Name, ID: newID(), Dropped: map[string]schema.DroppedColumn{}}
	l.Params, _ = schema.DefaultParams().Apply(schema.Properties{"comment": "CDC log for " + t.Keyspace + "." + t.Name, "gc_grace_seconds": "0"})
	l.Add("cdc$stream_id", types.Blob, schema.PartitionKey, false)
	l.Add("cdc$time", types.TimeUUID, schema.ClusteringKey, false)
	l.Add("cdc$batch_seq_no", types.Int, schema.ClusteringKey, false)
	add := func(name string, typ *types.Type) { l.Add(name, typ, schema.RegularColumn, false) }
	add("cdc$operation", types.Tinyint)
	add("cdc$ttl", types.Bigint)
	add("cdc$end_of_batch", types.Boolean)
	for _, c := range slices.Concat(t.Partition, t.Clustering) {
		add(c.Name, c.Type)
	}
	for _, c := range slices.Concat(t.Statics, t.Regulars) {
		typ, path := c.Type, (*types.Type)(nil)
		if typ.IsMultiCell() {
			switch typ.Kind {
			case types.KindList:
				typ, path = types.Map(types.TimeUUID, typ.Elem(), false), types.TimeUUID
			case types.KindUDT:
				path = types.Smallint
			default:
				path = typ.Elems[0]
			}
			typ = typ.Freeze()
		}
		add(c.Name, typ)
		add("cdc$deleted_"+c.Name, types.Boolean)
		if path != nil {
			add("cdc$deleted_elements_"+c.Name, types.Set(path, true))
		}
	}
	if old != nil {
		l.ID = old.ID
	}
	l.Finish()
	l.Data = l.NewData()
	return l
}
