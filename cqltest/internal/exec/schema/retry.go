package schema

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

var (
	fixedRetry      = regexp.MustCompile(`(?i)^([0-9.]+)ms$`)
	percentileRetry = regexp.MustCompile(`(?i)^([0-9.]+)p(?:ercentile)?$`)
	hybridRetry     = regexp.MustCompile(`(?i)^(MIN|MAX)\(([0-9.]+[a-z]+)\s*,\s*([0-9.]+[a-z]+)\)$`)
)

func (r *PropertyReader) readRetry(s string) string {
	policy, _, err := retryPolicy(s)
	r.fail(err)
	return policy
}

// retryPolicy returns a policy as the server shows it, and the name of its kind.
func retryPolicy(s string) (policy, kind string, err error) {
	bad := protocol.ConfigError("Invalid value %s for option 'speculative_retry'", s)
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
			err = protocol.ConfigError("Invalid value %s for PERCENTILE option 'speculative_retry': must be between (0.0 and 100.0)", s)
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
		return "", "", protocol.ConfigError("Invalid value %s for option 'speculative_retry': MIN()/MAX() arguments should be of different types, but both are of type %s", s, first)
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
