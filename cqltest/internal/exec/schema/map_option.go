package schema

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/java"
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

// The options that are maps: caching, compaction, compression, replication.

func (r *PropertyReader) readCaching(m map[string]string) map[string]string {
	out := map[string]string{"keys": "NONE", "rows_per_partition": "NONE"}
	for k, v := range m {
		if k != "keys" && k != "rows_per_partition" {
			r.fail(protocol.ConfigError("Invalid caching sub-options [%s]: only 'keys' and 'rows_per_partition' are allowed", k))
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
			r.fail(protocol.ConfigError("Invalid value '%s' for caching sub-option 'keys': only 'ALL' and 'NONE' are allowed", v))
		default:
			r.fail(protocol.ConfigError("Invalid value '%s' for caching sub-option 'rows_per_partition': only 'ALL', 'NONE', and integer values are allowed", v))
		}
	}
	return out
}

func (r *PropertyReader) readCompaction(m map[string]string) map[string]string {
	out := maps.Clone(m)
	class := m["class"]
	if class == "" {
		r.fail(protocol.ConfigError("Missing sub-option 'class' for the 'compaction' option"))
		return nil
	}
	short := strings.TrimPrefix(class, compactionPackage)
	switch short {
	case "SizeTieredCompactionStrategy", "LeveledCompactionStrategy", "TimeWindowCompactionStrategy", "UnifiedCompactionStrategy":
	default:
		if !strings.Contains(class, ".") {
			class = compactionPackage + class
		}
		r.fail(protocol.ConfigError("Unable to find compaction strategy class '%s'", class))
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

func (r *PropertyReader) readCompression(m map[string]string) map[string]string {
	if strings.EqualFold(m["enabled"], "false") {
		if len(m) > 1 {
			r.fail(protocol.ConfigError("If the 'enabled' option is set to false no other options must be specified"))
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
		r.fail(protocol.ConfigError("Missing sub-option 'class' for the 'compression' option."))
		return nil
	case class == "":
		r.fail(protocol.ConfigError("The 'class' option must not be empty. To disable compression use 'enabled' : false"))
		return nil
	}
	short := strings.TrimPrefix(class, compressionPackage)
	switch short {
	case "LZ4Compressor", "SnappyCompressor", "DeflateCompressor", "ZstdCompressor", "NoopCompressor":
	default:
		if !strings.Contains(class, ".") {
			class = compressionPackage + class
		}
		r.fail(protocol.ConfigError("Could not create Compression for type %s", class))
		return nil
	}
	out["class"] = compressionPackage + short
	if out["chunk_length_in_kb"] == "" {
		out["chunk_length_in_kb"] = "16"
	}
	n, err := strconv.Atoi(out["chunk_length_in_kb"])
	switch {
	case err != nil:
		r.fail(protocol.ConfigError("Invalid value for chunk_length_in_kb"))
	case n <= 0:
		r.fail(protocol.ConfigError("Invalid negative or null chunk_length_in_kb"))
	case n&(n-1) != 0:
		r.fail(protocol.ConfigError("chunk_length_in_kb must be a power of 2"))
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

func (r *PropertyReader) checkCompaction(class string, m map[string]string) {
	var unknown []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if !slices.Contains(compactionOptions[""], k) && !slices.Contains(compactionOptions[class], k) {
			unknown = append(unknown, k)
		}
	}
	if len(unknown) > 0 {
		r.fail(protocol.ConfigError("Properties specified %s are not understood by %s", java.List(unknown), class))
		return
	}
	threshold := func(name string, def int) int {
		s, given := m[name]
		if !given {
			return def
		}
		n, err := strconv.Atoi(s)
		if err != nil {
			r.fail(protocol.ConfigError("Invalid value %s for '%s' compaction sub-option - must be an integer", s, name))
		}
		return n
	}
	low, high := threshold("min_threshold", 4), threshold("max_threshold", 32)
	switch {
	case low <= 0 || high <= 0:
		r.fail(protocol.ConfigError("Disabling compaction by setting compaction thresholds to 0 has been removed, set the compaction option 'enabled' to false instead."))
	case low < 2:
		r.fail(protocol.ConfigError("Min compaction threshold cannot be less than 2 (got %d)", low))
	case low > high:
		r.fail(protocol.ConfigError("Min compaction threshold (got %d) cannot be greater than max compaction threshold (got %d)", low, high))
	}
}
