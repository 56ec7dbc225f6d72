package gen

import (
	"bytes"
	"fmt"
	"go/format"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/ddl"
	"github.com/coodie-go/coodie/internal/meta"
)

// structType is a struct to be written: of a table, a view or a user-defined type.
type structType struct {
	name, goName string
	fields       []*field
	table        *ddl.LiveTable // nil of a type
	skipped      []string       // columns that have no Go type
	tuples       []tuple        // that its fields have
	opened       string         // the field of Tables that has it
}

// tuple is the struct of a tuple.
type tuple struct {
	name   string
	fields []string
}

// field is a column, or a field of a user-defined type.
type field struct {
	name, goName string
	typ          *codec.Type
	column       ddl.LiveColumn
	text         string // the Go type
	variable     string // of the column
	byItself     bool
}

type writer struct {
	cfg     Config
	live    *ddl.Live
	types   map[string]*structType
	tables  []*structType
	imports imports
	scope   scope
	given   map[string]bool // names of the user's that are in use
	owner   *structType     // of the field whose Go type is sought
	at      string          // its Go name
	out     bytes.Buffer
}

// Structs writes structs with tags for the tables, views and user-defined types of a keyspace, with their column variables
// and a function that opens them. The code is formatted, and the same for the same schema.
func Structs(live *ddl.Live, cfg Config) ([]byte, error) {
	w := &writer{cfg: cfg, live: live, types: map[string]*structType{}, imports: imports{}, scope: scope{}, given: map[string]bool{}}
	if !cfg.NoTables {
		w.scope["Tables"], w.scope["OpenTables"] = true, true
	}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(cfg.Names)), slices.Collect(maps.Keys(cfg.GoTypes)), cfg.Pointers) {
		if !w.known(name) {
			return nil, fmt.Errorf("gen: the configuration names %q, which the schema does not have", name)
		}
	}
	if err := w.ownNames(); err != nil {
		return nil, fmt.Errorf("gen: %w", err)
	}
	if err := w.collect(); err != nil {
		return nil, fmt.Errorf("gen: %w", err)
	}
	for _, s := range w.sortedTypes() {
		w.structOf(s)
	}
	for _, s := range w.tables {
		w.structOf(s)
	}
	if !cfg.NoColumns {
		w.columns()
	}
	if !cfg.NoTables {
		w.open()
	}
	for path, name := range w.imports {
		if w.scope[name] {
			return nil, fmt.Errorf("gen: a type is named %s, as the package %s is in the file; give it another name", name, path)
		}
	}
	return finish(cfg.Package, w.imports, w.out.Bytes())
}

// finish puts the header and imports before the code, and formats it.
func finish(pkg string, imports imports, body []byte) ([]byte, error) {
	if pkg == "" {
		pkg = "model"
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s\n\npackage %s\n\n", Header, pkg)
	if len(imports) > 0 {
		out.WriteString("import (\n")
		for _, std := range []bool{true, false} {
			for _, path := range slices.Sorted(maps.Keys(imports)) {
				if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") != std {
					fmt.Fprintf(&out, "\t%s\n", importSpec(path, imports[path]))
				}
			}
			out.WriteString("\n")
		}
		out.WriteString(")\n\n")
	}
	out.Write(body)
	code, err := format.Source(out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("gen: the generated code is not valid: %w", err)
	}
	return code, nil
}

// known reports whether the schema has a table, type, column or field of that name.
func (w *writer) known(name string) bool {
	if name == "*" || w.live.Tables[name] != nil || w.live.Types[name] != nil {
		return true
	}
	of, part, ok := strings.Cut(name, ".")
	if t := w.live.Tables[of]; ok && t != nil {
		if _, ok := t.Columns[part]; ok {
			return true
		}
	}
	if t := w.live.Types[of]; ok && t != nil {
		return slices.ContainsFunc(t.Fields, func(f codec.Field) bool { return f.Name == part })
	}
	return false
}

