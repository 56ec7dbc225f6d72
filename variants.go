package coodie

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"

	"github.com/coodie-go/coodie/internal/answer"
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/stmt"
)

// Variants is one table whose rows are of several struct types, told apart by a discriminator column: what other
// mappers call polymorphic or single-table inheritance. I is the interface that pointers to all of them implement.
//
//	type Shape struct { // the base: the key, what all have, and the discriminator
//		Drawing string `cql:"drawing,partition"`
//		ID      int    `cql:"id,clustering"`
//		Kind    string `cql:"kind"`
//	}
//	type Circle struct { Shape; Radius float64 }
//	type Square struct { Shape; Side float64 }
//
//	shapes, err := coodie.Open[Shape](db)
//	all, err := coodie.OpenVariants[Area](shapes, kind, coodie.VariantOf[Circle]("circle"), coodie.VariantOf[Square]("square"))
//	for shape, err := range all.Read(shapes.Find(drawing.Eq("d"))).Iter(ctx) { … } // *Circle or *Square, as an Area
//	circles, err := coodie.TableOf[Circle](all)
type Variants[T, I any] struct{ core variants }

// variants is a Variants, whatever its T and I.
type variants struct {
	mu            sync.Mutex // of what TableOf adds to the tables
	table         *table     // has the columns of all
	discriminator *meta.Column
	all           []variant
	put           func(at codec.Addr, row any) // sets the I at a place
}

// Variant is one of the struct types of a Variants: see VariantOf.
type Variant struct {
	value string
	typ   reflect.Type
}

// variant is one whose table is open.
type variant struct {
	Variant
	table *table
}

// kindOfRow is what a table of a variant knows of its discriminator.
type kindOfRow struct {
	column *meta.Column
	value  string
}

// VariantOf is the struct type V, whose rows have this value in the discriminator column.
func VariantOf[V any](value string) Variant { return Variant{value, reflect.TypeFor[V]()} }

// OpenVariants describes the rows of base's table as rows of several struct types. Each has base's key and
// discriminator columns, most simply by embedding T, and columns of its own; those of one name in two structs have one
// type. I is an interface that all of them implement by pointer, or any. What does not fit is a *SchemaError.
//
// A discriminator in the key, a clustering column say, keeps a conditional write from meeting a row of another
// variant; elsewhere name it in If.
func OpenVariants[I, T any](base *Table[T], discriminator *Column[T, string], all ...Variant) (*Variants[T, I], error) {
	v := &Variants[T, I]{core: variants{put: func(at codec.Addr, row any) { *codec.As[I](at) = row.(I) }}}
	if err := v.core.open((*table)(base), refOf(discriminator).Sure(), reflect.TypeFor[I](), all); err != nil {
		return nil, err
	}
	return v, nil
}

// TableOf is the table of one of the variants. Its queries do not filter by the discriminator: Count counts the rows of all
// variants, and a row of another one is an error of KindDecode. Filter by the discriminator, or use Variants.Read.
//
// What it writes as a whole row has the variant's value in the discriminator
// column, which V may leave empty; another one is an error of KindUsage. CreateJSON and SaveJSON write what the object says.
func TableOf[V, T, I any](v *Variants[T, I]) (*Table[V], error) {
	typ := reflect.TypeFor[V]()
	if v != nil {
		v.core.mu.Lock()
		defer v.core.mu.Unlock()
		for i := range v.core.all {
			if of := &v.core.all[i]; of.typ == typ {
				t := of.table
				if t.document == nil { // the first caller's table may be in use
					t.source.New, t.document = newExisting[V], newDocument[V]
					t.source.ValueAt, t.valueAt = places[V]()
				}
				return (*Table[V])(t), nil
			}
		}
	}
	return nil, &SchemaError{Type: typ, Reason: "it is none of the variants; give it to OpenVariants by VariantOf"}
}

// Read reads the rows of a query as what they are: pointers to the structs of the variants. AfterLoad runs on each. A row
// whose discriminator is null or that of no variant is an error of KindDecode, and so is one read without it (Only).
func (v *Variants[T, I]) Read(from Readable[T]) *Selection[T, I] {
	if v == nil || from == nil {
		return new(Selection[T, I])
	}
	return (*Selection[T, I])(v.core.read((*query)(from.Reads())))
}

