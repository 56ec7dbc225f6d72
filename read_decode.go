package coodie

import (
	"errors"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
)

// plan is how the cells of one result are decoded into a struct: one step per column
// that the struct has. Columns that it lacks are passed over.
type plan []step

type step struct {
	cell   int // index of the column in the result
	column *meta.Column
	codec  *codec.Codec
}

// newPlan matches columns by name, into the memory of p. Where the server's type is not the declared one, but
// the field can hold it, the field is decoded from what the server says it is.
func newPlan(p plan, table *table, columns driver.Columns) (plan, error) {
	for i := range columns.Len() {
		c := table.meta.ColumnAt(i, columns.Name(i))
		if c == nil {
			continue
		}
		cd := c.Codec
		if !columns.Is(i, c.Type) {
			t, err := columns.Type(i)
			if err == nil {
				cd, err = c.Codec.Live(t)
			}
			if err != nil {
				return p, &DecodeError{Table: table.name, Column: c.Name, Field: c.Field, Err: err}
			}
			if byField(c.Type) && c.Type.Lacks(t) != "" {
				table.grown.Store(true)
			}
		}
		p = append(p, step{i, c, cd})
	}
	return p, nil
}

// knownPlan is the plan of the last rows. The next ones of the same statement mostly have
// the very same columns.
type knownPlan struct {
	table   *meta.Table
	columns driver.Columns
	plan    plan
}

// planFor is newPlan, made once for the answers of one statement after the other.
func (b *builder) planFor(t *table, columns driver.Columns) (p plan, err error) {
	if columns.Len() == 0 {
		return nil, nil // of no answer
	}
	k := &b.known
	if k.table == t.meta && k.columns.Same(columns) {
		return k.plan, nil
	}
	if p, err = newPlan(k.plan[:0], t, columns); err != nil {
		*k = knownPlan{}
		driver.Refresh(t.sender, b.request.Statement) // writes are not to be encoded for the old types
		return nil, err
	}
	*k = knownPlan{t.meta, columns, p}
	return p, nil
}

// decode sets the fields of the struct at v from a row's cells.
func (p plan) decode(table string, v codec.Addr, cells [][]byte) error {
	for i := range p {
		s := &p[i]
		cell := cells[s.cell]
		if cell == nil && refusesNull(s.column, s.column.GoType) {
			return s.failed(table, errRowless)
		}
		if err := s.codec.Decode(v.Field(s.column.Offset), cell); err != nil {
			return s.failed(table, err)
		}
		if s.codec != s.column.Codec && cell != nil && s.column.Key() {
			if err := s.exact(v.Field(s.column.Offset), cell); err != nil {
				return s.failed(table, err)
			}
		}
	}
	return nil
}

// exact refuses a key of another type than the struct declares, if the field cannot hold it: two rows
// would read as one, and what is written of it would name another row.
func (s *step) exact(field codec.Addr, cell []byte) error {
	again, null, err := s.codec.Append([]byte{}, field)
	if err == nil && (null || s.codec.Type().Compare(again, cell) != 0) {
		err = errors.New("the field cannot hold the row's key exactly: the column's type has something that the struct lacks")
	}
	return err
}

// decodeRow is decode of cells that have been kept.
func (p plan) decodeRow(table string, v codec.Addr, cells *cells) error {
	for i := range p {
		s := &p[i]
		if err := s.codec.Decode(v.Field(s.column.Offset), cells.at(s.cell)); err != nil {
			return s.failed(table, err)
		}
	}
	return nil
}

func (s *step) failed(table string, err error) error {
	return &DecodeError{Table: table, Column: s.column.Name, Field: s.column.Field, Err: err}
}

// decode fills Value from the cells, which have answered b. They stay as they came: a cell may be
// of another type than the struct declares (a user-defined type that has grown, a bigint for an int).
// The value must fit the declared type as well, which is what declared makes of it.
func (e *existing) decode(b *builder) error {
	p, err := newPlan(b.room, e.table, e.columns)
	b.room = p[:0]
	if err != nil {
		driver.Refresh(e.table.sender, b.request.Statement)
	} else {
		err = p.decodeRow(e.table.name, e.value(), &e.cells)
	}
	for i := range p {
		s := &p[i]
		if err != nil || s.codec == s.column.Codec || e.cells.at(s.cell) == nil {
			continue
		}
		if _, _, failed := s.column.Codec.Append([]byte{}, e.value().Field(s.column.Offset)); failed != nil {
			err = s.failed(e.table.name, failed)
		}
	}
	e.broken = err
	return err
}