// collect names the structs and their fields, and gives each its Go type.
func (w *writer) collect() error {
	names := slices.Sorted(maps.Keys(w.live.Tables))
	if len(w.cfg.Tables) > 0 {
		for _, name := range w.cfg.Tables {
			if w.live.Tables[name] == nil {
				return fmt.Errorf("the schema has no table or view %s", name)
			}
		}
		names = slices.Sorted(slices.Values(w.cfg.Tables))
	}
	for _, views := range []bool{false, true} { // a view is opened after its table
		for _, name := range names {
			t := w.live.Tables[name]
			if (t.ViewOf != "") != views || w.live.Foreign(name) {
				continue
			}
			if views && !slices.Contains(names, t.ViewOf) {
				return fmt.Errorf("the view %s needs its table %s", name, t.ViewOf)
			}
			s := &structType{name: name, goName: w.structName(name, "Row"), table: t}
			for _, c := range t.Sorted() {
				typ := thawed(ddl.ParseType(c.Type))
				s.fields = append(s.fields, &field{name: c.Name, typ: typ, column: c})
			}
			w.tables = append(w.tables, s)
		}
	}
	for _, s := range w.tables {
		for _, f := range s.fields {
			if err := w.need(f.typ); err != nil {
				return fmt.Errorf("column %s of %s: %w", f.name, s.name, err)
			}
		}
	}
	for _, s := range append(w.sortedTypes(), w.tables...) {
		if err := w.fields(s); err != nil {
			return err
		}
	}
	return nil
}

// thawed is the type with plain tuples, which are frozen in any case: the server says so, and files need not.
func thawed(t *codec.Type) *codec.Type {
	if t == nil {
		return nil
	}
	own := *t
	own.Key, own.Elem, own.Elems = thawed(t.Key), thawed(t.Elem), slices.Clone(t.Elems)
	for i := range own.Elems {
		own.Elems[i] = thawed(own.Elems[i])
	}
	if t.Kind == codec.Tuple {
		own.Frozen = false
	}
	return &own
}

// structName is the Go name of a table, view or type: one of the user's own, or the first of these that is free.
func (w *writer) structName(name, suffix string) string {
	if own := w.cfg.Names[name]; own != "" && !w.given[name] { // a table and a type can share it
		w.given[name] = true
		return own
	}
	return w.scope.take(goName(name), goName(name)+suffix)
}

// ownNames takes the names that the user gives.
func (w *writer) ownNames() error {
	for _, name := range slices.Sorted(maps.Keys(w.cfg.Names)) {
		own := w.cfg.Names[name]
		_, column, _ := strings.Cut(name, ".")
		switch {
		case !token.IsIdentifier(own):
			return fmt.Errorf("%s=%s is not valid: a Go name is made of letters, digits and _, and is no keyword", name, own)
		case column != "" && !token.IsExported(own):
			return fmt.Errorf("%s=%s is not valid: the name of a field begins with a capital", name, own)
		case column == "" && (types.Universe.Lookup(own) != nil || slices.Contains([]string{"t", "db", "err"}, own)):
			return fmt.Errorf("%s=%s is not valid: the code has another use for the name", name, own)
		case column == "" && w.scope[own]:
			return fmt.Errorf("%s=%s: the name is taken", name, own)
		case column == "":
			w.scope[own] = true
		}
	}
	return nil
}

