package migrate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// live judges changes of the schema by the live one.
type live struct {
	db       *coodie.DB
	keyspace string // of unqualified names
}

// verdict says whether the effect of a statement is there.
type verdict int

const (
	unjudged    verdict = iota // the live schema does not tell
	absent                     // as before the statement
	present                    // as after it
	conflicting                // neither
)

// judge says whether the effect of a statement is there, as stated. Where it is neither as before nor as after, found
// describes what is there instead.
func (l live) judge(ctx context.Context, s cqlparse.Statement) (v verdict, found string, err error) {
	switch s := s.(type) {
	case *cqlparse.CreateKeyspace:
		return l.created(ctx, "keyspaces", "keyspace_name", s.Keyspace.Name, s.Keyspace.Name)
	case *cqlparse.DropKeyspace:
		return l.dropped(ctx, "keyspaces", "keyspace_name", s.Keyspace.Name, s.Keyspace.Name)
	case *cqlparse.CreateTable:
		return l.createTable(ctx, s)
	case *cqlparse.DropTable:
		return l.dropped(ctx, "tables", "table_name", l.in(s.Table), s.Table.Name.Name)
	case *cqlparse.AlterTable:
		return l.alterTable(ctx, s)
	case *cqlparse.CreateType:
		return l.createType(ctx, s)
	case *cqlparse.AlterType:
		return l.alterType(ctx, s)
	case *cqlparse.DropType:
		return l.dropped(ctx, "types", "type_name", l.in(s.Name), s.Name.Name.Name)
	case *cqlparse.CreateIndex:
		return l.createIndex(ctx, s)
	case *cqlparse.DropIndex:
		return l.dropped(ctx, "indexes", "index_name", l.in(s.Name), s.Name.Name.Name)
	case *cqlparse.CreateView:
		return l.createView(ctx, s)
	case *cqlparse.DropView:
		return l.dropped(ctx, "views", "view_name", l.in(s.Name), s.Name.Name.Name)
	case *cqlparse.CreateFunction:
		return l.createFunction(ctx, s)
	case *cqlparse.CreateAggregate:
		return l.createAggregate(ctx, s)
	case *cqlparse.DropFunction:
		return l.dropFunction(ctx, "functions", "function_name", s.Name, s.Signature)
	case *cqlparse.DropAggregate:
		return l.dropFunction(ctx, "aggregates", "aggregate_name", s.Name, s.Signature)
	case *cqlparse.CreateTrigger:
		return l.createTrigger(ctx, s)
	case *cqlparse.DropTrigger:
		v, err := l.trigger(ctx, s.Table, s.Name, func(string) {})
		return v.undone(), "", err
	}
	return unjudged, "", nil
}

// undone is the verdict on dropping something, by that on creating it.
func (v verdict) undone() verdict {
	return map[verdict]verdict{absent: present, present: absent}[v]
}

// optional says whether a change of the schema does nothing if its effect, or something else, is there. So finding that
// does not prove that it was executed.
func optional(s cqlparse.Statement) bool {
	switch s := s.(type) {
	case *cqlparse.CreateKeyspace:
		return s.IfNotExists
	case *cqlparse.DropKeyspace:
		return s.IfExists
	case *cqlparse.CreateTable:
		return s.IfNotExists
	case *cqlparse.AlterTable:
		return s.IfExists || s.IfColumnExists || s.IfColumnNotExists
	case *cqlparse.DropTable:
		return s.IfExists
	case *cqlparse.CreateType:
		return s.IfNotExists
	case *cqlparse.AlterType:
		return s.IfExists || s.IfFieldExists || s.IfFieldNotExists
	case *cqlparse.DropType:
		return s.IfExists
	case *cqlparse.CreateIndex:
		return s.IfNotExists
	case *cqlparse.DropIndex:
		return s.IfExists
	case *cqlparse.CreateView:
		return s.IfNotExists
	case *cqlparse.DropView:
		return s.IfExists
	case *cqlparse.CreateFunction:
		return s.IfNotExists || s.OrReplace
	case *cqlparse.CreateAggregate:
		return s.IfNotExists || s.OrReplace
	case *cqlparse.DropFunction:
		return s.IfExists
	case *cqlparse.DropAggregate:
		return s.IfExists
	case *cqlparse.CreateTrigger:
		return s.IfNotExists
	case *cqlparse.DropTrigger:
		return s.IfExists
	}
	return false
}

