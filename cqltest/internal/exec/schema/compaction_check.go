package schema

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/java"
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

// checkStrategy checks the sub-options that a strategy reads, in the order in which
// the server does.
func checkStrategy(class string, m map[string]string) error {
	c := &strategyChecker{options: m}
	c.decimal("tombstone_threshold", "int (base10)", func(f float64) error {
		if f < 0 {
			return protocol.ConfigError("tombstone_threshold must be greater than 0, but was %f", f)
		}
		return nil
	})
	c.number("tombstone_compaction_interval", func(n int) error {
		if n < 0 {
			return protocol.ConfigError("tombstone_compaction_interval must be greater than 0, but was %d", n)
		}
		return nil
	})
	c.boolean("unchecked_tombstone_compaction", "'unchecked_tombstone_compaction' should be either 'true' or 'false', not '%s'")
	c.boolean("log_all", "'log_all' should either be 'true' or 'false', not %s")
	c.boolean("enabled", "enabled should either be 'true' or 'false', not %s")
	switch class {
	case "LeveledCompactionStrategy":
		c.leveled()
	case "TimeWindowCompactionStrategy":
		c.timeWindow()
	case "UnifiedCompactionStrategy":
		c.unified()
		return c.err
	}
	c.sizeTiered()
	if v, given := m["provide_overlapping_tombstones"]; given && !slices.Contains([]string{"NONE", "ROW", "CELL"}, strings.ToUpper(v)) {
		c.fail(protocol.ConfigError("Invalid value %s for 'provide_overlapping_tombstones' compaction sub-option - must be one of the following [NONE, ROW, CELL].", strings.ToUpper(v)))
	}
	return c.err
}

// strategyChecker keeps the first mistake in the sub-options of a strategy.
type strategyChecker struct {
	options map[string]string
	err     error
}

func (c *strategyChecker) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// given calls check with an option, if there is one.
func (c *strategyChecker) given(name string, check func(text string) error) {
	if v, ok := c.options[name]; ok && c.err == nil {
		c.err = check(v)
	}
}

func (c *strategyChecker) number(name string, check func(n int) error) {
	c.given(name, func(v string) error {
		n, err := strconv.ParseInt(v, 10, 32)
		if err != nil {
			return protocol.ConfigError("%s is not a parsable int (base10) for %s", v, name)
		}
		return check(int(n))
	})
}

func (c *strategyChecker) decimal(name, kind string, check func(f float64) error) {
	c.given(name, func(v string) error {
		f, err := strconv.ParseFloat(v, 64)
		if err != nil {
			return protocol.ConfigError("%s is not a parsable %s for %s", v, kind, name)
		}
		return check(f)
	})
}

func (c *strategyChecker) boolean(name, refusal string) {
	c.given(name, func(v string) error {
		if !strings.EqualFold(v, "true") && !strings.EqualFold(v, "false") {
			return protocol.ConfigError(refusal, v)
		}
		return nil
	})
}

func (c *strategyChecker) oneOf(name string, values ...string) {
	c.given(name, func(v string) error {
		if !slices.Contains(values, v) {
			return protocol.ConfigError("%s is not valid for %s", v, name)
		}
		return nil
	})
}

func (c *strategyChecker) sizeTiered() {
	c.number("min_sstable_size", func(n int) error {
		if n < 0 {
			return protocol.ConfigError("min_sstable_size must be non negative: %d", n)
		}
		return nil
	})
	low, high := 0.5, 1.5
	c.decimal("bucket_low", "float", func(f float64) error { low = f; return nil })
	c.decimal("bucket_high", "float", func(f float64) error { high = f; return nil })
	if high <= low {
		c.fail(protocol.ConfigError("bucket_high value (%s) is less than or equal to the bucket_low value (%s)", java.Double(high), java.Double(low)))
	}
}

func (c *strategyChecker) leveled() {
	positive := func(name string) func(int) error {
		return func(n int) error {
			if n < 1 {
				return protocol.ConfigError("%s must be larger than 0, but was %d", name, n)
			}
			return nil
		}
	}
	c.number("sstable_size_in_mb", positive("sstable_size_in_mb"))
	c.given("fanout_size", func(v string) error {
		if _, err := strconv.ParseInt(v, 10, 32); err != nil { // the server names the other option's value
			size := c.options["sstable_size_in_mb"]
			if size == "" {
				size = "1"
			}
			return protocol.ConfigError("%s is not a parsable int (base10) for fanout_size", size)
		}
		return nil
	})
	c.number("fanout_size", positive("fanout_size"))
}

