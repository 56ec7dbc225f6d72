package exec

import (
	"maps"
	"regexp"
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

func (p properties) reader() *propertyReader { return &propertyReader{properties: p} }

func (r *propertyReader) fail(err error) {
	if r.err == nil && err != nil {
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
	r := props.reader()
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

var (
	fixedRetry      = regexp.MustCompile(`(?i)^([0-9.]+)ms$`)
	percentileRetry = regexp.MustCompile(`(?i)^([0-9.]+)p(?:ercentile)?$`)
	hybridRetry     = regexp.MustCompile(`(?i)^(MIN|MAX)\(([0-9.]+[a-z]+)\s*,\s*([0-9.]+[a-z]+)\)$`)
)

func (r *propertyReader) readRetry(s string) string {
	policy, _, err := retryPolicy(s)
	r.fail(err)
	return policy
}

// retryPolicy returns a policy as the server shows it, and the name of its kind.
func retryPolicy(s string) (policy, kind string, err error) {
	bad := configError("Invalid value %s for option 'speculative_retry'", s)
	number := func(digits string) float64 {
		f, failed := strconv.ParseFloat(digits, 64)
		if failed != nil {
			err = bad
		}
		return f
	}
	switch u := strings.ToUpper(s); u {
	case "NONE", "NEVER":
		return "NEVER", u, nil
	case "ALWAYS":
		return u, u, nil
	}
	if m := fixedRetry.FindStringSubmatch(s); m != nil {
		return strconv.Itoa(int(number(m[1]))) + "ms", "FIXED", err
	}
	if m := percentileRetry.FindStringSubmatch(s); m != nil {
		f := number(m[1])
		if err == nil && (f <= 0 || f >= 100) {
			err = configError("Invalid value %s for PERCENTILE option 'speculative_retry': must be between (0.0 and 100.0)", s)
		}
		return trimNumber(strconv.FormatFloat(f, 'f', 4, 64)) + "p", "PERCENTILE", err
	}
	m := hybridRetry.FindStringSubmatch(s)
	if m == nil {
		return "", "", bad
	}
	one, first, err := retryPolicy(m[2])
	if err != nil {
		return "", "", err
	}
	two, second, err := retryPolicy(m[3])
	switch {
	case err != nil:
		return "", "", err
	case first == second:
		return "", "", configError("Invalid value %s for option 'speculative_retry': MIN()/MAX() arguments should be of different types, but both are of type %s", s, first)
	case first == "FIXED":
		one, two = two, one
	}
	return strings.ToUpper(m[1]) + "(" + one + "," + two + ")", "HYBRID", nil
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
