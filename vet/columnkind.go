package vet

import (
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// ColumnKind finds typed columns that do not fit their fields.
var ColumnKind = finder("columnkind", `report typed columns of the wrong kind

ListCol is for a list, SetCol for a set, CounterCol for a counter, as the field's type and tag say; a
selector returns the address of a field that is a column. Otherwise each call with the column fails.`, func(c *code) {
	for _, call := range calls(c.root) {
		f := c.callee(call)
		if f == nil || len(call.Args) != 1 {
			continue
		}
		for _, kind := range columnKinds {
			if kind.of.in(f) {
				c.checkColumn(call, f.Name(), kind.cql)
			}
		}
	}
})

// columnKinds are the constructors of columns, by the CQL type that they are for.
var columnKinds = []struct {
	of  names
	cql string
}{
	{coodie.column, ""},
	{coodie.lists, "list"}, {coodie.sets, "set"}, {coodie.maps, "map"}, {coodie.counters, "counter"},
}

func (c *code) checkColumn(call *ast.CallExpr, constructor, want string) {
	lit, ok := c.only(call.Args[0]).(*ast.FuncLit)
	if !ok || len(lit.Body.List) != 1 || lit.Type.Params == nil || len(lit.Type.Params.List) != 1 || len(lit.Type.Params.List[0].Names) != 1 {
		return
	}
	result, ok := lit.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(result.Results) != 1 {
		return
	}
	address, ok := ast.Unparen(result.Results[0]).(*ast.UnaryExpr)
	if !ok || address.Op != token.AND {
		return
	}
	row := c.TypesInfo.Defs[lit.Type.Params.List[0].Names[0]]
	sel, ok := ast.Unparen(address.X).(*ast.SelectorExpr)
	if !ok {
		c.report(address, nil, "the selector returns no address of a field: return &x.Field of its parameter x")
		return
	}
	var path []*types.Var
	var tags []string
	for at := sel; ; {
		fields, tagged := c.fields(at)
		if fields == nil {
			return
		}
		path, tags = append(fields, path...), append(tagged, tags...)
		inner, ok := ast.Unparen(at.X).(*ast.SelectorExpr)
		if !ok {
			if c.variable(at.X) != row {
				c.report(address, nil, "the selector returns no address of a field: return &x.Field of its parameter x")
				return
			}
			break
		}
		at = inner
	}
	last := len(path) - 1
	for i, field := range path {
		tag := tagOf(tags[i])
		switch {
		case tag.skipped:
			c.report(sel, nil, "the field %s is no column: its tag is %q", field.Name(), "-")
			return
		case i < last && !field.Embedded():
			c.report(sel, nil, "the selector points into the column %s: use coodie."+fieldName+" for a field of a user-defined type", field.Name())
			return
		}
	}
	tag := tagOf(tags[last])
	if want == "" {
		return
	}
	if tag.whole {
		c.report(call, nil, "%s of a column of JSON or with a codec, which is read and written whole: use "+colName, constructor)
		return
	}
	if is := tag.cqlKind(path[last].Type()); is != "" && is != want {
		c.report(call, c.renaming(call, is, want, path[last].Type()), "%s of the field %s, which is a %s%s", constructor, path[last].Name(), is, advice(is, want))
	}
}

// fields are the fields that a selector walks through, and their tags.
func (c *code) fields(sel *ast.SelectorExpr) (all []*types.Var, tags []string) {
	s := c.TypesInfo.Selections[sel]
	if s == nil || s.Kind() != types.FieldVal {
		return nil, nil
	}
	t := s.Recv()
	for _, i := range s.Index() {
		if p, ok := types.Unalias(t).Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		of, ok := t.Underlying().(*types.Struct)
		if !ok || i >= of.NumFields() {
			return nil, nil
		}
		all, tags = append(all, of.Field(i)), append(tags, of.Tag(i))
		t = of.Field(i).Type()
	}
	return all, tags
}

// fieldTag is what a field's tag says of the kind of its column.
type fieldTag struct {
	skipped, set, whole bool
	cql                 string // of type=
}

func tagOf(tag string) (t fieldTag) {
	text := reflect.StructTag(tag).Get("cql")
	t.skipped = text == "-"
	_, text, _ = strings.Cut(text, ",")
	options, depth := strings.FieldsFunc(text, func(r rune) bool { return r == ',' }), 0
	for _, option := range options {
		key, value, _ := strings.Cut(strings.TrimSpace(option), "=")
		if depth == 0 {
			switch key {
			case "set":
				t.set = true
			case "json", "codec":
				t.whole = true
			case "type":
				t.cql = value
			}
		}
		depth += strings.Count(option, "<") - strings.Count(option, ">")
	}
	return t
}

// cqlKind is list, set, map, counter or another type of CQL; "" if it is not known.
func (t fieldTag) cqlKind(of types.Type) string {
	if t.cql != "" {
		kind := strings.ToLower(strings.ReplaceAll(t.cql, " ", ""))
		kind = strings.TrimPrefix(kind, "frozen<")
		kind, _, _ = strings.Cut(kind, "<")
		return strings.Trim(kind, ">")
	}
	if has(of, "MarshalCQL") || has(of, "CQLType") {
		return ""
	}
	switch u := of.Underlying().(type) {
	case *types.Slice:
		if b, ok := u.Elem().Underlying().(*types.Basic); ok && b.Kind() == types.Byte && !t.set {
			return "blob"
		}
		if t.set {
			return "set"
		}
		return "list"
	case *types.Map:
		if s, ok := u.Elem().Underlying().(*types.Struct); ok && s.NumFields() == 0 {
			return "set"
		}
		return "map"
	case *types.Array:
		if b, ok := u.Elem().Underlying().(*types.Basic); !ok || b.Kind() != types.Byte {
			return "vector"
		}
	case *types.Basic:
		return "plain column"
	}
	return ""
}

// advice is how to mend a field of a kind that was meant to be another.
func advice(is, want string) string {
	switch {
	case want == "set" && is == "list":
		return ": use " + listColName + `, or tag it "set"`
	case want == "list" && is == "set":
		return ": use " + setColName + `, or remove "set" from its tag`
	case want == "counter":
		return `: tag it "type=counter"`
	}
	return ""
}

// renaming is the fix that calls the constructor for the kind of the field, where the calls of both
// are the same.
func (c *code) renaming(call *ast.CallExpr, is, want string, of types.Type) *analysis.SuggestedFix {
	if _, ok := of.Underlying().(*types.Slice); !ok {
		return nil
	}
	i := slices.IndexFunc(columnKinds, func(kind struct {
		of  names
		cql string
	}) bool {
		return kind.cql == is
	})
	if i < 0 || want != "list" && want != "set" {
		return nil
	}
	var id *ast.Ident
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.SelectorExpr:
		id = f.Sel
	case *ast.Ident:
		id = f
	default:
		return nil // with type arguments
	}
	for name := range columnKinds[i].of {
		return replacing(id, name, "use "+name)
	}
	return nil
}
