package exec

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// describeStatement is DESCRIBE, which shells ask the server for.
type describeStatement struct{ ast *cqlparse.Describe }

func (d *describeStatement) info() StatementInfo { return StatementInfo{Kind: "describe"} }

// element is a line of an answer to DESCRIBE.
type element struct {
	keyspace, kind, name, cql string
	signed                    bool // the name is that of a function, with its arguments
}

func (d *describeStatement) run(x *execution) (*Result, error) {
	s := x.server.schema.Load()
	if d.ast.What == cqlparse.DescribeCluster {
		return describeCluster(x), nil
	}
	list, listing, err := d.elements(x, s)
	if err != nil {
		return nil, err
	}
	names := []string{"keyspace_name", "type", "name", "create_statement"}
	if listing {
		names = names[:3]
	}
	res := &Result{Kind: Rows}
	for _, n := range names {
		res.Columns = append(res.Columns, ColumnSpec{"system", "describe", n, types.Text})
	}
	offset := 0
	if st := x.params.PagingState; len(st) == 8 {
		offset = int(min(binary.BigEndian.Uint64(st), uint64(len(list))))
	}
	list = list[offset:]
	if n := x.params.PageSize; n > 0 && len(list) >= n {
		list = list[:n]
		res.PagingState = types.EncodeBigint(int64(offset + n))
	}
	for _, e := range list {
		name := e.name
		if !e.signed {
			name = quoteIdent(name)
		}
		line := [][]byte{[]byte(quoteIdent(e.keyspace)), []byte(e.kind), []byte(name), []byte(e.cql)}
		res.Rows = append(res.Rows, line[:len(names)])
	}
	return res, nil
}

func describeCluster(x *execution) *Result {
	o := &x.server.opts
	res := &Result{Kind: Rows, Rows: [][][]byte{{[]byte(o.ClusterName), []byte("Murmur3Partitioner"), []byte("SimpleSnitch")}}}
	for _, n := range []string{"cluster", "partitioner", "snitch"} {
		res.Columns = append(res.Columns, ColumnSpec{"system", "describe", n, types.Text})
	}
	if ks := x.schema.keyspaces[x.client.Keyspace]; ks != nil && !ks.system {
		t := types.Map(types.Text, types.List(types.Text, false), false)
		res.Columns = append(res.Columns, ColumnSpec{"system", "describe", "range_ownership", t})
		owners := types.PackList(1, [][]byte{[]byte(x.node().Address + ":7000")})
		res.Rows[0] = append(res.Rows[0], t.PackMap([][]byte{[]byte("0"), owners}))
	}
	return res
}

// elements returns what is described; listing if only by name.
func (d *describeStatement) elements(x *execution, s *schema) (list []element, listing bool, err error) {
	a := d.ast
	switch a.What {
	case cqlparse.DescribeKeyspaces:
		for _, ks := range s.sortedKeyspaces() {
			list = append(list, element{keyspace: ks.name, kind: "keyspace", name: ks.name})
		}
		return list, true, nil
	case cqlparse.DescribeTables, cqlparse.DescribeTypes, cqlparse.DescribeFunctions, cqlparse.DescribeAggregates:
		list, err = d.listing(x, s)
		return list, true, err
	case cqlparse.DescribeSchema:
		for _, ks := range s.sortedKeyspaces() {
			if a.Full || !ks.system {
				list = append(list, ks.elements(a)...)
			}
		}
		return list, false, nil
	}
	list, err = d.one(x, s)
	return list, false, err
}

func (d *describeStatement) listing(x *execution, s *schema) ([]element, error) {
	spaces := s.sortedKeyspaces()
	if name := x.client.Keyspace; name != "" {
		ks := s.keyspaces[name]
		if ks == nil {
			return nil, invalid("'%s' not found in keyspaces", name)
		}
		spaces = []*keyspace{ks}
	}
	var list []element
	for _, ks := range spaces {
		if d.ast.What == cqlparse.DescribeTables {
			for _, t := range ks.baseTables() {
				list = append(list, element{keyspace: ks.name, kind: "table", name: t.name})
			}
		}
		if d.ast.What == cqlparse.DescribeFunctions || d.ast.What == cqlparse.DescribeAggregates {
			list = append(list, ks.functionElements(d.ast.What == cqlparse.DescribeAggregates, "")...)
		}
		if d.ast.What == cqlparse.DescribeTypes {
			for _, n := range slices.Sorted(maps.Keys(ks.types)) {
				list = append(list, element{keyspace: ks.name, kind: "type", name: n})
			}
		}
	}
	return list, nil
}

