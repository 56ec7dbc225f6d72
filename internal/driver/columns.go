package driver

import "github.com/coodie-go/coodie/internal/codec"

// Columns describes the columns of an answer. It refers to the driver's own description, because a
// conversion would allocate with each answer.
type Columns struct {
	of      Description
	from, n int32
}

// Description describes columns as a driver does. Its dynamic type is a pointer.
type Description interface {
	Name(i int) string
	// Type returns the type of column i that the server reports.
	Type(i int) (*codec.Type, error)
	// Is reports whether that type is the same as t: see codec.Type.Same. It does not allocate.
	Is(i int, t *codec.Type) bool
}

// Described returns the first n columns of a description.
func Described(of Description, n int) Columns {
	if n == 0 {
		return Columns{}
	}
	return Columns{of, 0, int32(n)}
}

// Column is a column of an answer that no driver made.
type Column struct {
	Name string
	Type *codec.Type
}

// ColumnsOf returns these columns.
func ColumnsOf(list ...Column) Columns {
	c := make(columnList, len(list))
	for i := range list {
		c[i] = picked{of: &single{list[i].Name, list[i].Type}}
	}
	return c.columns()
}

// Len returns the number of columns.
func (c Columns) Len() int { return int(c.n) }

// Name returns the name of column i.
func (c Columns) Name(i int) string { return c.of.Name(c.at(i)) }

// Index returns the index of the column with that name; -1 if there is none.
func (c Columns) Index(name string) int {
	for i := range c.Len() {
		if c.Name(i) == name {
			return i
		}
	}
	return -1
}

// Is reports whether a codec for t reads and writes the cells of column i: see codec.Type.Same. It does not
// allocate.
func (c Columns) Is(i int, t *codec.Type) bool { return c.of.Is(c.at(i), t) }

// Type returns the type of column i that the server reports.
func (c Columns) Type(i int) (*codec.Type, error) { return c.of.Type(c.at(i)) }

func (c Columns) at(i int) int { return int(c.from) + i }

// Same reports whether two answers have the very same columns, as the rows of one page have. Equal ones
// of their own are not the same.
func (c Columns) Same(o Columns) bool { return c.n > 0 && c == o }

// Without returns the columns except column i.
func (c Columns) Without(i int) Columns {
	if i == 0 {
		return Columns{c.of, c.from + 1, c.n - 1}
	}
	list := c.list(0)
	return append(list[:i], list[i+1:]...).columns()
}

// With returns the columns and one more at the end.
func (c Columns) With(name string, t *codec.Type) Columns {
	return append(c.list(1), picked{of: &single{name, t}}).columns()
}

// Add appends column i of another answer.
func (c *Columns) Add(of Columns, i int) {
	*c = append(c.list(1), picked{of.of, of.at(i)}).columns()
}

// columnList is a description that was put together.
type columnList []picked

type picked struct {
	of Description
	at int
}

func (c Columns) list(more int) columnList {
	list := make(columnList, c.n, int(c.n)+more)
	for i := range list {
		list[i] = picked{c.of, c.at(i)}
	}
	return list
}

func (l columnList) columns() Columns { return Described(&l, len(l)) }

func (l *columnList) Name(i int) string               { return (*l)[i].of.Name((*l)[i].at) }
func (l *columnList) Type(i int) (*codec.Type, error) { return (*l)[i].of.Type((*l)[i].at) }
func (l *columnList) Is(i int, t *codec.Type) bool    { return (*l)[i].of.Is((*l)[i].at, t) }

// single is one column.
type single struct {
	name string
	typ  *codec.Type
}

func (s *single) Name(int) string               { return s.name }
func (s *single) Type(int) (*codec.Type, error) { return s.typ, nil }
func (s *single) Is(_ int, t *codec.Type) bool  { return t.Same(s.typ) }
