package define

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
)

// readReplication checks the replication option of a keyspace.
func readReplication(keyspace string, r *server.Ring, m map[string]string) (map[string]string, []string, error) {
	class := m["class"]
	short := strings.TrimPrefix(class, schema.LocatorPackage)
	out := maps.Clone(m)
	out["class"] = schema.LocatorPackage + short
	switch short {
	case "SimpleStrategy":
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if k != "class" && k != "replication_factor" {
				return nil, nil, protocol.ConfigError("Unrecognized strategy option {%s} passed to SimpleStrategy for keyspace %s", k, keyspace)
			}
		}
		if _, ok := m["replication_factor"]; !ok {
			out["replication_factor"] = "1"
		}
		warnings, err := readReplicationFactor(out["replication_factor"], keyspace, r.Members(""))
		return out, warnings, err
	case "NetworkTopologyStrategy":
		delete(out, "replication_factor")
		var warnings []string
		rf, given := m["replication_factor"]
		if !given {
			rf = "1"
		}
		if given || len(out) == 1 {
			for _, dc := range r.DataCenters() {
				if _, explicit := out[dc]; !explicit {
					out[dc] = rf
				}
			}
		}
		for _, dc := range slices.Sorted(maps.Keys(out)) {
			if dc == "class" {
				continue
			}
			if !slices.Contains(r.DataCenters(), dc) {
				return nil, nil, protocol.ConfigError("Unrecognized strategy option {%s} passed to NetworkTopologyStrategy for keyspace %s", dc, keyspace)
			}
			w, err := readReplicationFactor(out[dc], keyspace, r.Members(dc))
			if err != nil {
				return nil, nil, err
			}
			warnings = append(warnings, w...)
		}
		return out, warnings, nil
	case "LocalStrategy":
		return nil, nil, protocol.Invalid("Unable to use given strategy class: LocalStrategy is reserved for internal use.")
	case "EverywhereStrategy":
		if strings.Contains(class, ".") {
			return nil, nil, protocol.ConfigError("Unable to find replication strategy class '%s'", class)
		}
	}
	if !strings.Contains(class, ".") {
		class = schema.LocatorPackage + class
	}
	return nil, nil, protocol.ConfigError("Unable to find replication strategy class '%s'", class)
}

func readReplicationFactor(s, keyspace string, nodes int) ([]string, error) {
	n, err := strconv.Atoi(s)
	if err != nil {
		return nil, protocol.ConfigError("For input string: \"%s\"", s)
	}
	if n < 0 {
		return nil, protocol.ConfigError("Replication factor must be non-negative, found %d", n)
	}
	if n > nodes {
		return []string{fmt.Sprintf("Your replication factor %d for keyspace %s is higher than the number of nodes %d", n, keyspace, nodes)}, nil
	}
	return nil, nil
}
