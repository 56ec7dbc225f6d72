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

Append, Prepend and At are for a list, Add for a set, Increment for a counter, as the field's type and tag say; a
selector returns the address of a field that is a column. Otherwise each call with the column fails.`, func(c *code) {
	for _, call := range calls(c.root) {
		f := c.callee(call)
		switch {
		case f == nil || len(call.Args) == 0:
		case coodie.column.in(f):
			c.column(call, true)
		default:
			c.checkFunction(call, f)
		}
	}
})

// columnKinds are the functions of columns, by the CQL types that they are for.
var columnKinds = []struct {
	of  names
	cql []string
}{
	{coodie.counters, []string{"counter"}}, {coodie.lists, []string{"list"}}, {coodie.sets, []string{"set"}}, {coodie.elements, []string{"list", "set"}}, {coodie.maps, []string{"map"}},
}

// checkFunction checks the column that a function of columns takes first.
func (c *code) checkFunction(call *ast.CallExpr, f *types.Func) {
	for _, kind := range columnKinds {
		if !kind.of.in(f) {
			continue
		}
		made, ok := c.only(call.Args[0]).(*ast.CallExpr)
		if !ok || !coodie.column.in(c.callee(made)) || len(made.Args) != 1 {
			return
		}
		if field, tag := c.column(made, false); field != nil {
			c.checkKind(call, f.Name(), field, tag, kind.cql...)
		}
		return
	}
}

// column is the field that the call of Col or the like selects; nil if it is not known. What is wrong
// with the selector is told if that is asked for.
func (c *code) column(call *ast.CallExpr, tell bool) (*types.Var, fieldTag) {
	none := fieldTag{}
	lit, ok := c.only(call.Args[0]).(*ast.FuncLit)
	if !ok || len(call.Args) != 1 || len(lit.Body.List) != 1 || lit.Type.Params == nil || len(lit.Type.Params.List) != 1 || len(lit.Type.Params.List[0].Names) != 1 {
		return nil, none
	}
	result, ok := lit.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(result.Results) != 1 {
		return nil, none
	}
	address, ok := ast.Unparen(result.Results[0]).(*ast.UnaryExpr)
	if !ok || address.Op != token.AND {
		return nil, none
	}
	report := func(n ast.Node, format string, args ...any) (*types.Var, fieldTag) {
		if tell {
			c.report(n, nil, format, args...)
		}
		return nil, none
	}
	const noField = "the selector returns no address of a field: return &x.Field of its parameter x"
	row := c.TypesInfo.Defs[lit.Type.Params.List[0].Names[0]]
	sel, ok := ast.Unparen(address.X).(*ast.SelectorExpr)
	if !ok {
		return report(address, noField)
	}
	var path []*types.Var
	var tags []string
	for at := sel; ; {
		fields, tagged := c.fields(at)
		if fields == nil {
			return nil, none
		}
		path, tags = append(fields, path...), append(tagged, tags...)
		inner, ok := ast.Unparen(at.X).(*ast.SelectorExpr)
		if !ok {
			if c.variable(at.X) != row {
				return report(address, noField)
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
			return report(sel, "the field %s is no column: its tag is %q", field.Name(), "-")
		case i < last && !field.Embedded():
			return report(sel, "the selector points into the column %s: use coodie."+fieldName+" for a field of a user-defined type", field.Name())
		}
	}
	return path[last], tagOf(tags[last])
}

// checkKind checks that the field is of one of the kinds that the function is for.
func (c *code) checkKind(call *ast.CallExpr, function string, field *types.Var, tag fieldTag, want ...string) {
	if tag.whole {
		c.report(call, nil, "%s of a column of JSON or with a codec, which is read and written whole", function)
		return
	}
	if is := tag.cqlKind(field.Type()); is != "" && !slices.Contains(want, is) {
		c.report(call, c.renaming(call, function, is), "%s of the field %s, which is a %s%s", function, field.Name(), is, advice(function, is))
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

// advice is how to mend a call of the function with a field of another kind.
func advice(function, is string) string {
	switch {
	case function == addName && is == "list":
		return ": use " + appendName + `, or tag it "set"`
	case function == appendName && is == "set":
		return ": use " + addName + `, or remove "set" from its tag`
	case coodie.counters[function]:
		return `: tag it "type=counter"`
	}
	return ""
}

// renaming is the fix that calls Add for Append, or the other way.
func (c *code) renaming(call *ast.CallExpr, function, is string) *analysis.SuggestedFix {
	name := ""
	switch {
	case function == addName && is == "list":
		name = appendName
	case function == appendName && is == "set":
		name = addName
	default:
		return nil
	}
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.SelectorExpr:
		return replacing(f.Sel, name, "use "+name)
	case *ast.Ident:
		return replacing(f, name, "use "+name)
	}
	return nil // with type arguments
}
