package gen

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cqlparse"
	"github.com/coodie-go/coodie/internal/ddl"
	"github.com/coodie-go/coodie/internal/meta"
)

// Live reads the schema of a keyspace of a cluster.
func Live(ctx context.Context, db *coodie.DB, keyspace string) (*ddl.Live, error) {
	return ddl.Load(func(query string, args []string, each func(map[string]any) error) error {
		values := make([]any, len(args))
		for i := range args {
			values[i] = args[i]
		}
		for row, err := range db.Raw(query, values...).Rows(ctx) {
			if err != nil {
				return err
			}
			m, err := row.Map()
			if err != nil {
				return err
			}
			if err := each(m); err != nil {
				return err
			}
		}
		return nil
	}, keyspace, nil, nil)
}

// Files reads the schema from files of CQL, in their order: what they create, alter and drop, as the server would have it.
// Files that end in .down.cql are left out, and so are statements that are about data. A keyspace is needed if the files
// have several. A name without a keyspace is in that of the last USE, or else in the wanted one.
func Files(fsys fs.FS, keyspace string, names ...string) (*ddl.Live, error) {
	s := &script{keyspace: keyspace, named: keyspace != "", views: map[string]*cqlparse.CreateView{}, live: &ddl.Live{Types: map[string]*codec.Type{}, Tables: map[string]*ddl.LiveTable{}, Indexes: map[string]ddl.LiveIndex{}}}
	for _, name := range names {
		if strings.HasSuffix(name, ".down.cql") {
			continue
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		statements, err := cqlparse.ParseScript(string(text))
		var syntax *cqlparse.Error
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("%s:%d:%d: %s", name, syntax.Pos.Line, syntax.Pos.Col+1, cqlparse.Redact(err.Error()))
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, statement := range statements {
			if err := s.run(statement); err != nil {
				at := statement.Position()
				return nil, fmt.Errorf("%s:%d:%d: %w", name, at.Line, at.Col+1, err)
			}
		}
	}
	return s.live, nil
}

// script carries out statements that change the schema.
type script struct {
	keyspace, current string
	named             bool // the keyspace was given
	live              *ddl.Live
	views             map[string]*cqlparse.CreateView
}

// elsewhere reports whether the object is in another keyspace than the wanted one.
func (s *script) elsewhere(q cqlparse.QualifiedName) (bool, error) {
	keyspace := q.Keyspace.Name
	if keyspace == "" {
		keyspace = s.current
	}
	switch {
	case keyspace == "":
		return false, nil
	case s.keyspace == "":
		s.keyspace = keyspace
	case keyspace != s.keyspace && !s.named:
		return false, fmt.Errorf("this is of the keyspace %s, and what comes before of %s; name the keyspace", keyspace, s.keyspace)
	}
	return keyspace != s.keyspace, nil
}

func (s *script) run(statement cqlparse.Statement) error {
	switch st := statement.(type) {
	case *cqlparse.Use:
		s.current = st.Keyspace.Name
	case *cqlparse.CreateType:
		return s.on(st.Name, func(name string) error { return s.createType(name, st) })
	case *cqlparse.AlterType:
		return s.on(st.Name, func(name string) error { return s.alterType(name, st) })
	case *cqlparse.DropType:
		return s.on(st.Name, func(name string) error { delete(s.live.Types, name); return nil })
	case *cqlparse.CreateTable:
		return s.on(st.Table, func(name string) error { return s.createTable(name, st) })
	case *cqlparse.AlterTable:
		return s.on(st.Table, func(name string) error { return s.alterTable(name, st) })
	case *cqlparse.DropTable:
		return s.on(st.Table, func(name string) error { s.drop(name); return nil })
	case *cqlparse.CreateView:
		return s.on(st.Name, func(name string) error { return s.createView(name, st) })
	case *cqlparse.DropView:
		return s.on(st.Name, func(name string) error { s.drop(name); return nil })
	case *cqlparse.CreateIndex:
		return s.on(st.Table, func(name string) error { return s.createIndex(name, st) })
	case *cqlparse.DropIndex:
		return s.on(st.Name, func(name string) error { delete(s.live.Indexes, name); return nil })
	}
	return nil
}

func (s *script) on(q cqlparse.QualifiedName, do func(name string) error) error {
	if elsewhere, err := s.elsewhere(q); elsewhere || err != nil {
		return err
	}
	return do(q.Name.Name)
}

func (s *script) drop(table string) {
	delete(s.live.Tables, table)
	for name, ix := range s.live.Indexes {
		if ix.Table == table {
			delete(s.live.Indexes, name)
		}
	}
}

// typeOf is a type as the server shows it.
func typeOf(t *cqlparse.Type) (*codec.Type, error) { return codec.ParseType(unqualified(t).String()) }

// unqualified is the type without the keyspace of user-defined types, which is always the table's.
func unqualified(t *cqlparse.Type) *cqlparse.Type {
	own := *t
	own.Name.Keyspace = cqlparse.Identifier{}
	own.Params = slices.Clone(t.Params)
	for i, p := range own.Params {
		own.Params[i] = unqualified(p)
	}
	return &own
}

func (s *script) createType(name string, st *cqlparse.CreateType) error {
	if s.live.Types[name] != nil {
		return there(st.IfNotExists, "type "+name)
	}
	t := &codec.Type{Kind: codec.UDT, Name: name, Fields: []codec.Field{}}
	for _, f := range st.Fields {
		typ, err := typeOf(f.Type)
		if err != nil {
			return err
		}
		t.Fields = append(t.Fields, codec.Field{Name: f.Name.Name, Type: typ})
	}
	s.live.Types[name] = t
	return nil
}

// there is the error of something that is to be created and exists; nil if that was asked for.
func there(ifNotExists bool, what string) error {
	if ifNotExists {
		return nil
	}
	return fmt.Errorf("the %s exists already", what)
}

func missing(what string) error { return fmt.Errorf("there is no %s", what) }

func (s *script) alterType(name string, st *cqlparse.AlterType) error {
	t := s.live.Types[name]
	if t == nil {
		if st.IfExists {
			return nil
		}
		return missing("type " + name)
	}
	index := func(name string) int {
		return slices.IndexFunc(t.Fields, func(f codec.Field) bool { return f.Name == name })
	}
	switch st.Op {
	case cqlparse.AlterAddField:
		typ, err := typeOf(st.Field.Type)
		if err != nil {
			return err
		}
		if index(st.Field.Name.Name) >= 0 {
			return there(st.IfFieldNotExists, "field "+st.Field.Name.Name)
		}
		t.Fields = append(t.Fields, codec.Field{Name: st.Field.Name.Name, Type: typ})
	case cqlparse.AlterRenameFields:
		for _, r := range st.Renames {
			i := index(r.From.Name)
			if i < 0 && st.IfFieldExists {
				continue
			}
			if i < 0 {
				return missing("field " + r.From.Name)
			}
			t.Fields[i].Name = r.To.Name
		}
	}
	return nil
}

func (s *script) createTable(name string, st *cqlparse.CreateTable) error {
	if s.live.Tables[name] != nil {
		return there(st.IfNotExists, "table "+name)
	}
	keys := st.Keys()
	if len(keys) != 1 {
		return fmt.Errorf("the table %s has no primary key, or several", name)
	}
	t := &ddl.LiveTable{Name: name, Columns: map[string]ddl.LiveColumn{}, Options: options(st.Options)}
	for _, c := range st.Columns {
		if err := addColumn(t, c); err != nil {
			return err
		}
	}
	if err := setKey(t, keys[0], st.ClusteringOrder); err != nil {
		return err
	}
	s.live.Tables[name] = t
	return nil
}

func addColumn(t *ddl.LiveTable, c *cqlparse.ColumnDef) error {
	typ, err := typeOf(c.Type)
	if err != nil {
		return err
	}
	kind := "regular"
	if c.Static {
		kind = "static"
	}
	t.Columns[c.Name.Name] = ddl.LiveColumn{Name: c.Name.Name, Kind: kind, Type: typ.String(), Order: "none", Position: -1}
	return nil
}

func setKey(t *ddl.LiveTable, key *cqlparse.PrimaryKey, order []*cqlparse.ColumnOrder) error {
	for _, part := range []struct {
		kind, order string
		names       []cqlparse.Identifier
	}{{"partition_key", "none", key.Partition}, {"clustering", "asc", key.Clustering}} {
		for i, id := range part.names {
			c, ok := t.Columns[id.Name]
			if !ok {
				return missing("column " + id.Name + " for the key of " + t.Name)
			}
			c.Kind, c.Order, c.Position = part.kind, part.order, i
			for _, o := range order {
				if o.Column.Name == id.Name && o.Desc {
					c.Order = "desc"
				}
			}
			t.Columns[id.Name] = c
		}
	}
	return nil
}

// options are those that code is generated for.
func options(list []*cqlparse.Property) map[string]any {
	out := map[string]any{}
	for _, p := range list {
		l, ok := p.Value.(*cqlparse.Literal)
		if !ok {
			continue
		}
		switch p.Name.Name {
		case "comment":
			out["comment"] = l.Text
		case ddl.DefaultTTL:
			var ttl int
			if _, err := fmt.Sscan(l.Text, &ttl); err == nil {
				out[ddl.DefaultTTL] = ttl
			}
		}
	}
	return out
}

func (s *script) alterTable(name string, st *cqlparse.AlterTable) error {
	t := s.live.Tables[name]
	if t == nil {
		if st.IfExists {
			return nil
		}
		return missing("table " + name)
	}
	switch st.Op {
	case cqlparse.AlterAddColumns:
		for _, c := range st.Columns {
			if _, ok := t.Columns[c.Name.Name]; ok {
				if err := there(st.IfColumnNotExists, "column "+c.Name.Name); err != nil {
					return err
				}
			} else if err := addColumn(t, c); err != nil {
				return err
			}
			for _, v := range s.live.Tables { // those of SELECT * have it too
				if v.ViewOf == t.Name && len(s.views[v.Name].Selectors) == 0 {
					if err := addColumn(v, c); err != nil {
						return err
					}
				}
			}
		}
	case cqlparse.AlterDropColumns:
		for _, id := range st.Drops {
			if _, ok := t.Columns[id.Name]; !ok && !st.IfColumnExists {
				return missing("column " + id.Name)
			}
			delete(t.Columns, id.Name)
		}
	case cqlparse.AlterRenameColumns:
		for _, r := range st.Renames {
			if _, ok := t.Columns[r.From.Name]; !ok {
				if st.IfColumnExists {
					continue
				}
				return missing("column " + r.From.Name)
			}
			if _, ok := t.Columns[r.To.Name]; ok {
				return there(false, "column "+r.To.Name)
			}
			s.rename(t, r.From.Name, r.To.Name)
		}
	case cqlparse.AlterColumnType:
		typ, err := typeOf(st.Columns[0].Type)
		if err != nil {
			return err
		}
		c, ok := t.Columns[st.Columns[0].Name.Name]
		if !ok {
			return missing("column " + st.Columns[0].Name.Name)
		}
		c.Type = typ.String()
		t.Columns[c.Name] = c
	case cqlparse.AlterOptions:
		for name, value := range options(st.Options) {
			t.Options[name] = value
		}
	}
	return nil
}

// rename renames a column of a table, and of its views and indexes.
func (s *script) rename(t *ddl.LiveTable, from, to string) {
	for _, of := range s.live.Tables {
		if c, ok := of.Columns[from]; ok && (of == t || of.ViewOf == t.Name) {
			delete(of.Columns, from)
			c.Name = to
			of.Columns[to] = c
			if of.ViewOf != "" {
				for _, r := range s.views[of.Name].Where {
					for i := range r.Columns {
						if r.Columns[i].Name == from {
							r.Columns[i] = cqlparse.Identifier{Name: to}
						}
					}
				}
				of.Where = filter(s.views[of.Name])
			}
		}
	}
	for _, ix := range s.live.Indexes {
		if part, column, ok := ix.Target(); ok && ix.Table == t.Name && column == from {
			ix.Options["target"] = ddl.TargetText(part, to)
		}
	}
}

func (s *script) createView(name string, st *cqlparse.CreateView) error {
	if s.live.Tables[name] != nil {
		return there(st.IfNotExists, "view "+name)
	}
	base := s.live.Tables[st.Base.Name.Name]
	if base == nil {
		return missing("table " + st.Base.Name.Name)
	}
	t := &ddl.LiveTable{Name: name, ViewOf: base.Name, Where: filter(st), Columns: map[string]ddl.LiveColumn{}, Options: options(st.Options)}
	s.views[name] = st
	add := func(c ddl.LiveColumn) {
		c.Kind, c.Position, c.Order = "regular", -1, "none"
		t.Columns[c.Name] = c
	}
	for _, sel := range st.Selectors {
		var c ddl.LiveColumn
		column, ok := sel.Expr.(*cqlparse.ColumnRef)
		if ok {
			c, ok = base.Columns[column.Name.Name]
		}
		if !ok {
			return missing("column " + cqlparse.Print(sel) + " in " + base.Name)
		}
		add(c)
	}
	if len(st.Selectors) == 0 {
		for _, c := range base.Columns {
			add(c)
		}
	}
	if err := setKey(t, st.Key, st.ClusteringOrder); err != nil {
		return err
	}
	for _, id := range st.Key.Clustering { // a view has the order of its table where it names none
		c := t.Columns[id.Name]
		if base.Columns[id.Name].Order == "desc" && !slices.ContainsFunc(st.ClusteringOrder, func(o *cqlparse.ColumnOrder) bool { return o.Column.Name == id.Name }) {
			c.Order = "desc"
			t.Columns[id.Name] = c
		}
	}
	s.live.Tables[name] = t
	return nil
}

// filter is a view's WHERE, without the word.
func filter(st *cqlparse.CreateView) string {
	conditions := make([]string, len(st.Where))
	for i, r := range st.Where {
		conditions[i] = cqlparse.Print(r)
	}
	return strings.Join(conditions, " AND ")
}

func (s *script) createIndex(table string, st *cqlparse.CreateIndex) error {
	t := s.live.Tables[table]
	if t == nil {
		return missing("table " + table)
	}
	if len(st.Targets) != 1 {
		return nil // a local index of ScyllaDB
	}
	target := st.Targets[0]
	column, ok := t.Columns[target.Column.Name]
	if !ok {
		return missing("column " + target.Column.Name)
	}
	ix := ddl.LiveIndex{Table: table, Name: st.Name.Name, Kind: "COMPOSITES", Options: map[string]string{}}
	word := [...]string{"", "keys", "values", "entries", "full"}[target.Kind]
	typ, err := codec.ParseType(column.Type)
	if err == nil && word == "" && typ.MultiCell() && typ.Kind != codec.UDT {
		word = "values"
	}
	ix.Options["target"] = ddl.TargetText(word, target.Column.Name)
	if st.Using != nil {
		ix.Kind, ix.Options["class_name"] = "CUSTOM", st.Using.Text
	}
	for _, p := range st.Options {
		m, ok := p.Value.(*cqlparse.MapLiteral)
		if !ok {
			continue
		}
		for _, e := range m.Entries {
			k, ok1 := e.Key.(*cqlparse.Literal)
			v, ok2 := e.Value.(*cqlparse.Literal)
			if ok1 && ok2 {
				ix.Options[k.Text] = v.Text
			}
		}
	}
	if ix.Name == "" { // the server counts: t_c_idx, t_c_idx_1
		base := (&meta.Index{}).DefaultName(table, target.Column.Name)
		ix.Name = base
		for n := 1; ; n++ {
			has, taken := s.live.Indexes[ix.Name]
			if !taken {
				break
			}
			if has.Table == table && maps.Equal(has.Options, ix.Options) {
				return there(st.IfNotExists, "index "+ix.Name)
			}
			ix.Name = fmt.Sprintf("%s_%d", base, n)
		}
	}
	if _, taken := s.live.Indexes[ix.Name]; taken {
		return there(st.IfNotExists, "index "+ix.Name)
	}
	s.live.Indexes[ix.Name] = ix
	return nil
}