// repeatable says whether a change of the schema, or of what roles may do, has the same effect twice.
func repeatable(s cqlparse.Statement) bool {
	switch s := s.(type) {
	case *cqlparse.AlterKeyspace, *cqlparse.AlterView, *cqlparse.AlterRole, *cqlparse.GrantPermission, *cqlparse.RevokePermission,
		*cqlparse.GrantRole, *cqlparse.RevokeRole:
		return true
	case *cqlparse.AlterTable:
		return s.Op == cqlparse.AlterOptions || s.Op == cqlparse.AlterMaskColumn
	case *cqlparse.CreateRole:
		return s.IfNotExists
	case *cqlparse.DropRole:
		return s.IfExists
	case *cqlparse.CreateFunction:
		return s.OrReplace
	case *cqlparse.CreateAggregate:
		return s.OrReplace
	}
	return false
}

// in is the keyspace of a name.
func (l live) in(n cqlparse.QualifiedName) string {
	if n.Keyspace.IsZero() {
		return l.keyspace
	}
	return n.Keyspace.Name
}

// rows reads rows of a table of system_schema.
func (l live) rows(ctx context.Context, each func(coodie.Row) error, query string, args ...any) error {
	for row, err := range l.db.Raw(query, args...).Rows(ctx) {
		if err != nil {
			return err
		}
		if err := each(row); err != nil {
			return err
		}
	}
	return nil
}

// names are the values of a column of a table of system_schema, in one keyspace.
func (l live) names(ctx context.Context, table, column, keyspace string) (map[string]bool, error) {
	names := map[string]bool{}
	err := l.rows(ctx, func(r coodie.Row) error {
		var name string
		err := r.Get(column, &name)
		names[name] = true
		return err
	}, "SELECT "+column+" FROM system_schema."+table+" WHERE keyspace_name = ?", keyspace)
	return names, err
}

// created judges a CREATE by whether the name exists.
func (l live) created(ctx context.Context, table, column, keyspace, name string) (verdict, string, error) {
	names, err := l.names(ctx, table, column, keyspace)
	if err != nil || !names[name] {
		return absent, "", err
	}
	return present, "", nil
}

// dropped judges a DROP by whether the name exists.
func (l live) dropped(ctx context.Context, table, column, keyspace, name string) (verdict, string, error) {
	v, _, err := l.created(ctx, table, column, keyspace, name)
	return v.undone(), "", err
}

// liveColumn is a column of a live table.
type liveColumn struct {
	Name     string `cql:"column_name"`
	Type     string
	Kind     string // partition_key, clustering, static, regular
	Position int
	Order    string `cql:"clustering_order"`
}

func (l live) columns(ctx context.Context, table cqlparse.QualifiedName) (map[string]liveColumn, error) {
	columns := map[string]liveColumn{}
	err := l.rows(ctx, func(r coodie.Row) error {
		var c liveColumn
		err := r.Scan(&c)
		columns[c.Name] = c
		return err
	}, "SELECT column_name, type, kind, position, clustering_order FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?",
		l.in(table), table.Name.Name)
	return columns, err
}

