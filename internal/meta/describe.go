package meta

import (
	"fmt"
	"reflect"
	"regexp"
	"sort"
	"sync"

	"github.com/coodie-go/coodie/internal/codec"
)

var tables sync.Map // reflect.Type → described

type described struct {
	table *Table
	err   error
}

// Of describes the table of the struct type t. The answer, an error included,
// is computed once per type. Every error is an *Error.
func Of(t reflect.Type) (*Table, error) {
	if d, ok := tables.Load(t); ok {
		return d.(described).table, d.(described).err
	}
	table, err := describe(t)
	if err != nil {
		table = nil
	}
	d, _ := tables.LoadOrStore(t, described{table, err})
	return d.(described).table, d.(described).err
}

var rows sync.Map // reflect.Type → described

// Row describes a struct type that rows are read into, of whichever table: its fields
// are tagged as those of a table, but it needs no key. As with Of, the answer is computed
// once per type.
func Row(t reflect.Type) (*Table, error) {
	if d, ok := rows.Load(t); ok {
		return d.(described).table, d.(described).err
	}
	var d described
	if t == nil || t.Kind() != reflect.Struct {
		d.err = &Error{Type: t, Reason: "a row is read into a struct type, not into a pointer or another kind"}
	} else {
		r := &describer{table: &Table{Go: t, byName: map[string]*Column{}}, positions: map[*Column]int{}}
		if d.err = r.fields(t, "", 0); d.err == nil {
			d.table = r.table
		}
	}
	stored, _ := rows.LoadOrStore(t, d)
	return stored.(described).table, stored.(described).err
}

// What a struct implements to name its own table, and to filter its rows if it is a view.
type (
	tableName  interface{ TableName() string }
	viewFilter interface{ ViewFilter() string }
)

// Codecs returns the codecs that a struct has of its own. The package above sets it, since it has
// the type by which a struct declares them.
var Codecs func(zero any) []codec.CustomScheme

// custom is the codec of that name of the struct type, or else of the table's.
func (d *describer) custom(t reflect.Type, name string) (*codec.Scheme, error) {
	for _, t := range [...]reflect.Type{t, d.table.Go} {
		all, err := codecsOf(t)
		if err != nil {
			return nil, err
		}
		var found *codec.Scheme
		for _, c := range all {
			if c.Name() != name {
				continue
			}
			if found != nil {
				return nil, fmt.Errorf("%s has two codecs %q", t, name)
			}
			found = c.Scheme()
		}
		if found != nil {
			return found, nil
		}
	}
	return nil, fmt.Errorf("%s has no codec %q: make it with CodecOf in its method Codecs() []coodie.Codec", t, name)
}

func codecsOf(t reflect.Type) (all []codec.CustomScheme, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the method Codecs of %s panics: %v", t, p)
		}
	}()
	if Codecs == nil {
		return nil, nil
	}
	return Codecs(reflect.New(t).Interface()), nil
}

// identifier is what Cassandra accepts as a keyspace or table name.
var identifier = regexp.MustCompile(`^[A-Za-z0-9_]{1,222}$`)

// CheckName reports why a keyspace or table name cannot be used, or nil.
func CheckName(what, name string) error {
	if identifier.MatchString(name) {
		return nil
	}
	return fmt.Errorf("%s name %q is not made of 1 to 222 letters, digits and underscores", what, name)
}

func describe(t reflect.Type) (*Table, error) {
	if t == nil || t.Kind() != reflect.Struct {
		return nil, &Error{Type: t, Reason: "a table is declared by a struct type, not by a pointer or another kind"}
	}
	d := &describer{table: &Table{Go: t, byName: map[string]*Column{}}, positions: map[*Column]int{}}
	if err := d.fields(t, "", 0); err != nil {
		return nil, err
	}
	table := d.table
	table.Name = codec.SnakeCase(t.Name())
	if n, ok := reflect.New(t).Interface().(tableName); ok {
		table.Name = n.TableName()
	}
	if f, ok := reflect.New(t).Interface().(viewFilter); ok {
		table.Filter = f.ViewFilter()
	}
	if t.Name() == "" && table.Name == "" {
		table.Name = "unnamed" // an anonymous struct needs WithTable; Open checks the final name
	}
	if err := CheckName("table", table.Name); err != nil {
		return nil, d.fail("", "%s", err)
	}
	if err := d.keys(); err != nil {
		return nil, err
	}
	if err := d.kinds(); err != nil {
		return nil, err
	}
	if err := d.checkSlots(); err != nil {
		return nil, err
	}
	if err := d.indexes(); err != nil {
		return nil, err
	}
	if err := d.userTypes(); err != nil {
		return nil, err
	}
	return table, nil
}

