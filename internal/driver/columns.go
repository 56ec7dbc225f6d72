package driver

import (
	"slices"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/internal/codec"
)

// Columns describes the columns of an answer. It holds gocql's own list, because a conversion
// would allocate with each answer.
type Columns struct{ list []gocql.ColumnInfo }

// Len returns the number of columns.
func (c Columns) Len() int { return len(c.list) }

// Name returns the name of column i.
func (c Columns) Name(i int) string { return c.list[i].Name }

// Index returns the index of the column with that name; -1 if there is none.
func (c Columns) Index(name string) int {
	for i := range c.list {
		if c.list[i].Name == name {
			return i
		}
	}
	return -1
}

// Is reports whether a codec for t reads and writes the cells of column i: see codec.Type.Same. It does not
// allocate.
func (c Columns) Is(i int, t *codec.Type) bool { return same(t, c.list[i].TypeInfo) }

// Type returns the type of column i that the server reports.
func (c Columns) Type(i int) (*codec.Type, error) { return typeOf(c.list[i].TypeInfo) }

// Same reports whether two answers have the very same columns, as those of a prepared read
// mostly have: gocql keeps them beside the statement. Equal ones of their own are not the same.
func (c Columns) Same(o Columns) bool {
	return len(c.list) > 0 && len(c.list) == len(o.list) && &c.list[0] == &o.list[0]
}

// Without returns the columns except column i.
func (c Columns) Without(i int) Columns {
	if i == 0 {
		return Columns{c.list[1:]}
	}
	return Columns{slices.Concat(c.list[:i], c.list[i+1:])}
}

// With returns the columns and one more at the end.
func (c Columns) With(name string, t *codec.Type) Columns {
	return Columns{append(slices.Clip(c.list), gocql.ColumnInfo{Name: name, TypeInfo: infoOf(t)})}
}

// Add appends column i of another answer.
func (c *Columns) Add(of Columns, i int) { c.list = append(c.list, of.list[i]) }