func (l live) createTable(ctx context.Context, s *cqlparse.CreateTable) (verdict, string, error) {
	columns, err := l.columns(ctx, s.Table)
	switch {
	case err != nil || len(columns) == 0:
		return absent, "", err
	case s.IfNotExists || s.CompactStorage: // any will do; the server adds columns
		return present, "", nil
	}
	found := func(format string, args ...any) (verdict, string, error) {
		return conflicting, "table " + s.Table.String() + " exists, but " + fmt.Sprintf(format, args...), nil
	}
	if keys := s.Keys(); len(keys) == 1 && !hasKey(columns, keys[0]) {
		return found("its primary key is another")
	}
	orders := map[string]string{}
	for _, o := range s.ClusteringOrder {
		orders[o.Column.Name] = "asc"
		if o.Desc {
			orders[o.Column.Name] = "desc"
		}
	}
	for _, want := range s.Columns {
		c, ok := columns[want.Name.Name]
		switch {
		case !ok:
			return found("it has no column %s", want.Name)
		case !sameColumnType(c.Type, want.Type):
			return found("column %s is %s", want.Name, c.Type)
		case want.Static != (c.Kind == "static"):
			return found("column %s is %s", want.Name, c.Kind)
		case c.Kind == "clustering" && orders[c.Name] != c.Order && (orders[c.Name] != "" || c.Order != "asc"):
			return found("column %s is in %s order", want.Name, c.Order)
		}
	}
	if len(columns) != len(s.Columns) {
		return found("it has %d columns instead of %d", len(columns), len(s.Columns))
	}
	return present, "", nil
}

// hasKey says whether the columns of a primary key are in their places.
func hasKey(columns map[string]liveColumn, key *cqlparse.PrimaryKey) bool {
	for kind, names := range map[string][]cqlparse.Identifier{"partition_key": key.Partition, "clustering": key.Clustering} {
		for i, name := range names {
			if c := columns[name.Name]; c.Kind != kind || c.Position != i {
				return false
			}
		}
	}
	return true
}

func (l live) alterTable(ctx context.Context, s *cqlparse.AlterTable) (verdict, string, error) {
	switch s.Op {
	case cqlparse.AlterAddColumns, cqlparse.AlterDropColumns, cqlparse.AlterRenameColumns, cqlparse.AlterColumnType:
	default:
		return unjudged, "", nil
	}
	columns, err := l.columns(ctx, s.Table)
	if err != nil {
		return unjudged, "", err
	}
	if len(columns) == 0 {
		if s.IfExists {
			return present, "", nil
		}
		return conflicting, "table " + s.Table.String() + " does not exist", nil
	}
	var done, open int
	count := func(is bool) {
		if is {
			done++
		} else {
			open++
		}
	}
	switch s.Op {
	case cqlparse.AlterAddColumns:
		for _, want := range s.Columns {
			c, ok := columns[want.Name.Name]
			kind := "regular"
			if want.Static {
				kind = "static"
			}
			same := sameColumnType(c.Type, want.Type) && c.Kind == kind
			if ok && !same && !s.IfColumnNotExists {
				return conflicting, fmt.Sprintf("column %s of %s is %s %s", want.Name, s.Table, c.Kind, c.Type), nil
			}
			count(ok)
		}
	case cqlparse.AlterDropColumns:
		for _, name := range s.Drops {
			_, ok := columns[name.Name]
			count(!ok)
		}
	case cqlparse.AlterRenameColumns:
		for _, r := range s.Renames {
			_, from := columns[r.From.Name]
			_, to := columns[r.To.Name]
			if from == to && !s.IfColumnExists {
				return conflicting, fmt.Sprintf("of the columns %s and %s of %s, one should exist", r.From, r.To, s.Table), nil
			}
			count(to || !from)
		}
	case cqlparse.AlterColumnType:
		for _, want := range s.Columns {
			count(sameColumnType(columns[want.Name.Name].Type, want.Type))
		}
	}
	return all(done, open, s.IfColumnExists || s.IfColumnNotExists, "the columns of "+s.Table.String())
}

