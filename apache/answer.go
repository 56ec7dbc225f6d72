package apache

import (
	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
)

// rows is the answer of a query. Its memory serves one answer after the other.
type rows struct {
	iter    *gocql.Iter
	request *driver.Request
	watched *driver.Watched // nil: the driver tells of each attempt, or nobody watches
	pages   bool            // the driver may ask for further pages
	turned  bool            // the last row is the first of another page
	ignores bool            // the session's retry policy may have ignored an error, which leaves no columns

	columns driver.Columns
	list    []gocql.ColumnInfo // the driver's, of these columns
	row     driver.Row
}

func (c *conn) answerOf(r *driver.Request, iter *gocql.Iter, used driver.Iter, watched *driver.Watched) driver.Iter {
	a, ok := used.(*rows)
	if !ok {
		a = new(rows)
	}
	a.iter, a.request, a.watched, a.ignores = iter, r, watched, !c.honest
	a.pages = len(iter.PageState()) > 0 && !r.Page
	a.describe()
	return a
}

// describe takes the columns of the page.
func (a *rows) describe() {
	a.list = a.iter.Columns()
	var of driver.Description = (*ofIter)(a.iter)
	if a.pages { // the driver puts the next page in the iterator's place
		of = &ofPage{a.list}
	}
	a.columns = driver.Described(of, len(a.list))
	a.row.Fit(len(a.list), func(i int) int { return elements(a.list[i].TypeInfo) }, target)
}

func (a *rows) Columns() driver.Columns { return a.columns }
func (a *rows) Turned() bool            { return a.turned }
func (a *rows) PageState() []byte       { return a.iter.PageState() }

func (a *rows) Next() [][]byte {
	a.turned = a.iter.WillSwitchPage()
	if !a.iter.Scan(a.row.Targets()...) {
		return nil
	}
	if list := a.iter.Columns(); len(list) != len(a.list) || len(list) > 0 && &list[0] != &a.list[0] { // of another page
		a.describe()
	}
	return a.row.Cells()
}

func (a *rows) Close() error {
	columns := len(a.iter.Columns()) // of the last page
	err := closed(a.request, a.iter, a.watched)
	a.watched = nil
	if err == nil && a.ignores && a.request.Kind == driver.Read && columns == 0 {
		return errIgnored
	}
	return err
}

func (a *rows) Forget() {
	a.row.Forget()
	*a = rows{row: a.row}
}

// closed is the error of an answer. The error of a write that took several attempts is a *driver.RepeatedError.
func closed(r *driver.Request, iter *gocql.Iter, watched *driver.Watched) error {
	err, attempts := iter.Close(), iter.Attempts()
	if watched != nil {
		watched.Ended(hostOf(iter.Host()), attempts, err)
	}
	if err != nil && attempts > 1 && r.Kind != driver.Read && r.Kind != driver.SerialRead {
		return &driver.RepeatedError{Attempts: attempts, Err: err}
	}
	return err
}

// ofIter describes the columns of an iterator without further pages.
type ofIter gocql.Iter

func (o *ofIter) column(i int) *gocql.ColumnInfo { return &(*gocql.Iter)(o).Columns()[i] }

func (o *ofIter) Name(i int) string               { return o.column(i).Name }
func (o *ofIter) Type(i int) (*codec.Type, error) { return typeOf(o.column(i).TypeInfo) }
func (o *ofIter) Is(i int, t *codec.Type) bool    { return same(t, o.column(i).TypeInfo) }

// ofPage describes the columns of a page.
type ofPage struct{ list []gocql.ColumnInfo }

func (o *ofPage) Name(i int) string               { return o.list[i].Name }
func (o *ofPage) Type(i int) (*codec.Type, error) { return typeOf(o.list[i].TypeInfo) }
func (o *ofPage) Is(i int, t *codec.Type) bool    { return same(t, o.list[i].TypeInfo) }

// rawCell receives a cell undecoded: nil for null, empty for empty. It aliases the driver's buffer.
type rawCell []byte

// UnmarshalCQL keeps the cell as it came.
func (c *rawCell) UnmarshalCQL(_ gocql.TypeInfo, data []byte) error {
	*c = data
	return nil
}

func target(cell *[]byte) any { return (*rawCell)(cell) }

// elements is how many values the driver makes of a column, or -1 when it is one cell.
func elements(info gocql.TypeInfo) int {
	if t, ok := info.(gocql.TupleTypeInfo); ok {
		return len(t.Elems)
	}
	return -1
}
