package codec

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/gocql/gocql"
	"gopkg.in/inf.v0"
)

// FromJSON returns the cell of a JSON value as `INSERT … JSON` reads it into a column of a
// native type; null is not among them. It takes only what means the same to every server: a
// timestamp has a zone, a decimal is a string.
func FromJSON(t *Type, raw []byte) ([]byte, error) {
	text, quoted := string(raw), false
	if bytes.HasPrefix(raw, []byte{'"'}) {
		quoted = true
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, errors.New("it is not a JSON string")
		}
	}
	v, want := fromJSON(t.Kind, text, quoted)
	if want != "" {
		return nil, fmt.Errorf("a JSON value for %s is %s", t, want)
	}
	cell, _, err := EncodeAny([]byte{}, t, v)
	return cell, err
}

// jsonWants says what a value of the kind looks like.
var jsonWants = [...]string{
	ASCII: "a string", Text: "a string", Boolean: "true or false", Blob: `a string such as "0xcafe"`,
	TinyInt: "a whole number in its range", SmallInt: "a whole number in its range", Int: "a whole number in its range",
	BigInt: "a whole number in its range", Varint: "a whole number", Float: "a number", Double: "a number",
	Decimal: `a string such as "1.50", for a number does not keep its scale`,
	UUID:    "a string of 36 characters", TimeUUID: "a string of 36 characters", Inet: "a string with an IP address",
	Timestamp: `a string such as "2006-01-02 15:04:05.000Z", with its zone, or a whole number of milliseconds`,
	Date:      `a string such as "2006-01-02"`, Time: `a string such as "15:04:05.000000000"`,
}

// fromJSON is the text of a JSON value, without the quotes of a string, as the Go value that
// it means; else it says what is wanted.
func fromJSON(k Kind, text string, quoted bool) (v any, want string) {
	if int(k) >= len(jsonWants) || jsonWants[k] == "" {
		return nil, "not read here: only native types are"
	}
	var err error
	ok := true
	switch k {
	case ASCII, Text:
		v, ok = text, quoted
	case Boolean:
		v, ok = text == "true", text == "true" || text == "false"
	case Blob:
		digits, hasPrefix := strings.CutPrefix(text, "0x")
		v, err = hex.DecodeString(digits)
		ok = quoted && hasPrefix
	case TinyInt, SmallInt, Int, BigInt:
		v, err = strconv.ParseInt(text, 10, 8*intWidths[k])
	case Varint:
		v, ok = new(big.Int).SetString(text, 10)
	case Float:
		var f float64
		f, err = strconv.ParseFloat(text, 64)
		v = float32(f) // in two steps, as the server does
	case Double:
		v, err = strconv.ParseFloat(text, 64)
	case Decimal:
		v, ok = new(inf.Dec).SetString(text)
		ok = ok && quoted
	case UUID, TimeUUID:
		v, err = gocql.ParseUUID(text)
		ok = quoted && len(text) == 36
	case Inet:
		var addr netip.Addr
		addr, err = netip.ParseAddr(text)
		v, ok = addr.Unmap(), quoted && addr.Zone() == ""
	case Timestamp:
		v, ok = parseTimestamp(text, quoted)
	case Date:
		v, err = time.Parse(time.DateOnly, text)
		ok = quoted
	case Time:
		var t time.Time
		t, err = time.Parse("15:04:05.999999999", text)
		v, ok = t.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)), quoted
	}
	if err != nil || !ok {
		return nil, jsonWants[k]
	}
	return v, ""
}

// timestampLayouts are those that Cassandra reads whatever its own time zone is; the first is
// what it writes.
var timestampLayouts = [...]string{
	"2006-01-02 15:04:05.999Z07:00", "2006-01-02T15:04:05.999Z07:00", "2006-01-02 15:04:05.999Z0700", "2006-01-02T15:04:05.999Z0700",
	"2006-01-02 15:04Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02 15:04Z0700", "2006-01-02T15:04Z0700",
}

func parseTimestamp(text string, quoted bool) (time.Time, bool) {
	if !quoted {
		ms, err := strconv.ParseInt(text, 10, 64)
		return time.UnixMilli(ms), err == nil
	}
	for _, layout := range timestampLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