// all judges an effect that has several parts, of which the server makes all or none. Those of an optional one may have been there
// before in part.
func all(done, open int, optional bool, parts string) (verdict, string, error) {
	switch {
	case open == 0:
		return present, "", nil
	case done == 0, optional:
		return absent, "", nil
	}
	return conflicting, "of " + parts + " some are as before the statement and some as after it", nil
}

// fields are the names of a type's fields, and their types; none: there is no such type.
func (l live) fields(ctx context.Context, name cqlparse.QualifiedName) (names, types []string, err error) {
	err = l.rows(ctx, func(r coodie.Row) error {
		if err := r.Get("field_names", &names); err != nil {
			return err
		}
		return r.Get("field_types", &types)
	}, "SELECT field_names, field_types FROM system_schema.types WHERE keyspace_name = ? AND type_name = ?", l.in(name), name.Name.Name)
	if err == nil && len(names) != len(types) {
		err = fmt.Errorf("type %s has %d fields and %d types", name, len(names), len(types))
	}
	return names, types, err
}

func (l live) createType(ctx context.Context, s *cqlparse.CreateType) (verdict, string, error) {
	names, types, err := l.fields(ctx, s.Name)
	switch {
	case err != nil || len(names) == 0:
		return absent, "", err
	case s.IfNotExists:
		return present, "", nil
	}
	same := len(names) == len(s.Fields)
	for i := 0; same && i < len(names); i++ {
		same = names[i] == s.Fields[i].Name.Name && sameType(types[i], s.Fields[i].Type)
	}
	if !same {
		return conflicting, "type " + s.Name.String() + " exists, but its fields are others", nil
	}
	return present, "", nil
}

func (l live) alterType(ctx context.Context, s *cqlparse.AlterType) (verdict, string, error) {
	names, types, err := l.fields(ctx, s.Name)
	if err != nil {
		return unjudged, "", err
	}
	if len(names) == 0 {
		if s.IfExists {
			return present, "", nil
		}
		return conflicting, "type " + s.Name.String() + " does not exist", nil
	}
	if s.Op == cqlparse.AlterRenameFields {
		var done, open int
		for _, r := range s.Renames {
			from, to := slices.Contains(names, r.From.Name), slices.Contains(names, r.To.Name)
			if from == to && !s.IfFieldExists {
				return conflicting, fmt.Sprintf("of the fields %s and %s of type %s, one should exist", r.From, r.To, s.Name), nil
			}
			if to || !from {
				done++
			} else {
				open++
			}
		}
		return all(done, open, s.IfFieldExists, "the fields of type "+s.Name.String())
	}
	at := slices.Index(names, s.Field.Name.Name)
	switch {
	case at < 0 && s.Op == cqlparse.AlterFieldType:
		return conflicting, fmt.Sprintf("type %s has no field %s", s.Name, s.Field.Name), nil
	case at < 0:
		return absent, "", nil
	case sameType(types[at], s.Field.Type) || s.IfFieldNotExists:
		return present, "", nil
	case s.Op == cqlparse.AlterFieldType:
		return absent, "", nil
	}
	return conflicting, fmt.Sprintf("field %s of type %s is %s", s.Field.Name, s.Name, types[at]), nil
}

// trigger judges the creation of a trigger, whose name is the table's own, and calls each with its class.
func (l live) trigger(ctx context.Context, table cqlparse.QualifiedName, name cqlparse.Identifier, each func(class string)) (verdict, error) {
	v := absent
	err := l.rows(ctx, func(r coodie.Row) error {
		var options map[string]string
		err := r.Get("options", &options)
		v = present
		each(options["class"])
		return err
	}, "SELECT options FROM system_schema.triggers WHERE keyspace_name = ? AND table_name = ? AND trigger_name = ?", l.in(table), table.Name.Name, name.Name)
	return v, err
}

