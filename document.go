package coodie

import (
	"context"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/stmt"
)

// Document is one row of a table, held as a T. Its writes take the key from Value. It is
// not safe for concurrent use.
//
// Value changes only when a write was applied: what Set and SetNull wrote is copied
// in. After a change that cannot be copied, such as an append, and after an unknown
// outcome, Stale says that Value may no longer be what the row is.
type Document[T any] struct {
	doc document

	Value T
}

// document is a Document, whatever its T.
type document struct {
	query *query    // of the table, and what the document has been told; nil of a zero Document
	of    *document // the one that this is a copy of, and that follows its writes; nil: it is none
	stale bool
	kept  bool // by a write: it does not change any more
	known *known
}

// known is what a document knows of its row. It never changes: a copy of the document may have it, too.
type known struct {
	seen  codec.Addr // what Value was when it was read or last written, as far as a guard needs it: see see
	cells [][]byte   // those of Value when it was read or last written, by the columns' Index; nil: it was not read
}

// knows is what is known; zero if that is nothing.
func (d *document) knows() known {
	if d.known == nil {
		return known{}
	}
	return *d.known
}

// Load is Get whose row comes as a Document, which knows what was read: see Document.SaveChanges. Whatever Only and Defer
// say, the key is read, the version and the attempt id, and the static columns of a table with a version: they name and guard the row.
func (q *QuerySet[T]) Load(ctx context.Context) (*Document[T], error) {
	d := &Document[T]{doc: document{query: plainQuery(q).table.query()}}
	if err := d.doc.load(ctx, plainQuery(q).call(), codec.At(&d.Value)); err != nil {
		return nil, err
	}
	return d, nil
}

// Reload reads the row again, by the key that Value holds, as Get does; of a table WithLWTOnly the read is linearizable.
// The document then knows what was read: see SaveChanges. ErrNotFound if there is no such row any more; after an
// error Value is as it was.
func (d *Document[T]) Reload(ctx context.Context) error { return plainDocument(d).reload(ctx) }

// SaveChanges is a plain update of the columns that differ from what was read by Load or Reload, or last written
// through the document. If none differs, nothing is sent. The hooks run as for Save. A document that was not
// read (an Insert is no read), one whose row it has deleted or not found since, and one whose key has changed are an error of KindUsage. Columns that were not read (Only, Defer) are written
// if they are no longer zero. See ConditionalWrite.SaveChanges for one on a condition.
func (d *Document[T]) SaveChanges(ctx context.Context) error {
	return plainDocument(d).saveChanges(ctx)
}

// Stale reports whether the row may differ from Value because of a write made through
// this document. Read the row again to be sure.
func (d *Document[T]) Stale() bool { return d != nil && d.doc.follows().stale }

// Insert is `INSERT … IF NOT EXISTS` with all columns; those that are null are left
// unset. A refused one answers with the whole existing row.
//
// Only the row is a condition, not its partition: static columns that are not null are written over what
// they are, also with zero. Use pointers for static columns, or Mutate with OrCreate, which is shown
// them and guards them.
func (d *Document[T]) Insert(ctx context.Context) (out LWTResult[T], err error) {
	err = plainDocument(d).insert(ctx, plainResult(&out))
	return
}

// Save is a plain upsert of all columns: it overwrites whatever row is there, and null
// deletes (see WithOmitNil); a null static column is deleted for its whole partition. Fields of a
// user-defined type that the struct does not know stay, unless the type is frozen: see
// WithStrictTypes. Mixed with LWTs on one table it can undo them: see the package
// documentation.
//
// Value is written as it is. If it was read with Only or Defer, the columns that were not read
// are overwritten too: use Update for what has changed.
func (d *Document[T]) Save(ctx context.Context) error { return plainDocument(d).save(ctx) }

// Update is a plain update: it creates the row if it is missing.
func (d *Document[T]) Update(ctx context.Context, assigns ...Assign[T]) error {
	return plainDocument(d).update(ctx, plainAssigns(assigns))
}

// Delete is a plain delete.
func (d *Document[T]) Delete(ctx context.Context) error {
	return plainDocument(d).remove(ctx, nil, false)
}