// need collects the user-defined types that a type uses.
func (w *writer) need(t *codec.Type) error {
	if t == nil {
		return nil
	}
	for _, inner := range append([]*codec.Type{t.Key, t.Elem}, t.Elems...) {
		if err := w.need(inner); err != nil {
			return err
		}
	}
	if t.Kind != codec.UDT || w.types[t.Name] != nil {
		return nil
	}
	live := w.live.Types[t.Name]
	if live == nil {
		return fmt.Errorf("the user-defined type %s is not in the schema", t.Name)
	}
	s := &structType{name: t.Name, goName: w.structName(t.Name, "Type")}
	w.types[t.Name] = s
	for _, f := range live.Fields {
		s.fields = append(s.fields, &field{name: f.Name, typ: thawed(f.Type)})
		if err := w.need(f.Type); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) sortedTypes() (out []*structType) {
	for _, name := range slices.Sorted(maps.Keys(w.types)) {
		out = append(out, w.types[name])
	}
	return out
}

// fields gives each field its Go name and type.
func (w *writer) fields(s *structType) error {
	names := scope{"TableName": true, "UDTName": true, "ViewFilter": true}
	for _, f := range s.fields {
		if own := w.cfg.Names[s.name+"."+f.name]; own != "" {
			if names[own] {
				return fmt.Errorf("%s.%s=%s: the name is taken", s.name, f.name, own)
			}
			names[own], f.goName = true, own
		}
	}
	kept := s.fields[:0]
	for _, f := range s.fields {
		path := s.name + "." + f.name
		if f.goName == "" {
			f.goName = names.take(goName(f.name))
		}
		w.owner, w.at = s, f.goName
		var err error
		if given := w.cfg.GoTypes[path]; given != "" {
			f.text = given
		} else if f.text, f.byItself, err = w.goType(f.typ, false); err != nil {
			if _, none := err.(noType); none && s.table != nil && f.column.Kind != "partition_key" && f.column.Kind != "clustering" {
				s.skipped = append(s.skipped, onOneLine(f.name+": "+err.Error()))
				continue
			}
			return fmt.Errorf("%s: %w", path, err)
		}
		key := f.column.Kind == "partition_key" || f.column.Kind == "clustering"
		whole := f.typ.Kind == codec.UDT || f.typ.Kind == codec.Tuple || f.typ.Kind == codec.Vector // null would be read as zeros
		if !key && f.typ.Kind != codec.Counter && (whole || w.asked(path)) && !nilable(f.text) {
			f.text = "*" + f.text
		}
		if s.table != nil {
			f.variable = w.scope.take(w.variable(s, f))
		}
		kept = append(kept, f)
	}
	s.fields = kept
	return nil
}

func (w *writer) printf(format string, args ...any) { fmt.Fprintf(&w.out, format, args...) }

func (w *writer) structOf(s *structType) {
	what := "a value of the user-defined type "
	if s.table != nil {
		what = "a row of the table "
		if s.table.ViewOf != "" {
			what = "a row of the materialized view "
		}
	}
	w.printf("// %s is %s%s.\n", s.goName, what, onOneLine(s.name))
	if s.table != nil {
		for line := range strings.Lines(comment(s.table)) {
			w.printf("// %s\n", strings.TrimSpace(line))
		}
	}
	w.printf("type %s struct {\n", s.goName)
	for _, f := range s.fields {
		w.printf("\t%s %s %s\n", f.goName, w.spelled(f.text), tagText(w.tag(s, f)))
	}
	for _, skipped := range s.skipped {
		w.printf("\t// %s\n", skipped)
	}
	w.printf("}\n\n")
	for _, t := range s.tuples {
		w.printf("// %s is a tuple of %s.\ntype %s struct {\n", t.name, s.goName, t.name)
		for _, f := range t.fields {
			w.printf("\t%s\n", w.spelled(f))
		}
		w.printf("}\n\n")
	}
	if s.table != nil && s.table.Filter() != "" {
		w.printf("// ViewFilter is the view's filter.\nfunc (%s) ViewFilter() string { return %q }\n\n", s.goName, s.table.Filter())
	}
	if codec.SnakeCase(s.goName) == s.name {
		return
	}
	if s.table != nil {
		w.printf("// TableName is the table's name.\nfunc (%s) TableName() string { return %q }\n\n", s.goName, s.name)
	} else {
		w.printf("// UDTName is the type's name.\nfunc (%s) UDTName() string { return %q }\n\n", s.goName, s.name)
	}
}

func comment(t *ddl.LiveTable) string {
	s, _ := t.Options["comment"].(string)
	return s
}

// tagText is a struct tag as Go has it.
func tagText(tag string) string {
	text := "cql:" + strconv.Quote(tag)
	if strings.Contains(text, "`") {
		return strconv.Quote(text)
	}
	return "`" + text + "`"
}

// tag is the cql tag of a field.
func (w *writer) tag(s *structType, f *field) string {
	parts := []string{codec.QuoteName(f.name)}
	if s.table != nil {
		switch f.column.Kind {
		case "partition_key":
			parts = append(parts, "partition")
		case "clustering":
			parts = append(parts, "clustering")
			if f.column.Order == "desc" {
				parts = append(parts, "desc")
			}
		case "static":
			parts = append(parts, "static")
		}
	}
	switch {
	case !f.byItself:
		parts = append(parts, "type="+f.typ.String())
	case f.typ.Kind == codec.Set:
		parts = append(parts, "set")
	}
	key := f.column.Kind == "partition_key" || f.column.Kind == "clustering"
	if s.table != nil && f.byItself && f.typ.Frozen && (f.typ.Kind == codec.List || f.typ.Kind == codec.Set || f.typ.Kind == codec.Map || f.typ.Kind == codec.UDT) && !key {
		parts = append(parts, "frozen")
	}
	return strings.Join(append(parts, w.indexes(s, f)...), ",")
}

// indexes are the options for the indexes of a column.
func (w *writer) indexes(s *structType, f *field) (out []string) {
	if s.table == nil || s.table.ViewOf != "" {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(w.live.Indexes)) {
		l := w.live.Indexes[name]
		part, column, ok := l.Target()
		if l.Table != s.name || !ok || column != f.name || l.Kind == "CUSTOM" && !l.SAI() {
			continue
		}
		ix := meta.Index{SAI: l.SAI(), Target: part}
		var words []string
		if ix.SAI {
			words = append(words, "sai")
		}
		if part != "" {
			words = append(words, part)
		}
		if ix.DefaultName(s.name, f.name) != name {
			words = append(words, "name="+name)
		}
		for _, option := range slices.Sorted(maps.Keys(l.Options)) {
			if option != "target" && option != "class_name" {
				words = append(words, option+"="+optionText(l.Options[option]))
			}
		}
		if len(words) == 0 {
			out = append(out, "index")
		} else {
			out = append(out, "index="+strings.Join(words, " "))
		}
	}
	return out
}

// optionText is the value of an index's option as a tag has it.
func optionText(value string) string {
	if value != "" && !strings.ContainsFunc(value, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",'<>", r) }) {
		return value
	}
	return ddl.Text(value)
}

