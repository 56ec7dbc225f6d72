package exec

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/coodie-go/coodie/internal/cqlparse"
)

// tableParams are the options of a table. Those that only a disk could notice
// are kept and shown, nothing more.
type tableParams struct {
	additionalWritePolicy string
	allowAutoSnapshot     *bool
	bloomFilterFPChance   *float64
	caching               map[string]string
	cdc                   *bool
	comment               string
	compaction            map[string]string
	compression           map[string]string
	crcCheckChance        float64
	defaultTTL            int32
	gcGraceSeconds        int32
	incrementalBackups    *bool
	maxIndexInterval      int32
	memtable              string
	memtableFlushPeriod   int32
	minIndexInterval      int32
	readRepair            string
	speculativeRetry      string
}

const (
	defaultCompaction  = "org.apache.cassandra.db.compaction.SizeTieredCompactionStrategy"
	compactionPackage  = "org.apache.cassandra.db.compaction."
	compressionPackage = "org.apache.cassandra.io.compress."
	locatorPackage     = "org.apache.cassandra.locator."
	maxTTL             = 20 * 365 * 24 * 60 * 60
)

func defaultParams() tableParams {
	return tableParams{
		additionalWritePolicy: "99p",
		caching:               map[string]string{"keys": "ALL", "rows_per_partition": "NONE"},
		compaction:            map[string]string{"class": defaultCompaction, "max_threshold": "32", "min_threshold": "4"},
		compression:           map[string]string{"chunk_length_in_kb": "16", "class": compressionPackage + "LZ4Compressor"},
		crcCheckChance:        1,
		gcGraceSeconds:        864000,
		maxIndexInterval:      2048,
		minIndexInterval:      128,
		readRepair:            "BLOCKING",
		speculativeRetry:      "99p",
	}
}

// bloomFilter is what the compaction strategy makes of an unset chance.
func (p *tableParams) bloomFilter() float64 {
	switch {
	case p.bloomFilterFPChance != nil:
		return *p.bloomFilterFPChance
	case p.compaction["class"] == compactionPackage+"LeveledCompactionStrategy":
		return 0.1
	}
	return 0.01
}

// properties is a WITH clause: name to string or map[string]string.
type properties map[string]any