type describer struct {
	table     *Table
	positions map[*Column]int
}

func (d *describer) fail(field, format string, args ...any) error {
	return &Error{Type: d.table.Go, Field: field, Reason: fmt.Sprintf(format, args...)}
}

// fields adds the columns of struct type t, whose fields lie base bytes into the table's struct.
func (d *describer) fields(t reflect.Type, prefix string, base uintptr) error {
	for i := range t.NumField() {
		f := t.Field(i)
		path := prefix + f.Name
		text, tagged := f.Tag.Lookup(TagKey)
		opts, err := parseTag(text)
		if err != nil {
			return d.fail(path, "tag %s:%q: %s", TagKey, text, err)
		}
		if opts.skip {
			continue
		}
		if f.Anonymous && !tagged {
			flat, err := d.embedded(f, path)
			if err != nil {
				return err
			}
			if flat {
				if err := d.fields(f.Type, path+".", base+f.Offset); err != nil {
					return err
				}
				continue
			}
		}
		if opts.slots {
			if err := d.slots(f, path, opts); err != nil {
				return err
			}
			continue
		}
		if !f.IsExported() {
			if tagged {
				return d.fail(path, "the field is not exported, so its tag has no effect; export it or remove the tag")
			}
			continue
		}
		if err := d.column(t, f, path, base+f.Offset, opts); err != nil {
			return err
		}
	}
	return nil
}

// slots adds the column of the writers' slots, which no field holds.
func (d *describer) slots(f reflect.StructField, path string, opts tag) error {
	switch {
	case d.table.Slots != nil:
		return d.fail(path, "field %s is the marker of the slots already", d.table.Slots.Field)
	case f.Name != "_" || f.Type.Kind() != reflect.Struct || f.Type.NumField() > 0:
		return d.fail(path, "the slots belong to the library, and no field holds them; write: _ struct{} `%s:%q`", TagKey, "slots,slots")
	}
	c := &Column{Name: opts.name, Field: path, Kind: opts.kind, GoType: reflect.TypeFor[map[string]string](), Type: slotsType}
	if c.Name == "" {
		c.Name = "slots"
	}
	var err error
	if c.Codec, err = codec.For(c.GoType, c.Type); err != nil {
		return d.fail(path, "%s", err)
	}
	d.table.Slots = c
	return nil
}

var slotsType = &codec.Type{Kind: codec.Map, Key: codec.Native(codec.Text), Elem: codec.Native(codec.Text)}

// checkSlots refuses slots where there can be none.
func (d *describer) checkSlots() error {
	c := d.table.Slots
	if c == nil {
		return nil
	}
	c.Index = len(d.table.Columns)
	switch other := d.table.byName[c.Name]; {
	case other != nil:
		return d.fail(c.Field, "column %q is already declared by field %s", c.Name, other.Field)
	case d.table.Counter:
		return d.fail(c.Field, "a counter table takes no LWT, and so no slots")
	case c.Kind == Static && len(d.table.Clustering) == 0:
		return d.fail(c.Field, "a static column needs a clustering column in the table")
	}
	return nil
}

// embedded reports whether an untagged embedded field is flattened into the table.
func (d *describer) embedded(f reflect.StructField, path string) (bool, error) {
	t := f.Type
	if t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct {
		return false, d.fail(path, "an embedded pointer cannot be flattened; embed %s by value", t.Elem())
	}
	if t.Kind() != reflect.Struct {
		return false, nil
	}
	typ, err := codec.Infer(t, codec.Options{})
	isValue := err == nil && typ.Kind != codec.UDT // time.Time and other structs that are one cell
	return !isValue, nil
}

