package codec

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

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
		v, err = ParseUUID(text)
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

// CheckJSON reports an object in a JSON value for type t of which two keys are one in CQL: two
// keys of a map, or two names of a field. The server would keep one of them without a word. Keys
// that it will not be able to read are left to it.
func CheckJSON(t *Type, raw []byte) error {
	if !t.Has(Map) && !t.Has(UDT) {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return checkJSON(t, d)
}

func checkJSON(t *Type, d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return nil // it is the server that reads JSON
	}
	switch open := token.(type) {
	case string:
		if t.multiCell() || t.Kind == Tuple || t.Kind == Vector {
			return CheckJSON(t, []byte(open)) // a text that holds the JSON
		}
	case json.Delim:
		if open == '{' {
			if err := checkObject(t, d); err != nil {
				return err
			}
		}
		for i := 0; open == '[' && d.More(); i++ {
			elem := t.Elem
			if t.Kind == Tuple && i < len(t.Elems) {
				elem = t.Elems[i]
			}
			if err := checkJSON(elem.orNone(), d); err != nil {
				return atIndex(err, i)
			}
		}
		_, _ = d.Token() // the closing one
	}
	return nil
}

func checkObject(t *Type, d *json.Decoder) error {
	var cells [][]byte
	texts := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil
		}
		key, elem := token.(string), (*Type)(nil)
		text, celled := key, false
		switch t.Kind {
		case Map:
			elem = t.Elem
			if cell, ok := keyFromJSON(t.Key, key); ok {
				cells, celled = append(cells, cell), true
			}
			if err := CheckJSON(t.Key, []byte(key)); err != nil {
				return err
			}
		case UDT:
			text = fieldFromJSON(key)
			for _, f := range t.Fields {
				if f.Name == text {
					elem = f.Type
				}
			}
		}
		if !celled {
			if texts[text] {
				return errSameKey
			}
			texts[text] = true
		}
		if err := checkJSON(elem.orNone(), d); err != nil {
			return err
		}
	}
	if t.Kind == Map {
		compare := comparator(t.Key)
		slices.SortFunc(cells, compare)
		for i := range cells {
			if i > 0 && compare(cells[i-1], cells[i]) == 0 {
				return errSameKey
			}
		}
	}
	return nil
}

// fieldFromJSON is the name of a field as a key of a JSON object means it.
func fieldFromJSON(key string) string {
	if len(key) > 1 && key[0] == '"' && key[len(key)-1] == '"' {
		return key[1 : len(key)-1]
	}
	return strings.ToLower(key)
}

// keyFromJSON is the cell that a key of a JSON object means as a map's key of type t; ok is false of
// one that only the server can read.
func keyFromJSON(t *Type, key string) (cell []byte, ok bool) {
	if t.Kind >= List {
		return cellFromJSON(t, []byte(key)) // JSON within a string
	}
	for _, quoted := range [2]bool{true, false} {
		if v, want := fromJSON(t.Kind, key, quoted); want == "" {
			cell, _, err := EncodeAny([]byte{}, t, v)
			return cell, err == nil
		}
	}
	return nil, false
}

// cellFromJSON is the cell of a JSON value of any type but vector, with sets and maps in order; nil
// is null.
func cellFromJSON(t *Type, raw []byte) (cell []byte, ok bool) {
	var items []json.RawMessage
	var members map[string]json.RawMessage
	if raw = bytes.TrimSpace(raw); string(raw) == "null" {
		return nil, true
	}
	var err error
	switch t.Kind {
	case List, Set, Tuple:
		err = json.Unmarshal(raw, &items)
	case Map, UDT:
		err = json.Unmarshal(raw, &members)
	default:
		cell, err = FromJSON(t, raw)
		return cell, err == nil
	}
	if err != nil || t.Kind == Tuple && len(items) != len(t.Elems) {
		return nil, false
	}
	var entries [][]byte
	ok = true
	add := func(before []byte, t *Type, raw []byte) {
		cell, read := cellFromJSON(t, raw)
		ok = ok && read
		entries = append(entries, appendCell(before, cell))
	}
	for i, raw := range items {
		elem := t.Elem
		if t.Kind == Tuple {
			elem = t.Elems[i]
		}
		add(nil, elem, raw)
	}
	if t.Kind == Map {
		for key, raw := range members {
			cell, read := keyFromJSON(t.Key, key)
			ok = ok && read
			add(appendCell(nil, cell), t.Elem, raw)
		}
	}
	fields := map[string]json.RawMessage{}
	for key, raw := range members {
		fields[fieldFromJSON(key)] = raw
	}
	for i := range t.Fields {
		raw, given := fields[t.Fields[i].Name]
		if !given {
			raw = json.RawMessage("null")
		}
		add(nil, t.Fields[i].Type, raw)
	}
	switch t.Kind {
	case Set:
		entries = sorted(entries, t.Elem)
		cell = appendInt(nil, len(entries))
	case Map:
		entries = sorted(entries, t.Key)
		cell = appendInt(nil, len(entries))
	case List:
		cell = appendInt(nil, len(entries))
	}
	return append(cell, bytes.Join(entries, nil)...), ok
}

// appendCell appends an element with its length.
func appendCell(dst, cell []byte) []byte {
	if cell == nil {
		return appendNull(dst)
	}
	return append(appendInt(dst, len(cell)), cell...)
}

// sorted are the entries of a set or map, each of which begins with a cell of type t, in its order and
// without those that are one.
func sorted(entries [][]byte, t *Type) [][]byte {
	compare := comparator(t)
	order := func(a, b []byte) int {
		x, _, _ := next(a)
		y, _, _ := next(b)
		return compare(x, y)
	}
	slices.SortFunc(entries, order)
	return slices.CompactFunc(entries, func(a, b []byte) bool { return order(a, b) == 0 })
}

// orNone is t, or a type of which nothing is known.
func (t *Type) orNone() *Type {
	if t == nil {
		return Native(Invalid)
	}
	return t
}
