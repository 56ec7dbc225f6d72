package replay

import "github.com/coodie-go/coodie/internal/cqlparse"

// Facts are what the text of a statement does not tell.
type Facts struct {
	// Stamped: the client gives the write its timestamp.
	Stamped bool
	// List reports whether the marker's value may be a list; nil: any may be.
	List func(*cqlparse.Marker) bool
}

// Of judges a parsed statement.
func Of(s cqlparse.Statement, f Facts) Reason {
	switch s := s.(type) {
	case *cqlparse.Select:
		return Read
	case *cqlparse.Insert:
		f.stamp(s.Using)
		return f.insert(s)
	case *cqlparse.Update:
		f.stamp(s.Using)
		return f.update(s)
	case *cqlparse.Delete:
		return f.remove(s)
	case *cqlparse.Batch:
		return f.batch(s)
	}
	return Other
}

func (f *Facts) stamp(u cqlparse.Using) { f.Stamped = f.Stamped || u.Timestamp() != nil }

func (f Facts) batch(s *cqlparse.Batch) Reason {
	f.stamp(s.Using)
	worst := Same
	for _, one := range s.Statements {
		switch r := Of(one, f); {
		case r == Conditional:
			return r // the whole batch is one
		case worst == Same:
			worst = r
		}
	}
	if worst == Same && s.Type == cqlparse.CounterBatch {
		return Counter
	}
	return worst
}

func (f Facts) insert(s *cqlparse.Insert) Reason {
	switch {
	case s.IfNotExists:
		return Conditional
	case calls(s):
		return Function
	case !f.Stamped:
		return Same
	case s.JSON != nil:
		return StampedList // it may hold one
	}
	for _, v := range s.Values {
		if f.list(v) {
			return StampedList
		}
	}
	return Same
}

func (f Facts) update(s *cqlparse.Update) Reason {
	switch {
	case cqlparse.HasCondition(s):
		return Conditional
	case calls(s):
		return Function
	}
	for _, a := range s.Assignments {
		if r := f.assignment(a); r != Same {
			return r
		}
	}
	return Same
}

func (f Facts) assignment(a *cqlparse.Assignment) Reason {
	value := bare(a.Value)
	switch {
	case a.Key != nil:
		return element(a.Key)
	case a.Op == cqlparse.AssignSet && f.Stamped && f.list(value):
		return StampedList
	case a.Op == cqlparse.AssignSet:
		return Same
	case a.Op == cqlparse.AssignPrepend:
		return ListAppend
	}
	switch v := value.(type) {
	case *cqlparse.SetLiteral, *cqlparse.MapLiteral, *cqlparse.UDTLiteral:
		return Same
	case *cqlparse.ListLiteral:
		if a.Op == cqlparse.AssignSubtract {
			return Same // removes every element that is equal
		}
		return ListAppend
	case *cqlparse.Literal:
		if v.Kind == cqlparse.IntegerLiteral {
			return Counter
		}
	}
	return Unproved
}

func (f Facts) remove(s *cqlparse.Delete) Reason {
	switch {
	case cqlparse.HasCondition(s):
		return Conditional
	case calls(s):
		return Function
	}
	for _, d := range s.Columns {
		if d.Key == nil {
			continue
		}
		if r := element(d.Key); r != Same {
			return r
		}
	}
	return Same
}

// element judges c[key]: what no index of a list can be is the key of a map.
func element(key cqlparse.Term) Reason {
	switch key := bare(key).(type) {
	case *cqlparse.Literal:
		if key.Kind == cqlparse.IntegerLiteral {
			return ListIndex
		}
		return Same
	case *cqlparse.ListLiteral, *cqlparse.SetLiteral, *cqlparse.MapLiteral, *cqlparse.UDTLiteral, *cqlparse.TupleLiteral:
		return Same
	}
	return Unproved
}

// list reports whether the value may be a list with elements.
func (f Facts) list(v cqlparse.Term) bool {
	switch v := bare(v).(type) {
	case *cqlparse.ListLiteral:
		return len(v.Elems) > 0
	case *cqlparse.Marker:
		return f.List == nil || f.List(v)
	}
	return false
}

// bare is the value without type hints and parentheses. A tuple of one element looks like
// these, and only the column's type tells them apart.
func bare(t cqlparse.Term) cqlparse.Term {
	for {
		switch v := t.(type) {
		case *cqlparse.TypeHint:
			t = v.Arg
		case *cqlparse.TupleLiteral:
			if len(v.Elems) != 1 {
				return t
			}
			t = v.Elems[0]
		default:
			return t
		}
	}
}

// calls reports whether the statement calls a function anywhere. Even one that is
// deterministic by its name may be a user's own.
func calls(s cqlparse.Statement) (found bool) {
	cqlparse.Walk(s, func(n cqlparse.Node) bool {
		if _, ok := n.(*cqlparse.FunctionCall); ok {
			found = true
		}
		return !found
	})
	return found
}

// Stamped reports whether every write of the statement has a USING TIMESTAMP.
func Stamped(s cqlparse.Statement) bool {
	switch s := s.(type) {
	case *cqlparse.Insert:
		return s.Using.Timestamp() != nil
	case *cqlparse.Update:
		return s.Using.Timestamp() != nil
	case *cqlparse.Delete:
		return s.Using.Timestamp() != nil
	case *cqlparse.Batch:
		for _, one := range s.Statements {
			if s.Using.Timestamp() == nil && !Stamped(one) {
				return false
			}
		}
		return true
	}
	return false
}