// column adds the column of field f of struct type t.
func (d *describer) column(t reflect.Type, f reflect.StructField, path string, offset uintptr, opts tag) error {
	c := &Column{
		Name: opts.name, Field: path, Index: len(d.table.Columns), Kind: opts.kind, Desc: opts.desc,
		GoType: f.Type, Offset: offset, Indexes: opts.indexes,
	}
	if c.Name == "" {
		c.Name = codec.SnakeCase(f.Name)
	}
	if other := d.table.byName[c.Name]; other != nil {
		return d.fail(path, "column %q is already declared by field %s", c.Name, other.Field)
	}
	if err := d.typeOf(t, c, opts); err != nil {
		return d.fail(path, "%s", err)
	}
	if opts.def != nil {
		var err error
		if c.Default, err = defaultOf(c, *opts.def); err != nil {
			return d.fail(path, "%s", err)
		}
		d.table.Defaults = append(d.table.Defaults, c)
	}
	if opts.position != 0 {
		d.positions[c] = opts.position
	}
	if opts.attempt {
		switch {
		case d.table.Attempt != nil:
			return d.fail(path, "field %s is the attempt column already", d.table.Attempt.Field)
		case c.Type.Kind != codec.UUID || c.GoType.Kind() != reflect.Array:
			return d.fail(path, "an attempt column is a uuid held in a [16]byte type, such as coodie.UUID")
		case !plainUUID(c):
			return d.fail(path, "an attempt column holds the bytes of its uuid as they are, and %s encodes itself otherwise; use coodie.UUID", c.GoType)
		}
		d.table.Attempt = c
	}
	if opts.version {
		switch {
		case d.table.Version != nil:
			return d.fail(path, "field %s is the version column already", d.table.Version.Field)
		case c.Type.Kind != codec.BigInt || !counts64(c.GoType):
			return d.fail(path, "a version column is a bigint held in an int64: it begins at the time of the insert in "+
				"nanoseconds, so that no version of a row comes again")
		}
		d.table.Version = c
	}
	d.table.Columns = append(d.table.Columns, c)
	d.table.byName[c.Name] = c
	return nil
}

func (d *describer) typeOf(t reflect.Type, c *Column, opts tag) (err error) {
	switch {
	case opts.typ != "":
		c.Type, err = codec.ParseType(opts.typ)
	case opts.json:
		c.Type = codec.Native(codec.Text)
	default:
		c.Type, err = codec.Infer(c.GoType, codec.Options{Set: opts.set, Tuple: opts.tuple})
	}
	if err != nil {
		return err
	}
	if opts.frozen || c.Key() {
		c.Type = c.Type.Freeze()
	}
	switch {
	case opts.json:
		c.Codec, err = codec.JSON.For(c.GoType, c.Type)
	case opts.codec != "":
		var scheme *codec.Scheme
		if scheme, err = d.custom(t, opts.codec); err == nil {
			c.Codec, err = scheme.For(c.GoType, c.Type)
		}
	default:
		c.Codec, err = codec.For(c.GoType, c.Type)
	}
	if err != nil {
		return err
	}
	c.Type = c.Codec.Type()
	return nil
}

// counts64 reports whether the Go type is an integer of 64 bits, such as a version needs.
func counts64(typ reflect.Type) bool {
	switch typ.Kind() {
	case reflect.Int, reflect.Int64, reflect.Uint, reflect.Uint64:
		return typ.Size() == 8
	}
	return false
}

// keys collects the primary key in its order.
func (d *describer) keys() error {
	for _, c := range d.table.Columns {
		switch c.Kind {
		case Partition:
			d.table.Partition = append(d.table.Partition, c)
		case Clustering:
			d.table.Clustering = append(d.table.Clustering, c)
		}
	}
	if len(d.table.Partition) == 0 {
		return d.fail("", "no field is tagged as partition key; tag one like `%s:\"name,partition\"`", TagKey)
	}
	for _, key := range [][]*Column{d.table.Partition, d.table.Clustering} {
		if err := d.order(key); err != nil {
			return err
		}
	}
	d.table.star()
	return nil
}