func (v *variants) open(base *table, discriminator *stmt.Ref, i reflect.Type, all []Variant) error {
	if !base.ready() {
		return &SchemaError{Type: i, Reason: "OpenVariants needs the table of the base struct"}
	}
	typ := base.schema.Meta.Go
	fail := func(typ reflect.Type, reason string) error { return &SchemaError{Type: typ, Reason: reason} }
	v.discriminator = base.schema.Meta.Column(discriminator.Name())
	switch {
	case i.Kind() != reflect.Interface:
		return fail(i, "variants are read through an interface, which pointers to all of them implement")
	case v.discriminator == nil || v.discriminator.Type.Kind != codec.Text || v.discriminator.GoType.Kind() != reflect.String:
		return fail(typ, "the discriminator is a text column of the base struct, in a field of kind string")
	case len(all) == 0:
		return fail(typ, "there are no variants; give them by VariantOf")
	}
	var others []*meta.Table
	for k, of := range all {
		if of.typ == nil || of.value == "" || slices.ContainsFunc(all[:k], func(o Variant) bool { return o.typ == of.typ || o.value == of.value }) {
			return fail(typ, "each variant has a struct type and a value of its own, which is not empty")
		}
		if !reflect.PointerTo(of.typ).Implements(i) {
			return fail(of.typ, "a pointer to it does not implement "+i.String())
		}
		t, err := base.another(of.typ)
		if err != nil {
			return err
		}
		own := t.schema.Meta.Column(v.discriminator.Name)
		if own == nil || own.GoType.Kind() != reflect.String {
			return fail(of.typ, "the discriminator column "+v.discriminator.Name+" is missing, or not in a field of kind string")
		}
		t.hooks.kind = &kindOfRow{own, of.value}
		v.all = append(v.all, variant{of, t})
		others = append(others, t.schema.Meta)
	}
	union, err := meta.Union(base.schema.Meta, others)
	if err != nil {
		return schemaError(err)
	}
	if v.table, err = base.another(typ); err != nil {
		return err
	}
	s := &v.table.schema
	for _, c := range union.Columns[len(s.Columns):] {
		s.Columns, s.Refs = append(s.Columns, stmt.Named(c)), append(s.Refs, *stmt.NamedRef(c))
	}
	s.Meta = union
	return nil
}

// another is the table of another struct, whose rows are in the same table of the database.
func (t *table) another(typ reflect.Type) (*table, error) {
	opts := append(slices.Clone(t.opts), WithTable(t.settings.table), tableOption(func(s *settings) { s.columns = nil }))
	if t.keyspace != "" {
		opts = append(opts, WithKeyspace(t.keyspace))
	}
	return open(typ, t.db, opts)
}

var (
	errNoKind    = errors.New("the discriminator was not read or is null, so the row's variant is not known")
	errOtherKind = errors.New("the row is of another variant: filter by the discriminator, or read it by Variants.Read")
	errUnknown   = errors.New("the discriminator is that of none of the variants")
)

func (v *variants) read(q *query) *selection {
	s := &selection{call: q.call()}
	if s.call.table == nil || v.table == nil {
		return new(selection)
	}
	s.call.table, s.call.spec.Table = v.table, &v.table.schema
	fail := func(err error) error {
		return decodeError(v.table.schema.Name, v.discriminator.Name, "", err)
	}
	s.readerFor = func(ctx context.Context, columns driver.Columns) (rowReader, error) {
		at := -1
		for i := range columns.Len() {
			if columns.Name(i) == v.discriminator.Name {
				at = i
			}
		}
		if at < 0 {
			return nil, fail(errNoKind)
		}
		readers := make([]answer.RowReader, len(v.all))
		return func(to codec.Addr, cells [][]byte) (err error) {
			i := slices.IndexFunc(v.all, func(of variant) bool { return of.value == string(cells[at]) })
			switch {
			case cells[at] == nil:
				return fail(errNoKind)
			case i < 0:
				return fail(errUnknown)
			}
			t := v.all[i].table
			if readers[i] == nil {
				if readers[i], err = t.source.Reader(columns); err != nil {
					return err
				}
			}
			row := t.schema.New()
			if err := readers[i](row, cells); err != nil {
				return err
			}
			if err := t.loaded(ctx, row); err != nil {
				return err
			}
			v.put(to, t.hooked(row))
			return nil
		}, nil
	}
	return s
}

// mark gives the row at p the variant's value, or says that it has another.
func (k *kindOfRow) mark(t *table, op string, p codec.Addr) error {
	field := codec.As[string](p.Field(k.column.Offset))
	if *field != "" && *field != k.value {
		return misuse(op, t.schema.Name, k.column.Name, "the struct's discriminator is not that of its variant; leave it empty", nil)
	}
	*field = k.value
	return nil
}

// check reports a row of another variant. One that was read without the discriminator is taken as it is.
func (k *kindOfRow) check(t *table, p codec.Addr) error {
	if kind := *codec.As[string](p.Field(k.column.Offset)); kind != "" && kind != k.value {
		return decodeError(t.schema.Name, k.column.Name, k.column.Field, errOtherKind)
	}
	return nil
}
