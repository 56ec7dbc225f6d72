package cqlparse

// statement writes a statement of any kind.
func (p *printer) statement(s Statement) {
	switch s := s.(type) {
	case *Select:
		p.selectStatement(s)
	case *Insert:
		p.insert(s)
	case *Update:
		p.update(s)
	case *Delete:
		p.delete(s)
	case *Batch:
		p.batch(s)
	case *Use:
		p.add("USE ", s.Keyspace)
	case *Truncate:
		p.add("TRUNCATE ", s.Table)
		p.using(s.Using)
	case *PruneView:
		p.add("PRUNE MATERIALIZED VIEW ", s.View)
		p.where(s.Where)
	case *CreateKeyspace:
		p.add("CREATE KEYSPACE ", ifNotExists(s.IfNotExists), s.Keyspace)
		p.with(s.Options)
	case *AlterKeyspace:
		p.add("ALTER KEYSPACE ", ifExists(s.IfExists), s.Keyspace)
		p.with(s.Options)
	case *DropKeyspace:
		p.add("DROP KEYSPACE ", ifExists(s.IfExists), s.Keyspace)
	case *CreateTable:
		p.createTable(s)
	case *AlterTable:
		p.alterTable(s)
	case *DropTable:
		p.add("DROP TABLE ", ifExists(s.IfExists), s.Table)
	case *CreateType:
		p.add("CREATE TYPE ", ifNotExists(s.IfNotExists), s.Name, " (")
		printList(p, ", ", s.Fields)
		p.add(")")
	case *AlterType:
		p.alterType(s)
	case *DropType:
		p.add("DROP TYPE ", ifExists(s.IfExists), s.Name)
	case *CreateIndex:
		p.createIndex(s)
	case *DropIndex:
		p.add("DROP INDEX ", ifExists(s.IfExists), s.Name)
	case *CreateView:
		p.createView(s)
	case *AlterView:
		p.add("ALTER MATERIALIZED VIEW ", ifExists(s.IfExists), s.Name)
		p.with(s.Options)
	case *DropView:
		p.add("DROP MATERIALIZED VIEW ", ifExists(s.IfExists), s.Name)
	case *CreateTrigger:
		p.add("CREATE TRIGGER ", ifNotExists(s.IfNotExists), s.Name, " ON ", s.Table, " USING ", s.Class)
	case *DropTrigger:
		p.add("DROP TRIGGER ", ifExists(s.IfExists), s.Name, " ON ", s.Table)
	default:
		p.functionStatement(s)
	}
}

func ifNotExists(yes bool) string {
	if yes {
		return "IF NOT EXISTS "
	}
	return ""
}

func ifExists(yes bool) string {
	if yes {
		return "IF EXISTS "
	}
	return ""
}

// with writes properties.
func (p *printer) with(ps []*Property) {
	if len(ps) > 0 {
		p.add(" WITH ")
		printList(p, " AND ", ps)
	}
}

// tableOptions writes the options of a table or view.
func (p *printer) tableOptions(order []*ColumnOrder, compact bool, options []*Property) {
	sep := " WITH "
	if len(order) > 0 {
		p.add(sep, "CLUSTERING ORDER BY (")
		printList(p, ", ", order)
		p.add(")")
		sep = " AND "
	}
	if compact {
		p.add(sep, "COMPACT STORAGE")
		sep = " AND "
	}
	for _, o := range options {
		p.add(sep, o)
		sep = " AND "
	}
}

func (p *printer) createTable(s *CreateTable) {
	p.add("CREATE TABLE ", ifNotExists(s.IfNotExists), s.Table, " (")
	sep := ""
	for _, c := range s.Columns {
		p.add(sep, c)
		sep = ", "
	}
	for _, k := range s.PrimaryKeys {
		p.add(sep, k)
		sep = ", "
	}
	p.add(")")
	p.tableOptions(s.ClusteringOrder, s.CompactStorage, s.Options)
}

// part writes the nodes that only schema and role statements have.
func (p *printer) part(n Node) {
	switch n := n.(type) {
	case *ColumnDef:
		p.add(n.Name)
		if n.Type != nil {
			p.add(" ", n.Type)
		}
		p.opt(n.Static, " STATIC")
		if n.Mask != nil {
			p.add(" ", n.Mask)
		}
		p.opt(n.PrimaryKey, " PRIMARY KEY")
	case *Mask:
		if n.Default {
			p.add("MASKED WITH DEFAULT")
			return
		}
		p.add("MASKED WITH ")
		p.functionName(n.Function)
		p.add("(")
		printList(p, ", ", n.Args)
		p.add(")")
	case *PrimaryKey:
		p.primaryKey(n)
	case *ColumnOrder:
		p.add(n.Column)
		if n.Desc {
			p.add(" DESC")
		} else {
			p.add(" ASC")
		}
	case *FieldDef:
		p.add(n.Name, " ", n.Type)
	case *IndexTarget:
		p.indexTarget(n)
	case *Signature:
		p.add("(")
		printList(p, ", ", n.Types)
		p.add(")")
	case *RoleOption:
		p.roleOption(n)
	case *Resource:
		p.resource(n)
	}
}