// one describes what a statement names.
func (d *describeStatement) one(x *execution, s *schema) ([]element, error) {
	a := d.ast
	name := a.Name.Name.Name
	space := a.Name.Keyspace.Name
	if a.What == cqlparse.DescribeKeyspace {
		if a.Name.IsZero() {
			name = x.client.Keyspace
		}
		space = name
	}
	if a.What == cqlparse.DescribeGeneric && a.Name.Keyspace.IsZero() {
		if ks := s.keyspaces[name]; ks != nil {
			return ks.elements(a), nil
		}
		if space = x.client.Keyspace; space == "" {
			space = name
		}
	}
	if space == "" {
		space = x.client.Keyspace
	}
	if space == "" {
		return nil, invalid("No keyspace specified and no current keyspace")
	}
	ks := s.keyspaces[space]
	if ks == nil {
		return nil, invalid("'%s' not found in keyspaces", space)
	}
	switch a.What {
	case cqlparse.DescribeKeyspace:
		return ks.elements(a), nil
	case cqlparse.DescribeTable:
		if t := ks.tables[name]; t != nil && !t.isView() {
			return ks.tableElements(t, a.Internals), nil
		}
		return nil, invalid("Table '%s' not found in keyspace '%s'", name, ks.name)
	case cqlparse.DescribeType:
		if t := ks.types[name]; t != nil {
			return []element{{keyspace: ks.name, kind: "type", name: name, cql: typeCQL(t)}}, nil
		}
		return nil, invalid("User defined type '%s' not found in '%s'", name, ks.name)
	case cqlparse.DescribeIndex:
		if t := ks.hasIndex(name); t != nil {
			return t.indexElement(name), nil
		}
		return nil, invalid("Table for existing index '%s' not found in '%s'", name, ks.name)
	case cqlparse.DescribeView:
		if t := ks.tables[name]; t != nil && t.isView() {
			return t.elements(a.Internals), nil
		}
		return nil, invalid("Materialized view '%s' not found in '%s'", name, ks.name)
	case cqlparse.DescribeFunction:
		if list := ks.functionElements(false, name); list != nil {
			return list, nil
		}
		return nil, invalid("User defined function '%s' not found in '%s'", name, ks.name)
	case cqlparse.DescribeAggregate:
		if list := ks.functionElements(true, name); list != nil {
			return list, nil
		}
		return nil, invalid("User defined aggregate '%s' not found in '%s'", name, ks.name)
	}
	if t := ks.tables[name]; t != nil {
		return ks.tableElements(t, a.Internals), nil
	}
	if t := ks.hasIndex(name); t != nil {
		return t.indexElement(name), nil
	}
	return nil, invalid("'%s' not found in keyspace '%s'", name, ks.name)
}

// elements describes a keyspace and what is in it.
func (k *keyspace) elements(a *cqlparse.Describe) []element {
	list := []element{{keyspace: k.name, kind: "keyspace", name: k.name, cql: k.cql()}}
	if a.Only {
		return list
	}
	done := map[string]bool{}
	var add func(name string)
	add = func(name string) { // a type comes behind those it is made of
		if done[name] {
			return
		}
		done[name] = true
		for _, n := range slices.Sorted(maps.Keys(k.types)) {
			if n != name && k.types[name].References(k.name, n) {
				add(n)
			}
		}
		list = append(list, element{keyspace: k.name, kind: "type", name: name, cql: typeCQL(k.types[name])})
	}
	for _, n := range slices.Sorted(maps.Keys(k.types)) {
		add(n)
	}
	list = append(list, k.functionElements(false, "")...)
	list = append(list, k.functionElements(true, "")...)
	for _, t := range k.baseTables() {
		list = append(list, k.tableElements(t, a.Internals)...)
	}
	return list
}

