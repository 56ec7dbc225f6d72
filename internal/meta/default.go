package meta

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"gopkg.in/inf.v0"

	"github.com/coodie-go/coodie/internal/codec"
)

// Default is what a column gets that is null when a whole row is written.
type Default struct {
	cell []byte                 // of a constant
	make func() ([]byte, error) // of one that is made anew each time
}

// Fill sets the column's field in the struct at p to its default, if it is null.
func (c *Column) Fill(p codec.Addr) error {
	field := p.Field(c.Offset)
	if !c.unset(field) {
		return nil
	}
	cell, err := c.Default.cell, error(nil)
	if c.Default.make != nil {
		if cell, err = c.Default.make(); err != nil {
			return err
		}
	}
	return c.Codec.Decode(field, cell)
}

// unset reports whether the field is null. The zero uuid counts as null too: it is nobody's.
func (c *Column) unset(field codec.Addr) bool {
	cell, null, err := c.Codec.Append(nil, field)
	return err == nil && (null || c.isUUID() && len(cell) == 16 && [16]byte(cell) == [16]byte{})
}

func (c *Column) isUUID() bool { return c.Type.Kind == codec.UUID || c.Type.Kind == codec.TimeUUID }

// defaultOf is the default that a tag gives the column.
func defaultOf(c *Column, text string) (*Default, error) {
	switch {
	case c.Type.Kind == codec.Counter:
		return nil, fmt.Errorf("a counter has no default; it counts from 0")
	case !c.unset(codec.New(c.GoType)):
		return nil, fmt.Errorf("default= is for a field that can be null: a zero %s would be taken for none; make it a pointer, or set it in BeforeSave", c.GoType)
	}
	d, err := parseDefault(c.Type, strings.TrimSpace(text))
	if err != nil {
		return nil, err
	}
	if d.cell != nil {
		if err := c.Codec.Decode(codec.New(c.GoType), d.cell); err != nil {
			return nil, fmt.Errorf("default=%s: %w", text, err)
		}
	}
	return d, nil
}

// parseDefault reads a constant of type t, or one of the CQL functions now() and uuid().
func parseDefault(t *codec.Type, text string) (*Default, error) {
	switch {
	case text == "now()" && t.Kind == codec.Timestamp, text == "now()" && t.Kind == codec.Date:
		return &Default{make: func() ([]byte, error) { return cellOf(t, time.Now()) }}, nil
	case text == "now()" && t.Kind == codec.TimeUUID:
		return &Default{make: func() ([]byte, error) { return cellOf(t, codec.NewTimeUUID()) }}, nil
	case text == "uuid()" && t.Kind == codec.UUID:
		return &Default{make: func() ([]byte, error) { return cellOf(t, codec.NewUUID()) }}, nil
	}
	v, err := constant(t, text)
	if err != nil {
		return nil, fmt.Errorf("default=%s is no %s: %w", text, t, err)
	}
	cell, err := cellOf(t, v)
	if err != nil {
		return nil, fmt.Errorf("default=%s is no %s: %w", text, t, err)
	}
	return &Default{cell: cell}, nil
}

func cellOf(t *codec.Type, v any) ([]byte, error) {
	cell, _, err := codec.EncodeAny([]byte{}, t, v)
	return cell, err
}

func constant(t *codec.Type, text string) (v any, err error) {
	ok := true
	switch t.Kind {
	case codec.Text, codec.ASCII:
		if n := len(text); n >= 2 && text[0] == '\'' && text[n-1] == '\'' {
			text = strings.ReplaceAll(text[1:n-1], "''", "'")
		}
		return text, nil
	case codec.Boolean:
		return strconv.ParseBool(text)
	case codec.TinyInt, codec.SmallInt, codec.Int, codec.BigInt:
		return strconv.ParseInt(text, 10, 64)
	case codec.Varint:
		v, ok = new(big.Int).SetString(text, 10)
	case codec.Decimal:
		v, ok = new(inf.Dec).SetString(text)
	case codec.Float:
		f, err := strconv.ParseFloat(text, 32)
		return float32(f), err
	case codec.Double:
		return strconv.ParseFloat(text, 64)
	case codec.UUID, codec.TimeUUID:
		return codec.ParseUUID(text)
	case codec.Timestamp:
		return time.Parse(time.RFC3339, text)
	case codec.Date:
		return time.Parse(time.DateOnly, text)
	case codec.Time, codec.Duration:
		return time.ParseDuration(text)
	default:
		return nil, fmt.Errorf("such a column takes no default by tag; set it in BeforeSave")
	}
	if !ok {
		err = strconv.ErrSyntax
	}
	return v, err
}
