package schema

import (
	"maps"
	"strconv"
	"strings"

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