// onOneLine is a text that may stand in a comment.
func onOneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// variable is the name of a column variable.
func (w *writer) variable(s *structType, f *field) string {
	if w.cfg.Exported {
		return s.goName + f.goName
	}
	return unexported(s.goName) + f.goName
}

func (w *writer) columns() {
	for _, s := range w.tables {
		w.imports.name(coodiePath)
		w.printf("// The columns of %s.\nvar (\n", s.goName)
		for _, f := range s.fields {
			w.printf("\t%s = %s\n", f.variable, columnOf(s.goName, f.goName, w.spelled(f.text)))
		}
		w.printf(")\n\n")
	}
}

// columnOf makes the column variable of a field.
func columnOf(of, field, text string) string {
	constructor := "Col"
	if strings.HasPrefix(text, "*") && text != "*big.Int" && text != "*inf.Dec" {
		constructor = "NullCol"
	}
	return fmt.Sprintf("coodie.%s(func(r *%s) *%s { return &r.%s })", constructor, of, text, field)
}

// open writes what opens the tables.
func (w *writer) open() {
	if len(w.tables) == 0 {
		return
	}
	w.imports.name(coodiePath)
	w.printf("// Tables are the tables and views of the keyspace.\ntype Tables struct {\n")
	names := scope{"Schema": true} // the method
	for _, s := range w.tables {
		s.opened = names.take(s.goName, s.goName+"Table")
		kind := "Table"
		if s.table.ViewOf != "" {
			kind = "View"
		}
		w.printf("\t%s *coodie.%s[%s]\n", s.opened, kind, s.goName)
	}
	w.printf("}\n\n// OpenTables opens the tables and views on db.\nfunc OpenTables(db *coodie.DB) (*Tables, error) {\n\tvar t Tables\n\tvar err error\n")
	for _, s := range w.tables {
		call := fmt.Sprintf("coodie.Open[%s](db", s.goName)
		if s.table.ViewOf != "" {
			base := s.opened
			for _, o := range w.tables {
				if o.name == s.table.ViewOf {
					base = o.opened
				}
			}
			call = fmt.Sprintf("coodie.OpenView[%s](t.%s", s.goName, base)
		}
		w.printf("\tif t.%s, err = %s%s); err != nil {\n\t\treturn nil, err\n\t}\n", s.opened, call, w.options(s))
	}
	w.printf("\treturn &t, nil\n}\n\n// Schema is what the tables and views need in the database.\nfunc (t *Tables) Schema(db *coodie.DB) *coodie.Tables {\n\treturn coodie.Schema(db")
	for _, s := range w.tables {
		w.printf(", t.%s", s.opened)
	}
	w.printf(")\n}\n")
}

// options are those of the table that a program cares for.
func (w *writer) options(s *structType) (out string) {
	if !w.cfg.NoColumns {
		var columns []string
		for _, f := range s.fields {
			columns = append(columns, f.variable)
		}
		out += ",\n\t\tcoodie.WithColumns(" + strings.Join(columns, ", ") + ")"
	}
	if text := comment(s.table); text != "" {
		out += ",\n\t\tcoodie.WithProperty(\"comment\", " + strconv.Quote(text) + ")"
	}
	if ttl, _ := s.table.Options[ddl.DefaultTTL].(int); ttl > 0 && s.table.ViewOf == "" {
		w.imports.name("time")
		out += fmt.Sprintf(",\n\t\tcoodie.WithDefaultTTL(%d*time.Second)", ttl)
	}
	return out
}