func (l live) createTrigger(ctx context.Context, s *cqlparse.CreateTrigger) (v verdict, found string, err error) {
	v, err = l.trigger(ctx, s.Table, s.Name, func(class string) {
		if class != s.Class.Text && !s.IfNotExists {
			found = fmt.Sprintf("trigger %s of table %s exists, with class %s", s.Name, s.Table, class)
		}
	})
	if found != "" {
		v = conflicting
	}
	return v, found, err
}

func (l live) createIndex(ctx context.Context, s *cqlparse.CreateIndex) (verdict, string, error) {
	v, found := absent, ""
	err := l.rows(ctx, func(r coodie.Row) error {
		var name, table, kind string
		var options map[string]string
		for column, dest := range map[string]any{"index_name": &name, "table_name": &table, "kind": &kind, "options": &options} {
			if err := r.Get(column, dest); err != nil {
				return err
			}
		}
		same := table == s.Table.Name.Name && targets(s, options["target"]) && (s.Using == nil || kind == "CUSTOM")
		switch {
		case s.Name.IsZero() && same, name == s.Name.Name && (same || s.IfNotExists):
			v, found = present, ""
		case !s.Name.IsZero() && name == s.Name.Name:
			v, found = conflicting, strings.TrimSpace(fmt.Sprintf("index %s exists, on %s(%s) %s", name, table, options["target"], options["class_name"]))
		}
		return nil
	}, "SELECT table_name, index_name, kind, options FROM system_schema.indexes WHERE keyspace_name = ?", l.in(s.Table))
	return v, found, err
}

// targets says whether the statement makes an index with that target, as the server writes it: c, values(c), keys(c), …
func targets(s *cqlparse.CreateIndex, live string) bool {
	if len(s.Targets) != 1 || len(s.Targets[0].Partition) > 0 {
		return true // ScyllaDB's local indexes, and indexes with a class of their own, write something else
	}
	function, column := "values", live
	if open := strings.IndexByte(live, '('); open > 0 && strings.HasSuffix(live, ")") {
		function, column = live[:open], live[open+1:len(live)-1]
	}
	t := s.Targets[0]
	kinds := map[cqlparse.IndexTargetKind]string{cqlparse.IndexColumn: "values", cqlparse.IndexValues: "values",
		cqlparse.IndexKeys: "keys", cqlparse.IndexEntries: "entries", cqlparse.IndexFull: "full"}
	return kinds[t.Kind] == function && (t.Column.Name == column || t.Column.String() == column)
}

func (l live) createView(ctx context.Context, s *cqlparse.CreateView) (verdict, string, error) {
	v, found := absent, ""
	err := l.rows(ctx, func(r coodie.Row) error {
		var base string
		err := r.Get("base_table_name", &base)
		if v = present; base != s.Base.Name.Name && !s.IfNotExists {
			v, found = conflicting, fmt.Sprintf("view %s exists, on %s", s.Name, base)
		}
		return err
	}, "SELECT base_table_name FROM system_schema.views WHERE keyspace_name = ? AND view_name = ?", l.in(s.Name), s.Name.Name.Name)
	if err != nil || v != present || s.IfNotExists || s.Key == nil {
		return v, found, err
	}
	columns, err := l.columns(ctx, s.Name)
	if err == nil && !hasKey(columns, s.Key) {
		v, found = conflicting, fmt.Sprintf("view %s exists, but its primary key is another", s.Name)
	}
	return v, found, err
}

// overloads calls each with the argument types of the functions or aggregates of a name.
func (l live) overloads(ctx context.Context, table, column, body string, name cqlparse.QualifiedName, each func(types []string, body string)) error {
	return l.rows(ctx, func(r coodie.Row) error {
		var types []string
		var text string
		if err := r.Get("argument_types", &types); err != nil {
			return err
		}
		if err := r.Get(body, &text); err != nil {
			return err
		}
		each(types, text)
		return nil
	}, "SELECT argument_types, "+body+" FROM system_schema."+table+" WHERE keyspace_name = ? AND "+column+" = ?", l.in(name), name.Name.Name)
}