// tableElements describes a table and its materialized views.
func (k *keyspace) tableElements(t *table, internals bool) []element {
	list := t.elements(internals)
	for _, v := range k.viewsOf(t) {
		list = append(list, v.elements(internals)...)
	}
	return list
}

func (t *table) elements(internals bool) []element {
	if t.isView() {
		return []element{{keyspace: t.keyspace, kind: "materialized_view", name: t.name, cql: t.viewCQL(internals)}}
	}
	list := []element{{keyspace: t.keyspace, kind: "table", name: t.name, cql: t.cql(internals)}}
	for _, ix := range t.indexes {
		list = append(list, t.indexElement(ix.name)...)
	}
	return list
}

func (t *table) indexElement(name string) []element {
	for _, ix := range t.indexes {
		if ix.name == name {
			return []element{{keyspace: t.keyspace, kind: "index", name: name, cql: ix.cql(t)}}
		}
	}
	return nil
}

func (k *keyspace) cql() string {
	if k.virtual {
		return "/*\nWarning: Keyspace " + quoteIdent(k.name) + " is a virtual keyspace and cannot be recreated with CQL.\nStructure, for reference:\nVIRTUAL KEYSPACE " + quoteIdent(k.name) + ";\n*/"
	}
	return fmt.Sprintf("CREATE KEYSPACE %s WITH replication = %s  AND durable_writes = %t;", quoteIdent(k.name), replicationCQL(k.replication), k.durable)
}

func replicationCQL(m map[string]string) string {
	c := maps.Clone(m)
	c["class"] = strings.TrimPrefix(c["class"], locatorPackage)
	return mapCQL(c)
}

// mapCQL writes a map of options, class first as everywhere.
func mapCQL(m map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, cqlparse.QuoteString(k)+": "+cqlparse.QuoteString(m[k]))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func typeCQL(t *types.Type) string {
	var fields []string
	for i, f := range t.Fields {
		fields = append(fields, "    "+quoteIdent(f)+" "+t.Elems[i].String())
	}
	return "CREATE TYPE " + quoteIdent(t.Keyspace) + "." + quoteIdent(t.Name) + " (\n" + strings.Join(fields, ",\n") + "\n);"
}

func (ix *index) cql(t *table) string {
	target := ""
	if ix.target != nil {
		target = ix.target.cql()
		if ix.mode != "" {
			target = ix.mode + "(" + target + ")"
		}
	}
	if ix.local {
		target = "(" + namesCQL(t.partition) + "), " + target
	}
	if ix.kind != "CUSTOM" {
		return fmt.Sprintf("CREATE INDEX %s ON %s (%s);", quoteIdent(ix.name), t, target)
	}
	options := ""
	if len(ix.options) > 0 {
		options = " WITH OPTIONS = " + mapCQL(ix.options)
	}
	return fmt.Sprintf("CREATE CUSTOM INDEX %s ON %s (%s) USING '%s'%s;", quoteIdent(ix.name), t, target, ix.class, options)
}

func (t *table) cql(internals bool) string {
	var b strings.Builder
	create := "CREATE TABLE "
	if t.virtual {
		fmt.Fprintf(&b, "/*\nWarning: Table %s is a virtual table and cannot be recreated with CQL.\nStructure, for reference:\n", t)
		create = "VIRTUAL TABLE "
	}
	b.WriteString(create + t.String() + " (\n")
	simple := slices.DeleteFunc(slices.Clone(t.regulars), func(c *column) bool { return c.typ.IsMultiCell() })
	complex := slices.DeleteFunc(slices.Clone(t.regulars), func(c *column) bool { return !c.typ.IsMultiCell() })
	oneKey := len(t.partition) == 1 && len(t.clustering) == 0
	var lines []string
	for _, c := range slices.Concat(t.partition, t.clustering, t.statics, simple, complex) {
		line := "    " + c.cql() + " " + c.typ.String()
		switch {
		case oneKey && c.kind == partitionKey:
			line += " PRIMARY KEY"
		case c.kind == staticColumn:
			line += " static"
		}
		lines = append(lines, line)
	}
	if !oneKey {
		lines = append(lines, "    "+t.keyCQL())
	}
	b.WriteString(strings.Join(lines, ",\n") + "\n)")
	t.optionsCQL(&b, internals)
	b.WriteByte(';')
	if t.virtual {
		b.WriteString("\n*/")
	}
	return b.String()
}

