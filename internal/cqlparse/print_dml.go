package cqlparse

func (p *printer) selectStatement(s *Select) {
	p.add("SELECT ")
	p.opt(s.JSON, "JSON ")
	p.opt(s.Distinct, "DISTINCT ")
	p.selectors(s.Selectors)
	p.add(" FROM ", s.From)
	p.where(s.Where)
	if len(s.GroupBy) > 0 {
		p.add(" GROUP BY ")
		printList(p, ", ", s.GroupBy)
	}
	if len(s.OrderBy) > 0 {
		p.add(" ORDER BY ")
		printList(p, ", ", s.OrderBy)
	}
	p.opt(s.PerPartitionLimit != nil, " PER PARTITION LIMIT ", s.PerPartitionLimit)
	p.opt(s.Limit != nil, " LIMIT ", s.Limit)
	p.opt(s.AllowFiltering, " ALLOW FILTERING")
	p.opt(s.BypassCache, " BYPASS CACHE")
	p.using(s.Using)
}

func (p *printer) selectors(ss []*Selector) {
	if len(ss) == 0 {
		p.add("*")
		return
	}
	printList(p, ", ", ss)
}

func (p *printer) where(rs []*Relation) {
	if len(rs) > 0 {
		p.add(" WHERE ")
		printList(p, " AND ", rs)
	}
}

func (p *printer) conditions(exists bool, cs []*Condition) {
	p.opt(exists, " IF EXISTS")
	if len(cs) > 0 {
		p.add(" IF ")
		printList(p, " AND ", cs)
	}
}

var usingWords = map[UsingKind]string{
	UsingTimestamp: "TIMESTAMP ", UsingTTL: "TTL ", UsingTimeout: "TIMEOUT ",
}

func (p *printer) using(u Using) {
	if len(u) == 0 {
		return
	}
	p.add(" USING ")
	printEach(p, " AND ", u, func(o UsingOption) { p.add(usingWords[o.Kind], o.Value) })
}

func (p *printer) insert(s *Insert) {
	p.add("INSERT INTO ", s.Table)
	if s.JSON != nil {
		p.add(" JSON ", s.JSON)
		p.opt(s.Default == DefaultNull, " DEFAULT NULL")
		p.opt(s.Default == DefaultUnset, " DEFAULT UNSET")
	} else {
		p.add(" (")
		printList(p, ", ", s.Columns)
		p.add(") VALUES (")
		printList(p, ", ", s.Values)
		p.add(")")
	}
	p.opt(s.IfNotExists, " IF NOT EXISTS")
	p.using(s.Using)
}

func (p *printer) update(s *Update) {
	p.add("UPDATE ", s.Table)
	p.using(s.Using)
	p.add(" SET ")
	printList(p, ", ", s.Assignments)
	p.where(s.Where)
	p.conditions(s.IfExists, s.If)
}

func (p *printer) delete(s *Delete) {
	p.add("DELETE ")
	if len(s.Columns) > 0 {
		printList(p, ", ", s.Columns)
		p.add(" ")
	}
	p.add("FROM ", s.Table)
	p.using(s.Using)
	p.where(s.Where)
	p.conditions(s.IfExists, s.If)
}

func (p *printer) batch(s *Batch) {
	p.add("BEGIN ")
	p.opt(s.Type == UnloggedBatch, "UNLOGGED ")
	p.opt(s.Type == CounterBatch, "COUNTER ")
	p.add("BATCH")
	p.using(s.Using)
	for _, inner := range s.Statements {
		p.add(" ", inner, ";")
	}
	p.add(" APPLY BATCH")
}