func (p *printer) primaryKey(k *PrimaryKey) {
	p.add("PRIMARY KEY (")
	if len(k.Partition) == 1 {
		p.add(k.Partition[0])
	} else {
		p.add("(")
		printList(p, ", ", k.Partition)
		p.add(")")
	}
	for _, c := range k.Clustering {
		p.add(", ", c)
	}
	p.add(")")
}

func (p *printer) alterTable(s *AlterTable) {
	p.add("ALTER TABLE ", ifExists(s.IfExists), s.Table)
	switch s.Op {
	case AlterAddColumns:
		p.add(" ADD ", ifNotExists(s.IfColumnNotExists))
		printGroup(p, s.Columns)
	case AlterDropColumns:
		p.add(" DROP ", ifExists(s.IfColumnExists))
		printGroup(p, s.Drops)
		p.opt(s.Timestamp != nil, " USING TIMESTAMP ", s.Timestamp)
	case AlterRenameColumns:
		p.add(" RENAME ", ifExists(s.IfColumnExists))
		p.renames(s.Renames)
	case AlterColumnType:
		p.add(" ALTER ", s.Columns[0].Name, " TYPE ", s.Columns[0].Type)
	case AlterMaskColumn:
		p.add(" ALTER ", ifExists(s.IfColumnExists), s.Columns[0])
	case AlterUnmaskColumn:
		p.add(" ALTER ", ifExists(s.IfColumnExists), s.Columns[0].Name, " DROP MASKED")
	case AlterOptions:
		p.with(s.Options)
	case AlterDropCompactStorage:
		p.add(" DROP COMPACT STORAGE")
	}
}

// printGroup writes one item bare and several in parentheses.
func printGroup[T any](p *printer, items []T) {
	p.opt(len(items) != 1, "(")
	printList(p, ", ", items)
	p.opt(len(items) != 1, ")")
}

func (p *printer) renames(rs []Rename) {
	printEach(p, " AND ", rs, func(r Rename) { p.add(r.From, " TO ", r.To) })
}

func (p *printer) alterType(s *AlterType) {
	p.add("ALTER TYPE ", ifExists(s.IfExists), s.Name)
	switch s.Op {
	case AlterAddField:
		p.add(" ADD ", ifNotExists(s.IfFieldNotExists), s.Field)
	case AlterRenameFields:
		p.add(" RENAME ", ifExists(s.IfFieldExists))
		p.renames(s.Renames)
	case AlterFieldType:
		p.add(" ALTER ", s.Field.Name, " TYPE ", s.Field.Type)
	}
}

var indexTargetWords = map[IndexTargetKind]string{
	IndexKeys: "KEYS", IndexValues: "VALUES", IndexEntries: "ENTRIES", IndexFull: "FULL",
}

func (p *printer) indexTarget(t *IndexTarget) {
	switch {
	case len(t.Partition) > 0:
		p.add("(")
		printList(p, ", ", t.Partition)
		p.add(")")
	case t.Kind == IndexColumn:
		p.add(t.Column)
	default:
		p.add(indexTargetWords[t.Kind], "(", t.Column, ")")
	}
}

func (p *printer) createIndex(s *CreateIndex) {
	p.add("CREATE ")
	p.opt(s.Custom, "CUSTOM ")
	p.add("INDEX ", ifNotExists(s.IfNotExists))
	p.opt(!s.Name.IsZero(), s.Name, " ")
	p.add("ON ", s.Table, " (")
	printList(p, ", ", s.Targets)
	p.add(")")
	if s.Using != nil {
		p.add(" USING ", s.Using)
	}
	p.with(s.Options)
}

func (p *printer) createView(s *CreateView) {
	p.add("CREATE MATERIALIZED VIEW ", ifNotExists(s.IfNotExists), s.Name, " AS SELECT ")
	p.selectors(s.Selectors)
	p.add(" FROM ", s.Base)
	p.where(s.Where)
	if s.Key != nil {
		p.add(" ", s.Key)
	}
	p.tableOptions(s.ClusteringOrder, false, s.Options)
}
