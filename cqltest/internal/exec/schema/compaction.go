package schema

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/java"
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

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
		"overlap_inclusion_method", "max_sstables_to_compact"},
}

func (r *PropertyReader) checkCompaction(class string, m map[string]string) {
	r.fail(checkStrategy(class, m))
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
