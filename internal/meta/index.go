package meta

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/coodie-go/coodie/internal/codec"
)

// Index is a secondary index that a tag declares.
type Index struct {
	Name    string      // "" leaves the default one
	SAI     bool        // storage-attached, otherwise Cassandra's older kind
	Target  string      // "keys", "values", "entries", "full"; "" indexes the column
	Options [][2]string // as in the tag
}

// parseIndex reads what stands behind index=: words with spaces between them, except in '…'.
func parseIndex(text string) (Index, error) {
	var ix Index
	quoted := false
	for _, word := range strings.FieldsFunc(text, func(r rune) bool {
		quoted = quoted != (r == '\'')
		return unicode.IsSpace(r) && !quoted
	}) {
		key, value, isOption := strings.Cut(word, "=")
		if of, ok := strings.CutPrefix(value, "'"); ok && len(of) > 1 && strings.HasSuffix(of, "'") {
			value = strings.ReplaceAll(of[:len(of)-1], "''", "'")
		}
		switch {
		case isOption && (key == "" || value == ""):
			return ix, fmt.Errorf("index option %q is not of the form name=value", word)
		case key == "name" && isOption:
			if err := CheckName("index", value); err != nil {
				return ix, err
			}
			ix.Name = value
		case isOption:
			ix.Options = append(ix.Options, [2]string{key, value})
		case word == "sai":
			ix.SAI = true
		case word == "keys", word == "values", word == "entries", word == "full":
			if ix.Target != "" {
				return ix, fmt.Errorf("an index is on %s or on %s; write index= twice for both", ix.Target, word)
			}
			ix.Target = word
		default:
			return ix, fmt.Errorf("index=%s: %q is unknown; known are sai, keys, values, entries, full, name=… and options of the index", text, word)
		}
	}
	if len(ix.Options) > 0 && !ix.SAI {
		return ix, fmt.Errorf("index option %s: only an index=sai takes options", ix.Options[0][0])
	}
	return ix, nil
}

var notName = regexp.MustCompile(`[^A-Za-z0-9_]`)

// DefaultName is what an index of a table's column is called that has no name of its own.
func (ix *Index) DefaultName(table, column string) string {
	name := table + "_" + column
	if ix.Target != "" {
		name += "_" + ix.Target
	}
	return notName.ReplaceAllString(name, "") + "_idx"
}

// indexes checks the indexes of all columns, as the server would.
func (d *describer) indexes() error {
	for _, c := range d.table.Columns {
		for i := range c.Indexes {
			if err := d.index(c, &c.Indexes[i]); err != nil {
				return d.fail(c.Field, "%s", err)
			}
		}
	}
	return nil
}

func (d *describer) index(c *Column, ix *Index) error {
	collection := c.Type.Kind == codec.List || c.Type.Kind == codec.Set || c.Type.Kind == codec.Map
	switch {
	case d.table.Counter:
		return fmt.Errorf("a counter table takes no index")
	case c.Kind == Partition && len(d.table.Partition) == 1:
		return fmt.Errorf("the only partition key column takes no index: it is found by itself")
	case c.Type.Has(codec.Duration):
		return fmt.Errorf("a duration cannot be indexed")
	case c.Type.Kind == codec.Vector && !ix.SAI:
		return fmt.Errorf("a vector is indexed by index=sai")
	case !collection && ix.Target != "":
		return fmt.Errorf("index=%s is for collections", ix.Target)
	case collection && c.Type.Frozen && ix.Target != "full":
		return fmt.Errorf("a frozen collection is indexed as a whole: index=full")
	case collection && !c.Type.Frozen && ix.Target == "full":
		return fmt.Errorf("index=full is for frozen collections")
	case c.Type.Kind != codec.Map && (ix.Target == "keys" || ix.Target == "entries"):
		return fmt.Errorf("index=%s is for maps", ix.Target)
	case c.Type.Kind == codec.UDT && !c.Type.Frozen:
		return fmt.Errorf("a user-defined type can be indexed if it is frozen")
	}
	if collection && ix.Target == "" {
		ix.Target = "values"
	}
	for i := range c.Indexes {
		if other := &c.Indexes[i]; other != ix && other.SAI == ix.SAI && other.Target == ix.Target {
			return fmt.Errorf("the column has this index twice")
		}
	}
	return nil
}
