package ddl

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What a program may write, and what Cassandra 5.0.6 or ScyllaDB shows of it.
func TestSameOption(t *testing.T) {
	const apache = "org.apache.cassandra."
	for _, tt := range []struct {
		name, value string
		with        map[string]string
		live        any
		same        bool
	}{
		{"speculative_retry", "'NONE'", nil, "NEVER", true},
		{"speculative_retry", "'never'", nil, "NONE", true},
		{"speculative_retry", "'always'", nil, "ALWAYS", true},
		{"speculative_retry", "'99PERCENTILE'", nil, "99p", true},
		{"speculative_retry", "'99.0p'", nil, "99p", true},
		{"speculative_retry", "'99p'", nil, "99.0PERCENTILE", true},
		{"speculative_retry", "'50.5MS'", nil, "50ms", true},
		{"speculative_retry", "'50ms'", nil, "50.00ms", true},
		{"speculative_retry", "'min(50ms , 99percentile)'", nil, "MIN(99p,50ms)", true},
		{"speculative_retry", "'MIN(99p,50ms)'", nil, "MAX(99p,50ms)", false},
		{"speculative_retry", "'99p'", nil, "99ms", false},
		{"speculative_retry", "'NONE'", nil, "99p", false},
		{"additional_write_policy", "'NONE'", nil, "NEVER", true},
		{"additional_write_policy", "'95p'", nil, "99p", false},
		{"read_repair", "'none'", nil, "NONE", true},
		{"read_repair", "'none'", nil, "BLOCKING", false},
		{"memtable", "'default'", nil, "", true},
		{"memtable", "'trie'", nil, "", false},
		{"comment", "'NONE'", nil, "NEVER", false},
		{"comment", "'it''s'", nil, "it's", true},
		{"bloom_filter_fp_chance", "0.1", nil, 0.1, true},
		{"bloom_filter_fp_chance", "'0.10'", nil, 0.1, true},
		{"bloom_filter_fp_chance", "1e-2", nil, 0.01, true},
		{"bloom_filter_fp_chance", "0.1", nil, 0.2, false},
		{"gc_grace_seconds", "'3600'", nil, 3600, true},
		{"gc_grace_seconds", "3600", nil, 3601, false},
		{"cdc", "'TRUE'", nil, true, true},
		{"cdc", "false", nil, false, true},
		{"cdc", "true", nil, false, false},
		{"caching", "", map[string]string{"keys": "all", "rows_per_partition": "10"}, map[string]string{"keys": "ALL", "rows_per_partition": "10"}, true},
		{"caching", "", map[string]string{"keys": "all"}, map[string]string{"keys": "NONE", "rows_per_partition": "NONE"}, false},
		{"compression", "", map[string]string{"class": "LZ4Compressor"}, map[string]string{"class": apache + "io.compress.LZ4Compressor", "chunk_length_in_kb": "16"}, true},
		{"compression", "", map[string]string{"sstable_compression": "LZ4Compressor", "chunk_length_kb": "16"}, map[string]string{"class": apache + "io.compress.LZ4Compressor", "chunk_length_in_kb": "16"}, true},
		{"compression", "", map[string]string{"class": apache + "io.compress.LZ4Compressor"}, map[string]string{"sstable_compression": "LZ4Compressor"}, true},
		{"compression", "", map[string]string{"class": "LZ4Compressor", "enabled": "true"}, map[string]string{"class": apache + "io.compress.LZ4Compressor"}, true},
		{"compression", "", map[string]string{"sstable_compression": ""}, map[string]string{"enabled": "false"}, true},
		{"compression", "", map[string]string{"enabled": "false"}, map[string]string{"class": apache + "io.compress.LZ4Compressor"}, false},
		{"compression", "", map[string]string{"class": "ZstdCompressor"}, map[string]string{"class": apache + "io.compress.LZ4Compressor"}, false},
		{"compaction", "", map[string]string{"class": apache + "db.compaction.LeveledCompactionStrategy"}, map[string]string{"class": "LeveledCompactionStrategy"}, true},
		{"compaction", "", map[string]string{"class": "LeveledCompactionStrategy", "sstable_size_in_mb": "160.0"}, map[string]string{"class": apache + "db.compaction.LeveledCompactionStrategy", "sstable_size_in_mb": "160"}, true},
		{"compaction", "", map[string]string{"class": "LeveledCompactionStrategy"}, map[string]string{"class": apache + "db.compaction.SizeTieredCompactionStrategy"}, false},
		{"extensions", "", map[string]string{"a": "b"}, map[string][]byte{}, true},
		{"tombstone_gc", "", map[string]string{"mode": "repair"}, nil, true},
	} {
		p := Property{Name: tt.name, Value: tt.value, Map: tt.with}
		server, same := sameOption(p, tt.live)
		require.Equal(t, tt.same, same, "%s = %s%v, %s on the server", tt.name, tt.value, tt.with, server)
	}
}
