package exec

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The options that are maps: caching, compaction, compression, replication.

func (r *propertyReader) readCaching(m map[string]string) map[string]string {
	out := map[string]string{"keys": "NONE", "rows_per_partition": "NONE"}
	for k, v := range m {
		if k != "keys" && k != "rows_per_partition" {
			r.fail(configError("Invalid caching sub-options [%s]: only 'keys' and 'rows_per_partition' are allowed", k))
			return nil
		}
		u := strings.ToUpper(v)
		_, err := strconv.Atoi(v)
		switch {
		case u == "ALL" || u == "NONE":
			out[k] = u
		case k == "rows_per_partition" && err == nil:
			out[k] = v
		case k == "keys":
			r.fail(configError("Invalid value '%s' for caching sub-option 'keys': only 'ALL' and 'NONE' are allowed", v))
		default:
			r.fail(configError("Invalid value '%s' for caching sub-option 'rows_per_partition': only 'ALL', 'NONE', and integer values are allowed", v))
		}
	}
	return out
}

func (r *propertyReader) readCompaction(m map[string]string) map[string]string {
	out := maps.Clone(m)
	class := m["class"]
	if class == "" {
		r.fail(configError("Missing sub-option 'class' for the 'compaction' option"))
		return nil
	}
	short := strings.TrimPrefix(class, compactionPackage)
	switch short {
	case "SizeTieredCompactionStrategy", "LeveledCompactionStrategy", "TimeWindowCompactionStrategy", "UnifiedCompactionStrategy":
	default:
		if !strings.Contains(class, ".") {
			class = compactionPackage + class
		}
		r.fail(configError("Unable to find compaction strategy class '%s'", class))
		return nil
	}
	out["class"] = compactionPackage + short
	r.checkCompaction(short, out)
	if short != "UnifiedCompactionStrategy" {
		for k, v := range map[string]string{"min_threshold": "4", "max_threshold": "32"} {
			if out[k] == "" {
				out[k] = v
			}
		}
	}
	return out
}

func (r *propertyReader) readCompression(m map[string]string) map[string]string {
	if strings.EqualFold(m["enabled"], "false") {
		if len(m) > 1 {
			r.fail(configError("If the 'enabled' option is set to false no other options must be specified"))
		}
		return map[string]string{"enabled": "false"}
	}
	out := maps.Clone(m)
	delete(out, "enabled")
	class, ok := out["class"]
	switch {
	case !ok && len(m) == 0:
		return map[string]string{"enabled": "false"}
	case !ok:
		r.fail(configError("Missing sub-option 'class' for the 'compression' option."))
		return nil
	case class == "":
		r.fail(configError("The 'class' option must not be empty. To disable compression use 'enabled' : false"))
		return nil
	}
	short := strings.TrimPrefix(class, compressionPackage)
	switch short {
	case "LZ4Compressor", "SnappyCompressor", "DeflateCompressor", "ZstdCompressor", "NoopCompressor":
	default:
		if !strings.Contains(class, ".") {
			class = compressionPackage + class
		}
		r.fail(configError("Could not create Compression for type %s", class))
		return nil
	}
	out["class"] = compressionPackage + short
	if out["chunk_length_in_kb"] == "" {
		out["chunk_length_in_kb"] = "16"
	}
	n, err := strconv.Atoi(out["chunk_length_in_kb"])
	switch {
	case err != nil:
		r.fail(configError("Invalid value for chunk_length_in_kb"))
	case n <= 0:
		r.fail(configError("Invalid negative or null chunk_length_in_kb"))
	case n&(n-1) != 0:
		r.fail(configError("chunk_length_in_kb must be a power of 2"))
	}
	return out
}

// compactionOptions are the sub-options of each compaction strategy.
var compactionOptions = map[string][]string{
	"": {"class", "enabled", "min_threshold", "max_threshold", "tombstone_threshold", "tombstone_compaction_interval",
		"unchecked_tombstone_compaction", "log_all", "only_purge_repaired_tombstones", "provide_overlapping_tombstones"},
	"SizeTieredCompactionStrategy": {"min_sstable_size", "bucket_low", "bucket_high"},
	"LeveledCompactionStrategy":    {"sstable_size_in_mb", "fanout_size", "single_sstable_uplevel", "min_sstable_size", "bucket_low", "bucket_high"},
	"TimeWindowCompactionStrategy": {"compaction_window_unit", "compaction_window_size", "timestamp_resolution",
		"expired_sstable_check_frequency_seconds", "unsafe_aggressive_sstable_expiration", "min_sstable_size", "bucket_low", "bucket_high"},
	"UnifiedCompactionStrategy": {"scaling_parameters", "target_sstable_size", "min_sstable_size", "base_shard_count", "sstable_growth",
		"flush_size_override", "expired_sstable_check_frequency_seconds", "unsafe_aggressive_sstable_expiration",
		"overlap_inclusion_method", "survival_factor", "max_sstables_to_compact"},
}

