package vet

import (
	"go/ast"
	"go/constant"
	"go/token"
	"strings"
)

// text is the text that an expression makes, with holes where it is not known.
type text struct {
	known string     // a hole is the constant hole
	holes []ast.Expr // what fills each
	words []word
	clause
}

// textOf is what is known of a string.
func (c *code) textOf(e ast.Expr) *text {
	t := &text{}
	c.write(t, e, 0)
	return t.parsed()
}

func (t *text) parsed() *text {
	t.words = words(t.known)
	t.clause = parse(t.words)
	return t
}

func (t *text) leave(e ast.Expr) {
	t.known += hole
	t.holes = append(t.holes, e)
}

// write adds what e makes.
func (c *code) write(t *text, e ast.Expr, depth int) {
	given := e
	e = c.only(e)
	if v := c.TypesInfo.Types[e].Value; v != nil && v.Kind() == constant.String {
		t.known += constant.StringVal(v)
		return
	}
	if depth < 32 {
		switch e := e.(type) {
		case *ast.BinaryExpr:
			if e.Op == token.ADD {
				c.write(t, e.X, depth+1)
				c.write(t, e.Y, depth+1)
				return
			}
		case *ast.CallExpr:
			if c.format(t, e, depth) {
				return
			}
			if b := c.builderText(e); b != nil && c.makesCQL(e) {
				t.known += b.known
				t.holes = append(t.holes, b.holes...)
				return
			}
			// A conversion, and what changes space alone.
			if len(e.Args) == 1 && (c.TypesInfo.Types[e.Fun].IsType() || c.isFunction(e, "strings", "TrimSpace", "ToLower")) {
				c.write(t, e.Args[0], depth+1)
				return
			}
		}
	}
	t.leave(given)
}

// isFunction reports whether the call is of one of a package's functions.
func (c *code) isFunction(call *ast.CallExpr, path string, names ...string) bool {
	f := c.callee(call)
	if f == nil || f.Pkg() == nil || f.Pkg().Path() != path {
		return false
	}
	for _, name := range names {
		if f.Name() == name && f.Signature().Recv() == nil {
			return true
		}
	}
	return false
}

// format writes what fmt.Sprintf makes; false if the call is of another function.
func (c *code) format(t *text, call *ast.CallExpr, depth int) bool {
	if !c.isFunction(call, "fmt", "Sprintf") || len(call.Args) == 0 || call.Ellipsis.IsValid() {
		return false
	}
	v := c.TypesInfo.Types[c.only(call.Args[0])].Value
	if v == nil || v.Kind() != constant.String {
		return false
	}
	format, args := constant.StringVal(v), call.Args[1:]
	for {
		before, after, ok := strings.Cut(format, "%")
		t.known += before
		if !ok {
			return true
		}
		verb := strings.IndexFunc(after, func(r rune) bool { return !strings.ContainsRune("+-# 0123456789.", r) })
		switch {
		case verb < 0:
			return true
		case after[verb] == '%':
			t.known += "%"
		case after[verb] == '[' || after[verb] == '*' || len(args) == 0:
			t.leave(call) // it is rare, and not worth more
			return true
		default:
			arg := args[0]
			args = args[1:]
			switch value := c.TypesInfo.Types[c.only(arg)].Value; {
			case value == nil && after[verb] == 's' && c.typeOf(arg) != nil && isString(c.typeOf(arg)):
				c.write(t, arg, depth+1)
			case value == nil:
				t.leave(arg)
			case value.Kind() == constant.String:
				t.known += constant.StringVal(value)
			default:
				t.known += value.ExactString()
			}
		}
		format = after[verb+1:]
	}
}

// builderText is a stand-in for the statement of a chain of gocqlx's qb; nil if it is none.
// A chain that began in a variable has all that the package calls on the variable.
func (c *code) builderText(e ast.Expr) *text {
	steps := c.links(e)
	if len(steps) == 0 {
		return nil
	}
	root := steps[len(steps)-1]
	op, table := c.builderOf(root)
	if v := c.variable(c.receiver(root)); v != nil && op == "" {
		begun, ok := c.only(c.receiver(root)).(*ast.CallExpr)
		if !ok {
			return nil
		}
		for _, use := range c.uses[v] {
			if call, ok := use.Parent().Parent().Node().(*ast.CallExpr); ok && c.receiver(call) != nil && c.variable(c.receiver(call)) == v {
				steps = append(steps, call)
			}
		}
		steps = append(steps, c.links(begun)...)
		root = steps[len(steps)-1]
		op, table = c.builderOf(root)
	}
	if op == "" {
		return nil
	}
	called := map[string]bool{}
	for _, call := range steps {
		if step := c.method(call); step != "Columns" || len(call.Args) > 0 {
			called[step] = true
		}
	}
	called[columnsGiven] = c.givesColumns(root)
	t := &text{holes: table.holes}
	switch op {
	case "Insert":
		t.known = "INSERT INTO " + table.known
	case "Update":
		t.known = "UPDATE " + table.known + " SET"
	case "Delete":
		t.known = "DELETE FROM " + table.known
	case "Select":
		columns := " *"
		for _, step := range []string{"Columns", "Distinct", "Count", "CountAll", "Min", "Max", "Avg", "Sum", "Json", columnsGiven} {
			if called[step] {
				columns = " columns"
			}
		}
		t.known = "SELECT" + columns + " FROM " + table.known
	}
	switch {
	case called["Unique"]:
		t.known += " IF NOT EXISTS"
	case called["Existing"]:
		t.known += " IF EXISTS"
	case called["If"]:
		t.known += " IF condition"
	}
	return t.parsed()
}

// columnsGiven stands for the columns that are given to a method of gocqlx's Table.
const columnsGiven = "(columns)"

// givesColumns reports whether the call is of a method of gocqlx's Table, and names columns.
func (c *code) givesColumns(call *ast.CallExpr) bool {
	n := len(call.Args)
	for _, arg := range call.Args { // QueryContext(ctx, session, columns...)
		if t := c.typeOf(arg); t == nil || !isString(t) && !call.Ellipsis.IsValid() {
			n--
		}
	}
	return c.receiver(call) != nil && n > 0
}

// builderOf is the kind of statement that the call begins, of qb or of gocqlx's Table, and its table; "" if
// it begins none.
func (c *code) builderOf(call *ast.CallExpr) (op string, table *text) {
	f := c.callee(call)
	if f == nil || f.Pkg() == nil || !strings.HasPrefix(f.Pkg().Path(), gocqlxPath) {
		return "", nil
	}
	name := f.Name()
	switch path := f.Pkg().Path(); {
	case strings.HasSuffix(path, "/qb") && c.receiver(call) == nil && len(call.Args) == 1:
		table = c.textOf(call.Args[0])
	case strings.HasSuffix(path, "/table") && c.receiver(call) != nil:
		table = (&text{known: hole, holes: []ast.Expr{c.receiver(call)}}).parsed()
		name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "Context"), "Query"), "Builder")
		if name == "Get" || name == "SelectAll" {
			name = "Select"
		}
	default:
		return "", nil
	}
	switch name {
	case "Insert", "Update", "Delete", "Select":
		return name, table
	}
	return "", nil
}
