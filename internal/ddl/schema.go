package ddl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// Schema is the tables, views and user-defined types of one keyspace, each once.
type Schema struct {
	Keyspace string        // as the server knows it
	Types    []*codec.Type // each after those that it uses
	Tables   []*Table
	Views    []*Table
	prefix   string // the keyspace as the statements name it; "": the session's
}

// SchemaOf puts tables of one keyspace together. Two structs of one table give it the columns of both, and two of one
// user-defined type its fields.
func SchemaOf(keyspace string, tables []*Table) (*Schema, error) {
	s := &Schema{Keyspace: keyspace}
	var types []*codec.Type
	for _, t := range tables {
		if s.prefix == "" {
			s.prefix = t.Keyspace
		}
		list := &s.Tables
		if t.ViewOf != "" {
			list = &s.Views
		}
		i := slices.IndexFunc(*list, func(o *Table) bool { return o.Name == t.Name })
		if i < 0 {
			own := *t
			*list = append(*list, &own)
		} else if err := (*list)[i].join(t); err != nil {
			return nil, err
		}
		if t.ViewOf != "" {
			continue // a view has the types of its table
		}
		var err error
		if types, err = joinTypes(types, t.Meta); err != nil {
			return nil, err
		}
	}
	s.Types = ordered(types)
	return s, nil
}

// join adds the columns, indexes and properties of another struct of the table.
func (t *Table) join(o *Table) (err error) {
	if o.Meta != t.Meta {
		if t.Meta, err = meta.Union(t.Meta, []*meta.Table{o.Meta}); err != nil {
			return err
		}
		for i, c := range t.Meta.Columns { // the union's own list
			of := o.Meta.Column(c.Name)
			if of == nil || of == c {
				continue
			}
			both := *c
			both.Indexes = slices.Clip(both.Indexes)
			for _, ix := range of.Indexes {
				if !slices.ContainsFunc(c.Indexes, func(has meta.Index) bool { return has.SAI == ix.SAI && has.Target == ix.Target }) {
					both.Indexes = append(both.Indexes, ix)
				}
			}
			t.Meta.Columns[i] = &both
		}
	}
	for _, p := range o.Properties {
		switch value := t.Property(p.Name); value {
		case "":
			t.Properties = append(t.Properties[:len(t.Properties):len(t.Properties)], p)
		case p.Value:
		default:
			return &meta.Error{Type: o.Meta.Go, Reason: "property " + p.Name + " has another value in another struct of the table"}
		}
	}
	return nil
}

func joinTypes(types []*codec.Type, of *meta.Table) ([]*codec.Type, error) {
	for _, t := range of.Types {
		i := slices.IndexFunc(types, func(o *codec.Type) bool { return o.Name == t.Name })
		if i < 0 {
			types = append(types, t)
			continue
		}
		both := *types[i]
		both.Fields = slices.Clip(both.Fields)
		for _, f := range t.Fields {
			k := slices.IndexFunc(both.Fields, func(o codec.Field) bool { return o.Name == f.Name })
			switch {
			case k < 0:
				both.Fields = append(both.Fields, f)
			case !f.Type.Freeze().Equal(both.Fields[k].Type.Freeze()) && !sameType(f.Type, both.Fields[k].Type):
				return nil, &meta.Error{Type: of.Go, Reason: fmt.Sprintf("field %s of the type %s is %s here and %s in another struct of it", f.Name, t.Name, f.Type, both.Fields[k].Type)}
			}
		}
		types[i] = &both
	}
	return types, nil
}

// sameType compares two types by their names.
func sameType(a, b *codec.Type) bool { return a.Freeze().String() == b.Freeze().String() }

// ordered puts each type after those that it uses.
func ordered(types []*codec.Type) (out []*codec.Type) {
	var add func(t *codec.Type)
	add = func(t *codec.Type) {
		if slices.Contains(out, t) {
			return
		}
		for _, f := range t.Fields {
			for _, o := range types {
				if o != t && names(f.Type, o.Name) {
					add(o)
				}
			}
		}
		out = append(out, t)
	}
	for _, t := range types {
		add(t)
	}
	return out
}

// Create makes everything where it does not exist: types, tables, their indexes, views.
func (s *Schema) Create() (out []string) {
	for _, d := range s.Compare(new(Live), false) {
		out = append(out, d.CQL)
	}
	return out
}

// Drop removes everything where it exists: views, tables, and the types that nothing of the keyspace will use any more.
func (s *Schema) Drop(live *Live) (out []string) {
	for _, t := range slices.Concat(s.Views, s.Tables) {
		out = append(out, t.Drop())
		delete(live.Tables, t.Name)
	}
	for _, t := range slices.Backward(s.Types) {
		of := live.Types[t.Name]
		delete(live.Types, t.Name)
		if of != nil && live.Uses(t.Name) {
			live.Types[t.Name] = of
		} else {
			out = append(out, "DROP TYPE IF EXISTS "+s.quoted(t.Name))
		}
	}
	return out
}

func (s *Schema) quoted(name string) string { return cql.TableName(s.prefix, name) }

// full is a name for reading.
func (s *Schema) full(name string) string { return s.Keyspace + "." + name }

func (s *Schema) createType(typ *codec.Type) string {
	fields := make([]string, len(typ.Fields))
	for i, f := range typ.Fields {
		fields[i] = cql.Quote(f.Name) + " " + f.Type.Freeze().String() // as CQL wants it in a user-defined type
	}
	return "CREATE TYPE IF NOT EXISTS " + s.quoted(typ.Name) + " (" + strings.Join(fields, ", ") + ")"
}

// Names are the names of the tables and views, and of the types.
func (s *Schema) Names() (tables, types []string) {
	for _, t := range slices.Concat(s.Tables, s.Views) {
		tables = append(tables, t.Name)
	}
	for _, t := range s.Types {
		types = append(types, t.Name)
	}
	return tables, types
}
