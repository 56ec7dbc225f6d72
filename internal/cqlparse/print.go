package cqlparse

import (
	"fmt"
	"strings"
)

// Print returns a statement, term, type or other node as CQL: one line,
// keywords in capitals, names quoted where they were or must be. Parsing it
// gives the same tree, positions apart. A statement has no semicolon at its
// end.
//
// A tree that no text can mean, such as an Insert without columns, prints as
// something that does not parse.
func Print(n Node) string {
	var p printer
	p.node(n)
	return p.b.String()
}

type printer struct{ b strings.Builder }

// add writes strings, identifiers and nodes, one after the other.
func (p *printer) add(parts ...any) {
	for _, part := range parts {
		switch x := part.(type) {
		case string:
			p.b.WriteString(x)
		case Node:
			p.node(x)
		case fmt.Stringer:
			p.b.WriteString(x.String())
		}
	}
}

// opt writes the parts if there is reason to.
func (p *printer) opt(yes bool, parts ...any) {
	if yes {
		p.add(parts...)
	}
}

// printList writes items with a separator.
func printList[T any](p *printer, sep string, items []T) {
	printEach(p, sep, items, func(x T) { p.add(x) })
}

func printEach[T any](p *printer, sep string, items []T, f func(T)) {
	for i, x := range items {
		if i > 0 {
			p.add(sep)
		}
		f(x)
	}
}

// node writes any node but an identifier or name, which are values.
func (p *printer) node(n Node) {
	switch n := n.(type) {
	case Identifier:
		p.add(n.String())
	case QualifiedName:
		p.add(n.String())
	case *Type:
		p.add(n.String())
	case Statement:
		p.statement(n)
	case Term:
		p.term(n)
	case *Selector:
		p.add(n.Expr)
		p.opt(!n.Alias.IsZero(), " AS ", n.Alias)
	case *Ordering:
		p.add(n.Column)
		if n.ANN != nil {
			p.add(" ANN OF ", n.ANN)
		}
		p.opt(n.Desc, " DESC")
	case *Relation:
		p.relation(n)
	case *Condition:
		p.add(n.Column)
		p.element(n.Key, n.Field)
		p.comparison(n.Op, n.Value, n.Values)
	case *Assignment:
		p.assignment(n)
	case *Deletion:
		p.add(n.Column)
		p.element(n.Key, n.Field)
	case *Property:
		p.add(n.Name, " = ", n.Value)
	default:
		p.part(n)
	}
}

// term writes an expression.
func (p *printer) term(t Term) {
	switch t := t.(type) {
	case *Literal:
		p.literal(t)
	case *Marker:
		if t.Name.IsZero() {
			p.add("?")
		} else {
			p.add(":", t.Name)
		}
	case *ListLiteral:
		p.add("[")
		printList(p, ", ", t.Elems)
		p.add("]")
	case *SetLiteral:
		p.add("{")
		printList(p, ", ", t.Elems)
		p.add("}")
	case *MapLiteral:
		p.add("{")
		printEach(p, ", ", t.Entries, func(e MapEntry) { p.add(e.Key, ": ", e.Value) })
		p.add("}")
	case *UDTLiteral:
		p.add("{")
		printEach(p, ", ", t.Fields, func(f FieldValue) { p.add(f.Name, ": ", f.Value) })
		p.add("}")
	case *TupleLiteral:
		p.add("(")
		printList(p, ", ", t.Elems)
		p.add(")")
	case *FunctionCall:
		p.functionName(t.Name)
		p.add("(")
		p.opt(t.Star, "*")
		printList(p, ", ", t.Args)
		p.add(")")
	case *Cast:
		p.add("CAST(", t.Arg, " AS ", t.Type, ")")
	case *TypeHint:
		p.add("(", t.Type, ") ", t.Arg)
	case *Binary:
		p.binary(t)
	case *Negation:
		// The space keeps - 1 from being read as a number, - -1 as a comment.
		p.add("- ")
		p.operand(t.X, precedence('*')+1)
	case *ColumnRef:
		p.add(t.Name)
	case *FieldRef:
		p.add(t.X, ".", t.Field)
	case *ElementRef:
		p.add(t.X, "[", t.Key, "]")
	case *SliceRef:
		p.slice(t)
	}
}

// functionName writes a name that may be token, reserved everywhere else.
func (p *printer) functionName(q QualifiedName) {
	if !q.Name.Quoted && q.Name.Name == "token" {
		p.opt(!q.Keyspace.IsZero(), q.Keyspace, ".")
		p.add("token")
		return
	}
	p.add(q)
}

func (p *printer) literal(l *Literal) {
	switch {
	case l.Kind == StringLiteral && l.Dollar && !strings.Contains(l.Text+"$", "$$"):
		p.add("$$", l.Text, "$$")
	case l.Kind == StringLiteral:
		p.add(QuoteString(l.Text))
	default:
		p.add(l.Text)
	}
}

func precedence(op byte) int {
	if op == '+' || op == '-' {
		return 1
	}
	return 2
}

func (p *printer) binary(b *Binary) {
	prec := precedence(b.Op)
	p.operand(b.X, prec)
	p.add(" ", string(b.Op), " ")
	p.operand(b.Y, prec+1)
}

// operand writes t, in parentheses if it binds less than least.
func (p *printer) operand(t Term, least int) {
	if b, ok := t.(*Binary); ok && precedence(b.Op) < least {
		p.add("(", t, ")")
		return
	}
	p.add(t)
}

func (p *printer) slice(s *SliceRef) {
	p.add(s.X, "[")
	if s.From != nil {
		p.add(s.From)
	}
	// The spaces keep 1.. from being read as 1. and a dot.
	p.add(" .. ")
	if s.To != nil {
		p.add(s.To)
	}
	p.add("]")
}

// element writes the [key] or .field of a column.
func (p *printer) element(key Term, field Identifier) {
	if key != nil {
		p.add("[", key, "]")
	}
	p.opt(!field.IsZero(), ".", field)
}

func (p *printer) relation(r *Relation) {
	switch r.On {
	case OnIndexExpr:
		p.add("expr(", r.Index, ", ", r.Value, ")")
		return
	case OnToken:
		p.add("token")
		fallthrough
	case OnTuple:
		if r.Bound {
			p.add("SCYLLA_CLUSTERING_BOUND ")
		}
		p.add("(")
		printList(p, ", ", r.Columns)
		p.add(")")
	default:
		printList(p, ", ", r.Columns)
		p.element(r.Key, Identifier{})
	}
	p.comparison(r.Op, r.Value, r.Values)
}

// comparison writes an operator and its right side.
func (p *printer) comparison(op Operator, value Term, values []Term) {
	p.add(" ", string(op), " ")
	switch {
	case value != nil:
		p.add(value)
	case op == OpBetween:
		printList(p, " AND ", values)
	default:
		p.add("(")
		printList(p, ", ", values)
		p.add(")")
	}
}

func (p *printer) assignment(a *Assignment) {
	p.add(a.Column)
	p.element(a.Key, a.Field)
	p.add(" = ")
	switch a.Op {
	case AssignAdd:
		p.add(a.Column, " + ", a.Value)
	case AssignSubtract:
		p.add(a.Column, " - ", a.Value)
	case AssignPrepend:
		p.add(a.Value, " + ", a.Column)
	default:
		p.add(a.Value)
	}
}