func readProperties(list []*cqlparse.Property, known ...string) (properties, error) {
	p := properties{}
	for _, prop := range list {
		name := prop.Name.Name
		if _, twice := p[name]; twice {
			return nil, syntaxError("Multiple definitions for property '%s'", name)
		}
		switch v := prop.Value.(type) {
		case *cqlparse.Literal:
			p[name] = v.Text
		case *cqlparse.MapLiteral:
			m := make(map[string]string, len(v.Entries))
			for _, e := range v.Entries {
				m[propertyText(e.Key)] = propertyText(e.Value)
			}
			p[name] = m
		case *cqlparse.SetLiteral:
			p[name] = map[string]string{}
		default:
			return nil, syntaxError("Invalid value for property '%s'. It should be a string", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if !slices.Contains(known, name) {
			return nil, syntaxError("Unknown property '%s'", name)
		}
	}
	return p, nil
}

func propertyText(t cqlparse.Term) string {
	if l, ok := t.(*cqlparse.Literal); ok {
		return l.Text
	}
	return cqlparse.Print(t)
}

// reader reads properties and keeps the first error.
type propertyReader struct {
	properties
	err error
}

func (r *propertyReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *propertyReader) text(name string, set func(string)) {
	switch v := r.properties[name].(type) {
	case nil:
	case string:
		set(v)
	default:
		r.fail(syntaxError("Invalid value for property '%s'. It should be a string", name))
	}
}

func (r *propertyReader) mapping(name string, set func(map[string]string)) {
	switch v := r.properties[name].(type) {
	case nil:
	case map[string]string:
		set(v)
	default:
		r.fail(syntaxError("Invalid value for property '%s'. It should be a map.", name))
	}
}

func (r *propertyReader) boolean(name string, set func(bool)) {
	r.text(name, func(s string) {
		switch strings.ToLower(s) {
		case "1", "true", "yes":
			set(true)
		case "0", "false", "no":
			set(false)
		default:
			r.fail(syntaxError("Invalid boolean value %s for '%s'. Positive values can be '1', 'true' or 'yes'. Negative values can be '0', 'false' or 'no'.", s, name))
		}
	})
}

func (r *propertyReader) integer(name string, set func(int32)) {
	r.text(name, func(s string) {
		n, err := strconv.ParseInt(s, 10, 32)
		if err != nil {
			r.fail(syntaxError("Invalid integer value %s for '%s'", s, name))
			return
		}
		set(int32(n))
	})
}

func (r *propertyReader) double(name string, set func(float64)) {
	r.text(name, func(s string) {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			r.fail(syntaxError("Invalid double value %s for '%s'", s, name))
			return
		}
		set(f)
	})
}

var tableProperties = []string{
	"additional_write_policy", "allow_auto_snapshot", "bloom_filter_fp_chance", "caching", "cdc", "comment",
	"compaction", "compression", "crc_check_chance", "default_time_to_live", "extensions", "gc_grace_seconds", "id",
	"incremental_backups", "max_index_interval", "memtable", "memtable_flush_period_in_ms", "min_index_interval",
	"read_repair", "speculative_retry",
}

// apply sets what a WITH clause says over p.
func (p tableParams) apply(props properties) (tableParams, error) {
	r := &propertyReader{properties: props}
	r.boolean("allow_auto_snapshot", func(b bool) { p.allowAutoSnapshot = &b })
	r.double("bloom_filter_fp_chance", func(f float64) { p.bloomFilterFPChance = &f })
	r.mapping("caching", func(m map[string]string) { p.caching = r.readCaching(m) })
	r.text("comment", func(s string) { p.comment = s })
	r.mapping("compaction", func(m map[string]string) { p.compaction = r.readCompaction(m) })
	r.mapping("compression", func(m map[string]string) { p.compression = r.readCompression(m) })
	r.text("memtable", func(s string) {
		if s != "default" {
			r.fail(configError("Memtable configuration \"%s\" not found.", s))
		}
		p.memtable = ""
	})
	r.integer("default_time_to_live", func(n int32) { p.defaultTTL = n })
	r.integer("gc_grace_seconds", func(n int32) { p.gcGraceSeconds = n })
	r.boolean("incremental_backups", func(b bool) { p.incrementalBackups = &b })
	r.integer("max_index_interval", func(n int32) { p.maxIndexInterval = n })
	r.integer("memtable_flush_period_in_ms", func(n int32) { p.memtableFlushPeriod = n })
	r.integer("min_index_interval", func(n int32) { p.minIndexInterval = n })
	r.text("speculative_retry", func(s string) { p.speculativeRetry = r.readRetry(s) })
	r.text("additional_write_policy", func(s string) { p.additionalWritePolicy = r.readRetry(s) })
	r.double("crc_check_chance", func(f float64) { p.crcCheckChance = f })
	r.boolean("cdc", func(b bool) { p.cdc = &b })
	r.text("read_repair", func(s string) {
		p.readRepair = strings.ToUpper(s)
		if p.readRepair != "BLOCKING" && p.readRepair != "NONE" {
			r.fail(serverError("java.lang.IllegalArgumentException: No enum constant org.apache.cassandra.service.reads.repair.ReadRepairStrategy.%s", p.readRepair))
		}
	})
	if r.err != nil {
		return p, r.err
	}
	return p, p.validate()
}

func (p *tableParams) validate() error {
	if f := p.bloomFilterFPChance; f != nil && (*f <= 6.71e-05 || *f > 1) {
		return configError("bloom_filter_fp_chance must be larger than %s and less than or equal to 1.0 (got %s)", "6.71E-5", javaDouble(*f))
	}
	if p.crcCheckChance < 0 || p.crcCheckChance > 1 {
		return configError("crc_check_chance must be larger than or equal to 0 and smaller than or equal to 1.0 (got %s)", javaDouble(p.crcCheckChance))
	}
	switch {
	case p.defaultTTL < 0:
		return configError("default_time_to_live must be greater than or equal to 0 (got %d)", p.defaultTTL)
	case p.defaultTTL > maxTTL:
		return configError("default_time_to_live must be less than or equal to %d (got %d)", maxTTL, p.defaultTTL)
	case p.gcGraceSeconds < 0:
		return configError("gc_grace_seconds must be greater than or equal to 0 (got %d)", p.gcGraceSeconds)
	case p.minIndexInterval < 1:
		return configError("min_index_interval must be greater than or equal to 1 (got %d)", p.minIndexInterval)
	case p.maxIndexInterval < p.minIndexInterval:
		return configError("max_index_interval must be greater than or equal to min_index_interval (%d) (got %d)", p.minIndexInterval, p.maxIndexInterval)
	case p.memtableFlushPeriod < 0:
		return configError("memtable_flush_period_in_ms must be greater than or equal to 0 (got %d)", p.memtableFlushPeriod)
	}
	return nil
}

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

func (r *propertyReader) readRetry(s string) string {
	u := strings.ToUpper(s)
	switch {
	case u == "NONE" || u == "NEVER":
		return "NEVER"
	case u == "ALWAYS":
		return u
	case strings.HasSuffix(u, "P"), strings.HasSuffix(u, "PERCENTILE"):
		n := strings.TrimSuffix(strings.TrimSuffix(u, "P"), "PERCENTILE")
		f, err := strconv.ParseFloat(n, 64)
		if err != nil {
			break
		}
		if f <= 0 || f >= 100 {
			r.fail(configError("Invalid value %s for PERCENTILE option 'speculative_retry': must be between (0.0 and 100.0)", s))
		}
		return trimNumber(n) + "p"
	case strings.HasSuffix(u, "MS"):
		return trimNumber(u[:len(u)-2]) + "ms"
	case strings.HasPrefix(u, "MIN(") || strings.HasPrefix(u, "MAX("):
		return s
	}
	r.fail(configError("Invalid value %s for option 'speculative_retry'", s))
	return ""
}

func trimNumber(s string) string {
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return s
}

func javaDouble(f float64) string {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// readReplication checks the replication option of a keyspace.
func readReplication(keyspace, dataCenter string, m map[string]string) (map[string]string, []string, error) {
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
		warnings, err := readReplicationFactor(out["replication_factor"], keyspace)
		return out, warnings, err
	case "NetworkTopologyStrategy":
		delete(out, "replication_factor")
		var warnings []string
		rf, given := m["replication_factor"]
		if _, explicit := out[dataCenter]; !explicit && (given || len(out) == 1) {
			if !given {
				rf = "1"
			}
			out[dataCenter] = rf
		}
		for _, dc := range slices.Sorted(maps.Keys(out)) {
			if dc == "class" {
				continue
			}
			if dc != dataCenter {
				return nil, nil, configError("Unrecognized strategy option {%s} passed to NetworkTopologyStrategy for keyspace %s", dc, keyspace)
			}
			w, err := readReplicationFactor(out[dc], keyspace)
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

func readReplicationFactor(s, keyspace string) ([]string, error) {
	n, err := strconv.Atoi(s)
	if err != nil {
		return nil, configError("For input string: \"%s\"", s)
	}
	if n < 0 {
		return nil, configError("Replication factor must be non-negative, found %d", n)
	}
	if n > 1 {
		return []string{fmt.Sprintf("Your replication factor %d for keyspace %s is higher than the number of nodes 1", n, keyspace)}, nil
	}
	return nil, nil
}