func (c *strategyChecker) timeWindow() {
	c.oneOf("timestamp_resolution", "SECONDS", "MILLISECONDS", "MICROSECONDS", "NANOSECONDS")
	c.oneOf("compaction_window_unit", "MINUTES", "HOURS", "DAYS")
	c.number("compaction_window_size", func(n int) error {
		if n < 1 {
			return protocol.ConfigError("%d must be greater than 1 for compaction_window_size", n)
		}
		return nil
	})
	c.number("expired_sstable_check_frequency_seconds", func(n int) error {
		if n < 0 {
			return protocol.ConfigError("expired_sstable_check_frequency_seconds must not be negative, but was %d", n)
		}
		return nil
	})
	c.unsafe()
}

func (c *strategyChecker) unsafe() {
	const name = "unsafe_aggressive_sstable_expiration"
	c.boolean(name, name+" is not 'true' or 'false' (%s)")
	c.given(name, func(v string) error {
		if strings.EqualFold(v, "true") {
			return protocol.ConfigError(name + " is requested but not allowed, restart cassandra with -Dcassandra.allow_unsafe_aggressive_sstable_expiration=true to allow it")
		}
		return nil
	})
}

var (
	scaling    = regexp.MustCompile(`^(N|L[0-9]+|T[0-9]+|[+-]?[0-9]+)$`)
	binarySize = regexp.MustCompile(`^([0-9.]+)\s*(B|[KMGTPE]i?B)$`)
)

func (c *strategyChecker) unified() {
	positive := func(name string) func(int) error {
		return func(n int) error {
			if n <= 0 {
				return protocol.ConfigError("Invalid configuration, %s should be positive: %d", name, n)
			}
			return nil
		}
	}
	c.number("base_shard_count", positive("base_shard_count"))
	c.given("target_sstable_size", c.atLeastOneMiB("target_sstable_size"))
	c.given("flush_size_override", c.atLeastOneMiB("flush_size_override"))
	c.given("scaling_parameters", func(v string) error {
		for p := range strings.SplitSeq(v, ",") {
			p = strings.TrimSpace(p)
			if !scaling.MatchString(p) {
				return protocol.ConfigError("Scaling parameter %s must match N|L[0-9]+|T[0-9]+|[+-]?[0-9]+", p)
			}
			if n, err := strconv.Atoi(strings.TrimLeft(p, "LT")); err == nil && n < 2 && (p[0] == 'L' || p[0] == 'T') {
				return protocol.ConfigError("Fan factor cannot be lower than 2 in %s", p)
			}
		}
		return nil
	})
	c.number("max_sstables_to_compact", func(int) error { return nil })
	c.number("expired_sstable_check_frequency_seconds", positive("expired_sstable_check_frequency_seconds"))
	c.unsafe()
	c.given("sstable_growth", func(v string) error {
		f, err := strconv.ParseFloat(v, 64)
		switch {
		case err != nil:
			return protocol.ConfigError("sstable_growth is not a valid number between 0 and 1: For input string: \"%s\"", v)
		case f < 0 || f > 1:
			return protocol.ConfigError("sstable_growth %s must be between 0 and 1", v)
		}
		return nil
	})
	c.given("min_sstable_size", func(v string) error {
		size, ok := bytesOf(v)
		target := float64(1 << 30)
		if t, given := bytesOf(c.options["target_sstable_size"]); given {
			target = t
		}
		switch {
		case !ok:
			return protocol.ConfigError("%s is not a valid size in bytes for min_sstable_size", v)
		case size >= target*0.7:
			return protocol.ConfigError("Invalid configuration, min_sstable_size (%s) should be less than 70%% of the targetSSTableSize (%s)", showSize(size), showSize(target))
		}
		return nil
	})
	c.given("overlap_inclusion_method", func(v string) error {
		if !slices.Contains([]string{"NONE", "SINGLE", "TRANSITIVE"}, strings.ToUpper(v)) {
			return protocol.ConfigError("Invalid overlap inclusion method %s. The valid options are [NONE, SINGLE, TRANSITIVE].", v)
		}
		return nil
	})
}

func (c *strategyChecker) atLeastOneMiB(name string) func(string) error {
	return func(v string) error {
		size, ok := bytesOf(v)
		switch {
		case !ok:
			return protocol.ConfigError("%s %s is not a valid size in bytes: %[2]s does not end in unit B", name, v)
		case size < 1<<20:
			return protocol.ConfigError("%s %s is not acceptable, size must be at least 1.000MiB", name, v)
		}
		return nil
	}
}

// bytesOf reads a size such as 100MiB.
func bytesOf(text string) (float64, bool) {
	m := binarySize.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseFloat(m[1], 64)
	for range strings.Index("BKMGTPE", m[2][:1]) {
		n *= 1 << 10
	}
	return n, err == nil
}

func showSize(n float64) string {
	unit := 0
	for n >= 1<<10 && unit < 6 {
		n /= 1 << 10
		unit++
	}
	return strconv.FormatFloat(n, 'f', 3, 64) + []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}[unit]
}
