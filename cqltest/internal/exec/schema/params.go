package schema

import (
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/java"
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

// TableParams are the options of a table. Those that only a disk could notice
// are kept and shown, nothing more.
type TableParams struct {
	AdditionalWritePolicy string
	AllowAutoSnapshot     *bool
	BloomFilterFPChance   *float64
	Caching               map[string]string
	cdc                   *bool
	Comment               string
	Compaction            map[string]string
	Compression           map[string]string
	CrcCheckChance        float64
	DefaultTTL            int32
	GcGraceSeconds        int32
	IncrementalBackups    *bool
	MaxIndexInterval      int32
	memtable              string
	MemtableFlushPeriod   int32
	MinIndexInterval      int32
	ReadRepair            string
	SpeculativeRetry      string
}

const (
	defaultCompaction  = "org.apache.cassandra.db.compaction.SizeTieredCompactionStrategy"
	compactionPackage  = "org.apache.cassandra.db.compaction."
	compressionPackage = "org.apache.cassandra.io.compress."
	LocatorPackage     = "org.apache.cassandra.locator."
	MaxTTL             = 20 * 365 * 24 * 60 * 60
)

// DefaultParams are the options of a table that says nothing.
func DefaultParams() TableParams {
	return TableParams{
		AdditionalWritePolicy: "99p",
		Caching:               map[string]string{"keys": "ALL", "rows_per_partition": "NONE"},
		Compaction:            map[string]string{"class": defaultCompaction, "max_threshold": "32", "min_threshold": "4"},
		Compression:           map[string]string{"chunk_length_in_kb": "16", "class": compressionPackage + "LZ4Compressor"},
		CrcCheckChance:        1,
		GcGraceSeconds:        864000,
		MaxIndexInterval:      2048,
		MinIndexInterval:      128,
		ReadRepair:            "BLOCKING",
		SpeculativeRetry:      "99p",
	}
}

// BloomFilter is what the compaction strategy makes of an unset chance.
func (p *TableParams) BloomFilter() float64 {
	switch {
	case p.BloomFilterFPChance != nil:
		return *p.BloomFilterFPChance
	case p.Compaction["class"] == compactionPackage+"LeveledCompactionStrategy":
		return 0.1
	}
	return 0.01
}

// TableProperties are those that a table may have.
var TableProperties = []string{
	"additional_write_policy", "allow_auto_snapshot", "bloom_filter_fp_chance", "caching", "cdc", "comment",
	"compaction", "compression", "crc_check_chance", "default_time_to_live", "extensions", "gc_grace_seconds", "id",
	"incremental_backups", "max_index_interval", "memtable", "memtable_flush_period_in_ms", "min_index_interval",
	"read_repair", "speculative_retry",
}

// Apply sets what a WITH clause says over p.
func (p TableParams) Apply(props Properties) (TableParams, error) {
	r := props.Reader()
	r.Boolean("allow_auto_snapshot", func(b bool) { p.AllowAutoSnapshot = &b })
	r.double("bloom_filter_fp_chance", func(f float64) { p.BloomFilterFPChance = &f })
	r.Mapping("caching", func(m map[string]string) { p.Caching = r.readCaching(m) })
	r.text("comment", func(s string) { p.Comment = s })
	r.Mapping("compaction", func(m map[string]string) { p.Compaction = r.readCompaction(m) })
	r.Mapping("compression", func(m map[string]string) { p.Compression = r.readCompression(m) })
	r.text("memtable", func(s string) {
		if s != "default" {
			r.fail(protocol.ConfigError("Memtable configuration \"%s\" not found.", s))
		}
		p.memtable = ""
	})
	r.integer("default_time_to_live", func(n int32) { p.DefaultTTL = n })
	r.integer("gc_grace_seconds", func(n int32) { p.GcGraceSeconds = n })
	r.Boolean("incremental_backups", func(b bool) { p.IncrementalBackups = &b })
	r.integer("max_index_interval", func(n int32) { p.MaxIndexInterval = n })
	r.integer("memtable_flush_period_in_ms", func(n int32) { p.MemtableFlushPeriod = n })
	r.integer("min_index_interval", func(n int32) { p.MinIndexInterval = n })
	r.text("speculative_retry", func(s string) { p.SpeculativeRetry = r.readRetry(s) })
	r.text("additional_write_policy", func(s string) { p.AdditionalWritePolicy = r.readRetry(s) })
	r.double("crc_check_chance", func(f float64) { p.CrcCheckChance = f })
	r.Boolean("cdc", func(b bool) { p.cdc = &b })
	r.text("read_repair", func(s string) {
		p.ReadRepair = strings.ToUpper(s)
		if p.ReadRepair != "BLOCKING" && p.ReadRepair != "NONE" {
			r.fail(protocol.ServerError("java.lang.IllegalArgumentException: No enum constant org.apache.cassandra.service.reads.repair.ReadRepairStrategy.%s", p.ReadRepair))
		}
	})
	if r.Err != nil {
		return p, r.Err
	}
	return p, p.validate()
}

func (p *TableParams) validate() error {
	if f := p.BloomFilterFPChance; f != nil && (*f <= 6.71e-05 || *f > 1) {
		return protocol.ConfigError("bloom_filter_fp_chance must be larger than %s and less than or equal to 1.0 (got %s)", "6.71E-5", java.Double(*f))
	}
	if p.CrcCheckChance < 0 || p.CrcCheckChance > 1 {
		return protocol.ConfigError("crc_check_chance must be larger than or equal to 0 and smaller than or equal to 1.0 (got %s)", java.Double(p.CrcCheckChance))
	}
	switch {
	case p.DefaultTTL < 0:
		return protocol.ConfigError("default_time_to_live must be greater than or equal to 0 (got %d)", p.DefaultTTL)
	case p.DefaultTTL > MaxTTL:
		return protocol.ConfigError("default_time_to_live must be less than or equal to %d (got %d)", MaxTTL, p.DefaultTTL)
	case p.GcGraceSeconds < 0:
		return protocol.ConfigError("gc_grace_seconds must be greater than or equal to 0 (got %d)", p.GcGraceSeconds)
	case p.MinIndexInterval < 1:
		return protocol.ConfigError("min_index_interval must be greater than or equal to 1 (got %d)", p.MinIndexInterval)
	case p.MaxIndexInterval < p.MinIndexInterval:
		return protocol.ConfigError("max_index_interval must be greater than or equal to min_index_interval (%d) (got %d)", p.MinIndexInterval, p.MaxIndexInterval)
	case p.MemtableFlushPeriod < 0:
		return protocol.ConfigError("memtable_flush_period_in_ms must be greater than or equal to 0 (got %d)", p.MemtableFlushPeriod)
	}
	return nil
}