// DeleteColumns is a plain delete of some columns.
func (d *Document[T]) DeleteColumns(ctx context.Context, columns ...Target[T]) error {
	return plainDocument(d).remove(ctx, refs(columns), true)
}

// IfExists makes the write conditional on the row's existence. A write of static columns alone
// is an error of KindUsage, because the server would test whether the partition has static values.
func (d *Document[T]) IfExists() ConditionalWrite[T] {
	return ConditionalWrite[T](plainDocument(d).now().conditional(stmt.IfExists, nil))
}

// If makes the write conditional on c and all of more, with AND.
func (d *Document[T]) If(c Cond[T], more ...Cond[T]) ConditionalWrite[T] {
	return ConditionalWrite[T](plainDocument(d).now().conditional(stmt.IfConditions, both((*stmt.Cond)(&c), plainConds(more))))
}

// IfUnchanged makes the write conditional on nobody else having written the row since it was
// read. The struct needs a column tagged `version`. The conditions are
//
//   - the version that Value holds,
//   - the attempt id that Value holds, if the struct has an `attempt` column,
//   - the static columns as Value held them when the document was made or last written: they
//     belong to the partition, and a write of another row changes them without this row's version.
//
// On such a table every conditional write of a document has these conditions besides those that
// it asks for, unless it names the version itself. An applied write counts the version on, in
// Value too. LWTResult.Conditions says which of them did not hold.
//
// A row's first version is the time of its insert in nanoseconds, so that a row that was
// deleted and inserted again, or has expired, never has a version that was seen before. Of a row
// without a version, which is older than the column, Value holds 0; then the condition is a
// version of null or 0, and all columns as Value holds them, since a version is null again after a write with a
// TTL. Where Value holds none that is certainly not null, the call fails with ErrCannotGuard. Mutate sees nulls, so it works if one column is not null. If all
// are null, Find(…).IfExists().Update sets a column, and gives the row a version.
//
// A document knows what its Value holds, and not the cells that this was read from. A static column, or
// any column where there is no version, that the struct cannot hold exactly (a frozen type with fields that the struct lacks, an empty value, JSON
// that another program has formatted) refuses it each time; Err says so. Mutate compares the cells.
func (d *Document[T]) IfUnchanged() ConditionalWrite[T] {
	return ConditionalWrite[T](plainDocument(d).now().unchanged())
}

// IfAll is If with a slice. An empty one is an error of KindUsage of the call that sends the write.
func (d *Document[T]) IfAll(conds []Cond[T]) ConditionalWrite[T] {
	return ConditionalWrite[T](plainDocument(d).now().conditional(stmt.IfConditions, both(nil, plainConds(conds))))
}

// With returns a copy of the document whose calls have the options: a TTL, a timestamp, a timeout; see
// CallOption. What its writes change they change in the Value of d, and d says whether that is Stale: the
// copy's own Value stays as it is. The slices and maps in Value, and what its pointers lead to, are
// shared: they must not change before the write is sent or added to a batch.
func (d *Document[T]) With(opts ...CallOption) *Document[T] {
	if c := plainDocument(d).with(opts); c != nil {
		return documentOf[T](c)
	}
	return new(Document[T])
}

// write is a write of the document as it is; zero of a nil one.
func (d *document) write() write {
	deepen(0)
	if d == nil || d.query == nil {
		return write{}
	}
	return write{query: d.query, doc: d}
}

func (d *document) call() call {
	w := d.write()
	return w.call()
}

// follows is the document that follows what is applied of d's writes.
func (d *document) follows() *document {
	if d.of != nil {
		return d.of
	}
	return d
}

// now is write for what outlives the call: it keeps the document as it is now.
//
//go:noinline
func (d *document) now() write { return d.write().kept() }

// kept is the write with a copy of the document, which may change before it is written.
func (w write) kept() write {
	if d := w.doc; d != nil && !d.kept {
		w.doc = d.copied()
		w.doc.kept = true
	}
	return w
}