func (r *propertyReader) checkCompaction(class string, m map[string]string) {
	var unknown []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if !slices.Contains(compactionOptions[""], k) && !slices.Contains(compactionOptions[class], k) {
			unknown = append(unknown, k)
		}
	}
	if len(unknown) > 0 {
		r.fail(configError("Properties specified %s are not understood by %s", javaList(unknown), class))
		return
	}
	threshold := func(name string, def int) int {
		s, given := m[name]
		if !given {
			return def
		}
		n, err := strconv.Atoi(s)
		if err != nil {
			r.fail(configError("Invalid value %s for '%s' compaction sub-option - must be an integer", s, name))
		}
		return n
	}
	low, high := threshold("min_threshold", 4), threshold("max_threshold", 32)
	switch {
	case low <= 0 || high <= 0:
		r.fail(configError("Disabling compaction by setting compaction thresholds to 0 has been removed, set the compaction option 'enabled' to false instead."))
	case low < 2:
		r.fail(configError("Min compaction threshold cannot be less than 2 (got %d)", low))
	case low > high:
		r.fail(configError("Min compaction threshold (got %d) cannot be greater than max compaction threshold (got %d)", low, high))
	}
}

// readReplication checks the replication option of a keyspace.
func readReplication(keyspace string, r *ring, m map[string]string) (map[string]string, []string, error) {
	class := m["class"]
	short := strings.TrimPrefix(class, locatorPackage)
	out := maps.Clone(m)
	out["class"] = locatorPackage + short
	switch short {
	case "SimpleStrategy":
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if k != "class" && k != "replication_factor" {
				return nil, nil, configError("Unrecognized strategy option {%s} passed to SimpleStrategy for keyspace %s", k, keyspace)
			}
		}
		if _, ok := m["replication_factor"]; !ok {
			out["replication_factor"] = "1"
		}
		warnings, err := readReplicationFactor(out["replication_factor"], keyspace, r.members(""))
		return out, warnings, err
	case "NetworkTopologyStrategy":
		delete(out, "replication_factor")
		var warnings []string
		rf, given := m["replication_factor"]
		if !given {
			rf = "1"
		}
		if given || len(out) == 1 {
			for _, dc := range r.dataCenters() {
				if _, explicit := out[dc]; !explicit {
					out[dc] = rf
				}
			}
		}
		for _, dc := range slices.Sorted(maps.Keys(out)) {
			if dc == "class" {
				continue
			}
			if !slices.Contains(r.dataCenters(), dc) {
				return nil, nil, configError("Unrecognized strategy option {%s} passed to NetworkTopologyStrategy for keyspace %s", dc, keyspace)
			}
			w, err := readReplicationFactor(out[dc], keyspace, r.members(dc))
			if err != nil {
				return nil, nil, err
			}
			warnings = append(warnings, w...)
		}
		return out, warnings, nil
	case "LocalStrategy":
		return nil, nil, invalid("Unable to use given strategy class: LocalStrategy is reserved for internal use.")
	case "EverywhereStrategy":
		if strings.Contains(class, ".") {
			return nil, nil, configError("Unable to find replication strategy class '%s'", class)
		}
	}
	if !strings.Contains(class, ".") {
		class = locatorPackage + class
	}
	return nil, nil, configError("Unable to find replication strategy class '%s'", class)
}

func readReplicationFactor(s, keyspace string, nodes int) ([]string, error) {
	n, err := strconv.Atoi(s)
	if err != nil {
		return nil, configError("For input string: \"%s\"", s)
	}
	if n < 0 {
		return nil, configError("Replication factor must be non-negative, found %d", n)
	}
	if n > nodes {
		return []string{fmt.Sprintf("Your replication factor %d for keyspace %s is higher than the number of nodes %d", n, keyspace, nodes)}, nil
	}
	return nil, nil
}