func (l live) createFunction(ctx context.Context, s *cqlparse.CreateFunction) (verdict, string, error) {
	v, found := absent, ""
	err := l.overloads(ctx, "functions", "function_name", "body", s.Name, func(types []string, body string) {
		var args []*cqlparse.Type
		for _, a := range s.Args {
			args = append(args, a.Type)
		}
		switch {
		case !sameTypes(types, args):
		case body == s.Body.Text || s.IfNotExists:
			v, found = present, ""
		case s.OrReplace:
			v = absent
		default:
			v, found = conflicting, "function "+s.Name.String()+" exists with another body"
		}
	})
	return v, found, err
}

func (l live) createAggregate(ctx context.Context, s *cqlparse.CreateAggregate) (verdict, string, error) {
	v, found := absent, ""
	err := l.overloads(ctx, "aggregates", "aggregate_name", "state_func", s.Name, func(types []string, state string) {
		switch {
		case !sameTypes(types, s.Args):
		case s.OrReplace:
			v = unjudged // it can be repeated
		case state == s.StateFunc.Name || s.IfNotExists:
			v, found = present, ""
		default:
			v, found = conflicting, "aggregate "+s.Name.String()+" exists with another state function"
		}
	})
	return v, found, err
}

func (l live) dropFunction(ctx context.Context, table, column string, name cqlparse.QualifiedName, signature *cqlparse.Signature) (verdict, string, error) {
	v := present
	body := map[string]string{"functions": "body", "aggregates": "state_func"}[table]
	err := l.overloads(ctx, table, column, body, name, func(types []string, _ string) {
		if signature == nil || sameTypes(types, signature.Types) {
			v = absent
		}
	})
	return v, "", err
}

func sameTypes(live []string, stated []*cqlparse.Type) bool {
	if len(live) != len(stated) {
		return false
	}
	for i := range live {
		if !sameType(live[i], stated[i]) {
			return false
		}
	}
	return true
}

// sameType compares a type of system_schema with one of a statement. Neither frozen nor the keyspace counts: the
// server adds the one and drops the other.
func sameType(live string, stated *cqlparse.Type) bool {
	t, err := cqlparse.ParseType(live)
	return err == nil && (bare(t) == bare(stated) || hasClass(stated))
}

// sameColumnType compares the types of columns, of which a collection or user-defined type is frozen as a whole or not.
func sameColumnType(live string, stated *cqlparse.Type) bool {
	t, err := cqlparse.ParseType(live)
	return err == nil && sameType(live, stated) && (frozen(t) == frozen(stated) || hasClass(stated))
}

// frozen says whether a column's value is written as a whole. That of a tuple or vector is, without the word.
func frozen(t *cqlparse.Type) bool {
	return t.Kind != cqlparse.ListType && t.Kind != cqlparse.SetType && t.Kind != cqlparse.MapType && t.Kind != cqlparse.UserType
}

// hasClass says whether a type names a class of Java, for which the server may write a name.
func hasClass(t *cqlparse.Type) bool {
	return t.Kind == cqlparse.CustomType || slices.ContainsFunc(t.Params, hasClass)
}

// bare is a type without frozen and keyspaces, and text for varchar.
func bare(t *cqlparse.Type) string {
	switch t.Kind {
	case cqlparse.FrozenType:
		return bare(t.Params[0])
	case cqlparse.UserType:
		return cqlparse.Identifier{Name: t.Name.Name.Name, Quoted: true}.String()
	case cqlparse.NativeType:
		if name := strings.ToLower(t.Name.Name.Name); name != "varchar" {
			return name
		}
		return "text"
	case cqlparse.CustomType:
		return t.String()
	}
	params := make([]string, len(t.Params))
	for i, p := range t.Params {
		params[i] = bare(p)
	}
	return fmt.Sprintf("%d<%s,%d>", t.Kind, strings.Join(params, ","), t.Dimension)
}