// copied is the document as it is now. What is applied of the copy's writes d follows, or what it follows.
func (d *document) copied() *document {
	t := d.query.table
	c := t.document()
	*c = document{query: d.query, of: d.follows(), known: d.known}
	t.schema.Set(c.value(), d.value())
	return c
}

// with is a copy of the document that has been told more; nil of one that has no table.
//
//go:noinline
func (d *document) with(opts []CallOption) *document {
	if d == nil || d.query == nil {
		return nil
	}
	c := d.copied()
	c.query = d.query.with(opts)
	return c
}

func (d *document) insert(ctx context.Context, res *result) error {
	w := d.write()
	return w.insert(ctx, res)
}

func (d *document) save(ctx context.Context) error {
	w := d.write()
	return w.save(ctx)
}

func (d *document) update(ctx context.Context, assigns []stmt.Assign) error {
	w := d.write()
	return w.update(ctx, assigns)
}

func (d *document) remove(ctx context.Context, targets []*stmt.Ref, columns bool) error {
	w := d.write()
	return w.remove(ctx, targets, columns)
}

// see keeps what the document holds of its row, as far as a guard needs it: the static
// columns, and, of a row without a version, a column that proves it.
//
//go:noinline
func (d *document) see(p codec.Addr) {
	if d.knows().cells != nil {
		d.remember(p)
	}
	d.seeGuard(p)
}

// seeGuard is see without the cells.
func (d *document) seeGuard(p codec.Addr) {
	if d.query == nil || d.query.table == nil {
		return
	}
	t := d.query.table
	if t.schema.Meta.Version == nil || !t.hasStatics && t.schema.VersionIn(p) != 0 {
		return
	}
	d.known = &known{t.schema.Copy(p), d.knows().cells}
	for _, col := range t.schema.Meta.Columns {
		if col.Kind == meta.Static { // its memory may be changed in place
			d.saw(col, stmt.OperandAt(col, p))
		}
	}
}

// saw keeps what is known of one column now. What was kept before may belong to a guard.
func (d *document) saw(col *meta.Column, o stmt.Operand) {
	cell, err := storedCell(col, o)
	if err != nil {
		return
	}
	seen := d.query.table.schema.Copy(d.known.seen)
	if col.Codec.Decode(seen.Field(col.Offset), cell) == nil {
		d.known = &known{seen, d.known.cells}
	}
}

func (d *document) load(ctx context.Context, c call, value codec.Addr) error {
	if c.table != nil {
		c.spec.ReadOptions = c.spec.ReadOptions.OfDocument(c.table.schema.Meta)
	}
	if err := c.readOne(ctx, stmt.ReadRow, false, value); err != nil {
		return err
	}
	d.stale = false
	d.remember(value)
	d.seeGuard(value)
	return nil
}

func (d *document) reload(ctx context.Context) error {
	c := d.call()
	if c.table == nil {
		return noTable("reload")
	}
	key, row := d.query.call(), c.table.schema.New()
	key.spec.Value = d.value()
	if err := d.load(ctx, key, row); err != nil {
		if KindOf(err) == KindNotFound {
			d.forget()
		}
		return err
	}
	c.table.schema.Set(d.value(), row)
	return nil
}

// remember keeps the cells of the row at p.
func (d *document) remember(p codec.Addr) {
	columns := d.query.table.schema.Meta.Columns
	cells := make([][]byte, len(columns))
	for _, col := range columns {
		cells[col.Index], _ = storedCell(col, stmt.OperandAt(col, p)) // it has been read, so it has a cell
	}
	d.known = &known{d.knows().seen, cells}
}

// forget drops what was read, once the row may be gone: an update of what differs from it would leave the rest of the row null.
func (d *document) forget() {
	if d.knows().cells != nil {
		d.known = &known{seen: d.known.seen}
	}
}

// storedCell is what the server keeps of a value; nil is null.
func storedCell(col *meta.Column, o stmt.Operand) ([]byte, error) {
	cell, null, err := o.Encode()
	if err != nil || null || col.Type.StoredAsNull(cell) {
		return nil, err
	}
	return cell, nil
}
