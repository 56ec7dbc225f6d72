package cqlparse

// Walk calls f for n and all nodes inside it, in the order of the text. Where
// f returns false, what is inside that node is left out. Names, being no
// pointers, are not visited.
func Walk(n Node, f func(Node) bool) {
	w := walker{f}
	w.node(n)
}

// HasCondition reports whether s is a lightweight transaction: a modification
// with an IF, or a batch that has one.
func HasCondition(s Statement) bool {
	switch s := s.(type) {
	case *Insert:
		return s.IfNotExists
	case *Update:
		return s.IfExists || len(s.If) > 0
	case *Delete:
		return s.IfExists || len(s.If) > 0
	case *Batch:
		for _, inner := range s.Statements {
			if HasCondition(inner) {
				return true
			}
		}
	}
	return false
}

type walker struct{ f func(Node) bool }

func (w walker) node(n Node) {
	if n == nil || !w.f(n) {
		return
	}
	switch n := n.(type) {
	case Statement:
		w.statement(n)
	case Term:
		w.term(n)
	case *Type:
		walkAll(w, n.Params)
	case *Selector:
		w.node(n.Expr)
	case *Ordering:
		w.term1(n.ANN)
	case *Relation:
		w.term1(n.Key)
		w.term1(n.Value)
		walkAll(w, n.Values)
	case *Condition:
		w.term1(n.Key)
		w.term1(n.Value)
		walkAll(w, n.Values)
	case *Assignment:
		w.term1(n.Key)
		w.term1(n.Value)
	case *Deletion:
		w.term1(n.Key)
	case *Property:
		w.term1(n.Value)
	case *ColumnDef:
		if n.Type != nil {
			w.node(n.Type)
		}
		if n.Mask != nil {
			w.node(n.Mask)
		}
	case *Mask:
		walkAll(w, n.Args)
	case *FieldDef:
		w.node(n.Type)
	case *Signature:
		walkAll(w, n.Types)
	case *RoleOption:
		w.term1(n.Value)
	case *Resource:
		walkAll(w, n.Types)
	}
}

// term1 visits a term that may be absent.
func (w walker) term1(t Term) {
	if t != nil {
		w.node(t)
	}
}

func walkAll[T Node](w walker, nodes []T) {
	for _, n := range nodes {
		w.node(n)
	}
}

func (w walker) term(t Term) {
	switch t := t.(type) {
	case *ListLiteral:
		walkAll(w, t.Elems)
	case *SetLiteral:
		walkAll(w, t.Elems)
	case *MapLiteral:
		for _, e := range t.Entries {
			w.node(e.Key)
			w.node(e.Value)
		}
	case *UDTLiteral:
		for _, f := range t.Fields {
			w.node(f.Value)
		}
	case *TupleLiteral:
		walkAll(w, t.Elems)
	case *FunctionCall:
		walkAll(w, t.Args)
	case *Cast:
		w.node(t.Arg)
		w.node(t.Type)
	case *TypeHint:
		w.node(t.Type)
		w.node(t.Arg)
	case *Binary:
		w.node(t.X)
		w.node(t.Y)
	case *Negation:
		w.node(t.X)
	case *FieldRef:
		w.node(t.X)
	case *ElementRef:
		w.node(t.X)
		w.node(t.Key)
	case *SliceRef:
		w.node(t.X)
		w.term1(t.From)
		w.term1(t.To)
	}
}

func (w walker) using(u Using) {
	for _, o := range u {
		w.node(o.Value)
	}
}

func (w walker) statement(s Statement) {
	switch s := s.(type) {
	case *Select:
		walkAll(w, s.Selectors)
		walkAll(w, s.Where)
		walkAll(w, s.GroupBy)
		walkAll(w, s.OrderBy)
		w.term1(s.PerPartitionLimit)
		w.term1(s.Limit)
		w.using(s.Using)
	case *Insert:
		w.term1(s.JSON)
		walkAll(w, s.Values)
		w.using(s.Using)
	case *Update:
		w.using(s.Using)
		walkAll(w, s.Assignments)
		walkAll(w, s.Where)
		walkAll(w, s.If)
	case *Delete:
		walkAll(w, s.Columns)
		w.using(s.Using)
		walkAll(w, s.Where)
		walkAll(w, s.If)
	case *Batch:
		w.using(s.Using)
		walkAll(w, s.Statements)
	case *Truncate:
		w.using(s.Using)
	case *PruneView:
		walkAll(w, s.Where)
	default:
		w.schema(s)
	}
}

// schema visits the inside of all other statements.
func (w walker) schema(s Statement) {
	switch s := s.(type) {
	case *CreateKeyspace:
		walkAll(w, s.Options)
	case *AlterKeyspace:
		walkAll(w, s.Options)
	case *CreateTable:
		walkAll(w, s.Columns)
		walkAll(w, s.PrimaryKeys)
		walkAll(w, s.ClusteringOrder)
		walkAll(w, s.Options)
	case *AlterTable:
		walkAll(w, s.Columns)
		if s.Timestamp != nil {
			w.node(s.Timestamp)
		}
		walkAll(w, s.Options)
	case *CreateType:
		walkAll(w, s.Fields)
	case *AlterType:
		if s.Field != nil {
			w.node(s.Field)
		}
	case *CreateIndex:
		walkAll(w, s.Targets)
		if s.Using != nil {
			w.node(s.Using)
		}
		walkAll(w, s.Options)
	case *CreateView:
		walkAll(w, s.Selectors)
		walkAll(w, s.Where)
		if s.Key != nil {
			w.node(s.Key)
		}
		walkAll(w, s.ClusteringOrder)
		walkAll(w, s.Options)
	case *AlterView:
		walkAll(w, s.Options)
	case *CreateTrigger:
		w.node(s.Class)
	case *CreateFunction:
		walkAll(w, s.Args)
		w.node(s.Returns)
		w.node(s.Body)
	case *DropFunction:
		if s.Signature != nil {
			w.node(s.Signature)
		}
	case *CreateAggregate:
		walkAll(w, s.Args)
		w.node(s.StateType)
		w.term1(s.InitCond)
	case *DropAggregate:
		if s.Signature != nil {
			w.node(s.Signature)
		}
	case *ServiceLevel:
		walkAll(w, s.Options)
	case *CreateRole:
		walkAll(w, s.Options)
	case *AlterRole:
		walkAll(w, s.Options)
	case *GrantPermission:
		w.node(s.Resource)
	case *RevokePermission:
		w.node(s.Resource)
	case *ListPermissions:
		if s.Resource != nil {
			w.node(s.Resource)
		}
	}
}