func (t *table) keyCQL() string {
	key := namesCQL(t.partition)
	if len(t.partition) > 1 {
		key = "(" + key + ")"
	}
	for _, c := range t.clustering {
		key += ", " + c.cql()
	}
	return "PRIMARY KEY (" + key + ")"
}

func (t *table) viewCQL(internals bool) string {
	var b strings.Builder
	columns := "*"
	if !t.view.includeAll {
		columns = namesCQL(t.columns)
	}
	base := quoteIdent(t.keyspace) + "." + quoteIdent(t.view.base)
	fmt.Fprintf(&b, "CREATE MATERIALIZED VIEW %s AS\n    SELECT %s\n    FROM %s\n    WHERE %s\n    %s\n", t, columns, base, t.view.clause(), t.keyCQL())
	t.optionsCQL(&b, internals)
	b.WriteByte(';')
	return b.String()
}

func namesCQL(cols []*column) string {
	var names []string
	for _, c := range cols {
		names = append(names, c.cql())
	}
	return strings.Join(names, ", ")
}

func (t *table) optionsCQL(b *strings.Builder, internals bool) {
	var options []string
	if internals {
		options = append(options, "ID = "+hexID(t.id))
	}
	if len(t.clustering) > 0 {
		var order []string
		for _, c := range t.clustering {
			dir := " ASC"
			if c.desc {
				dir = " DESC"
			}
			order = append(order, c.cql()+dir)
		}
		options = append(options, "CLUSTERING ORDER BY ("+strings.Join(order, ", ")+")")
	}
	if t.virtual {
		options = append(options, "comment = "+cqlparse.QuoteString(t.params.comment))
	} else {
		options = append(options, t.params.cql(t.isView())...)
	}
	for i, o := range options {
		lead := "\n    AND "
		if i == 0 {
			lead = " WITH "
		}
		b.WriteString(lead + o)
	}
}

func (p *tableParams) cql(view bool) []string {
	on := func(b *bool) string { return strconv.FormatBool(b == nil || *b) }
	q := cqlparse.QuoteString
	list := []string{
		"additional_write_policy = " + q(p.additionalWritePolicy),
		"allow_auto_snapshot = " + on(p.allowAutoSnapshot),
		"bloom_filter_fp_chance = " + javaDouble(p.bloomFilter()),
		"caching = " + mapCQL(p.caching),
		"cdc = " + strconv.FormatBool(p.cdc != nil && *p.cdc),
		"comment = " + q(p.comment),
		"compaction = " + mapCQL(p.compaction),
		"compression = " + mapCQL(p.compression),
		"memtable = 'default'",
		"crc_check_chance = " + javaDouble(p.crcCheckChance),
		fmt.Sprintf("default_time_to_live = %d", p.defaultTTL),
		"extensions = {}",
		fmt.Sprintf("gc_grace_seconds = %d", p.gcGraceSeconds),
		"incremental_backups = " + on(p.incrementalBackups),
		fmt.Sprintf("max_index_interval = %d", p.maxIndexInterval),
		fmt.Sprintf("memtable_flush_period_in_ms = %d", p.memtableFlushPeriod),
		fmt.Sprintf("min_index_interval = %d", p.minIndexInterval),
		"read_repair = " + q(p.readRepair),
		"speculative_retry = " + q(p.speculativeRetry),
	}
	if view { // whose rows live as long as those of the base table
		list = slices.DeleteFunc(list, func(s string) bool { return strings.HasPrefix(s, "default_time_to_live") })
	}
	return list
}