// order sorts key by the explicit positions, which must be 1..n or absent altogether.
func (d *describer) order(key []*Column) error {
	taken := map[int]*Column{}
	for _, c := range key {
		n := d.positions[c]
		if n == 0 {
			continue
		}
		if other := taken[n]; other != nil {
			return d.fail(c.Field, "%s position %d is already taken by field %s", c.Kind, n, other.Field)
		}
		if n > len(key) {
			return d.fail(c.Field, "%s position %d leaves a gap: there are %d such columns", c.Kind, n, len(key))
		}
		taken[n] = c
	}
	if len(taken) == 0 {
		return nil
	}
	for _, c := range key {
		if d.positions[c] == 0 {
			return d.fail(c.Field, "give every %s column a position, or none", c.Kind)
		}
	}
	sort.Sort(byPosition{key, d.positions})
	return nil
}

// plainUUID reports whether the column's cell is the array's bytes: Settle compares them.
func plainUUID(c *Column) bool {
	id := reflect.New(c.GoType)
	for i := range id.Elem().Len() {
		id.Elem().Index(i).SetUint(uint64(i + 1))
	}
	cell, _, err := c.Codec.Append([]byte{}, codec.AddrOf(id))
	return err == nil && string(cell) == "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"
}

// byPosition sorts key columns by the positions that their tags give. Package slices would make a sort of its own.
type byPosition struct {
	key       []*Column
	positions map[*Column]int
}

func (b byPosition) Len() int           { return len(b.key) }
func (b byPosition) Less(i, j int) bool { return b.positions[b.key[i]] < b.positions[b.key[j]] }
func (b byPosition) Swap(i, j int)      { b.key[i], b.key[j] = b.key[j], b.key[i] }

// kinds checks what CQL allows in each role.
func (d *describer) kinds() error {
	counters := 0
	for _, c := range d.table.Columns {
		reason := c.Type.Invalid()
		switch {
		case reason != "":
			return d.fail(c.Field, "%s", reason)
		case c.Key() && c.Type.Kind == codec.Counter:
			return d.fail(c.Field, "a %s cannot be part of the primary key", c.Type)
		case c.Key() && c.Type.Unordered():
			return d.fail(c.Field, "a duration cannot be part of the primary key: durations have no order, since months and days vary in length")
		case c.Kind == Static && len(d.table.Clustering) == 0:
			return d.fail(c.Field, "a static column needs a clustering column in the table")
		}
		if c.Type.Kind == codec.Counter {
			counters++
		}
	}
	if counters == 0 {
		return nil
	}
	for _, c := range d.table.Columns {
		if !c.Key() && c.Type.Kind != codec.Counter {
			return d.fail(c.Field, "a counter table holds only counters beside its primary key")
		}
	}
	d.table.Counter = true
	return nil
}

// userTypes lists the user-defined types of the columns, a type after those it uses.
func (d *describer) userTypes() error {
	seen := map[string]*codec.Type{}
	var walk func(t *codec.Type) *codec.Type
	// walk returns a type whose name stands for other fields already.
	walk = func(t *codec.Type) *codec.Type {
		if t == nil {
			return nil
		}
		inner := append([]*codec.Type{t.Key, t.Elem}, t.Elems...)
		for _, f := range t.Fields {
			inner = append(inner, f.Type)
		}
		for _, i := range inner {
			if clash := walk(i); clash != nil {
				return clash
			}
		}
		if t.Kind != codec.UDT {
			return nil
		}
		if other := seen[t.Name]; other != nil {
			if !sameFields(other, t) {
				return t
			}
			return nil
		}
		seen[t.Name] = t
		d.table.Types = append(d.table.Types, t)
		return nil
	}
	for _, c := range d.table.Columns {
		if clash := walk(c.Type); clash != nil {
			return d.fail(c.Field, "user-defined type %s has other fields in another column; name one of the Go types by a method UDTName() string", clash.Name)
		}
	}
	return nil
}

func sameFields(a, b *codec.Type) bool {
	if len(a.Fields) != len(b.Fields) {
		return false
	}
	for i := range a.Fields {
		if a.Fields[i].Name != b.Fields[i].Name || !a.Fields[i].Type.Equal(b.Fields[i].Type) {
			return false
		}
	}
	return true
}
