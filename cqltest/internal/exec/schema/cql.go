package schema

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/java"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// CQL is the statement that makes the keyspace.
func (k *Keyspace) CQL() string {
	if k.Virtual {
		return "/*\nWarning: Keyspace " + QuoteIdent(k.Name) + " is a virtual keyspace and cannot be recreated with CQL.\nStructure, for reference:\nVIRTUAL KEYSPACE " + QuoteIdent(k.Name) + ";\n*/"
	}
	return fmt.Sprintf("CREATE KEYSPACE %s WITH replication = %s  AND durable_writes = %t;", QuoteIdent(k.Name), replicationCQL(k.Replication), k.Durable)
}

func replicationCQL(m map[string]string) string {
	c := maps.Clone(m)
	c["class"] = strings.TrimPrefix(c["class"], LocatorPackage)
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

// TypeCQL is the statement that makes a type.
func TypeCQL(t *types.Type) string {
	var fields []string
	for i, f := range t.Fields {
		fields = append(fields, "    "+QuoteIdent(f)+" "+t.Elems[i].String())
	}
	return "CREATE TYPE " + QuoteIdent(t.Keyspace) + "." + QuoteIdent(t.Name) + " (\n" + strings.Join(fields, ",\n") + "\n);"
}

// CQL is the statement that makes the index.
func (ix *Index) CQL(t *Table) string {
	target := ""
	if ix.Target != nil {
		target = ix.Target.CQL()
		if ix.Mode != "" {
			target = ix.Mode + "(" + target + ")"
		}
	}
	if ix.Local {
		target = "(" + namesCQL(t.Partition) + "), " + target
	}
	if ix.Kind != "CUSTOM" {
		return fmt.Sprintf("CREATE INDEX %s ON %s (%s);", QuoteIdent(ix.Name), t, target)
	}
	options := ""
	if len(ix.Options) > 0 {
		options = " WITH OPTIONS = " + mapCQL(ix.Options)
	}
	return fmt.Sprintf("CREATE CUSTOM INDEX %s ON %s (%s) USING '%s'%s;", QuoteIdent(ix.Name), t, target, ix.Class, options)
}

// CQL is the statement that makes the table.
func (t *Table) CQL(internals bool) string {
	var b strings.Builder
	create := "CREATE TABLE "
	if t.Virtual {
		fmt.Fprintf(&b, "/*\nWarning: Table %s is a virtual table and cannot be recreated with CQL.\nStructure, for reference:\n", t)
		create = "VIRTUAL TABLE "
	}
	b.WriteString(create + t.String() + " (\n")
	columns := slices.Concat(t.Statics, t.Regulars)
	var dropped []*Column
	if internals { // with what was dropped, to be dropped again
		for _, name := range slices.Sorted(maps.Keys(t.Dropped)) {
			c := t.Dropped[name].Column
			dropped = append(dropped, &c)
		}
		columns = slices.DeleteFunc(columns, func(c *Column) bool { _, again := t.Dropped[c.Name]; return again })
	}
	statics := slices.DeleteFunc(slices.Clone(columns), func(c *Column) bool { return c.Kind != StaticColumn })
	simple := slices.DeleteFunc(slices.Clone(columns), func(c *Column) bool { return c.Kind == StaticColumn || c.Type.IsMultiCell() })
	complex := slices.DeleteFunc(slices.Clone(columns), func(c *Column) bool { return c.Kind == StaticColumn || !c.Type.IsMultiCell() })
	oneKey := len(t.Partition) == 1 && len(t.Clustering) == 0
	var lines []string
	for _, c := range slices.Concat(t.Partition, t.Clustering, statics, simple, complex, dropped) {
		line := "    " + c.declaration()
		if oneKey && c.Kind == PartitionKey {
			line += " PRIMARY KEY"
		}
		lines = append(lines, line)
	}
	if !oneKey {
		lines = append(lines, "    "+t.keyCQL())
	}
	b.WriteString(strings.Join(lines, ",\n") + "\n)")
	t.optionsCQL(&b, internals)
	b.WriteByte(';')
	for _, c := range dropped {
		fmt.Fprintf(&b, "\nALTER TABLE %s DROP %s USING TIMESTAMP %d;", t, c.CQL(), t.Dropped[c.Name].At)
		if again := t.ByName[c.Name]; again != nil {
			fmt.Fprintf(&b, "\nALTER TABLE %s ADD %s;", t, again.declaration())
		}
	}
	if t.Virtual {
		b.WriteString("\n*/")
	}
	return b.String()
}

// declaration is the column as CREATE TABLE has it.
func (c *Column) declaration() string {
	s := c.CQL() + " " + c.Type.String()
	if c.Kind == StaticColumn {
		s += " static"
	}
	return s
}

func (t *Table) keyCQL() string {
	key := namesCQL(t.Partition)
	if len(t.Partition) > 1 {
		key = "(" + key + ")"
	}
	for _, c := range t.Clustering {
		key += ", " + c.CQL()
	}
	return "PRIMARY KEY (" + key + ")"
}

// ViewCQL is the statement that makes a materialized view.
func (t *Table) ViewCQL(internals bool) string {
	var b strings.Builder
	columns := "*"
	if !t.View.IncludeAll {
		columns = namesCQL(t.Columns)
	}
	base := QuoteIdent(t.Keyspace) + "." + QuoteIdent(t.View.Base)
	fmt.Fprintf(&b, "CREATE MATERIALIZED VIEW %s AS\n    SELECT %s\n    FROM %s\n    WHERE %s\n    %s\n", t, columns, base, t.View.Clause(), t.keyCQL())
	t.optionsCQL(&b, internals)
	b.WriteByte(';')
	return b.String()
}

func namesCQL(cols []*Column) string {
	var names []string
	for _, c := range cols {
		names = append(names, c.CQL())
	}
	return strings.Join(names, ", ")
}

func (t *Table) optionsCQL(b *strings.Builder, internals bool) {
	var options []string
	if internals {
		options = append(options, "ID = "+hexID(t.ID))
	}
	if len(t.Clustering) > 0 {
		var order []string
		for _, c := range t.Clustering {
			dir := " ASC"
			if c.Desc {
				dir = " DESC"
			}
			order = append(order, c.CQL()+dir)
		}
		options = append(options, "CLUSTERING ORDER BY ("+strings.Join(order, ", ")+")")
	}
	if t.Virtual {
		options = append(options, "comment = "+cqlparse.QuoteString(t.Params.Comment))
	} else {
		options = append(options, t.Params.cql(t.IsView())...)
	}
	for i, o := range options {
		lead := "\n    AND "
		if i == 0 {
			lead = " WITH "
		}
		b.WriteString(lead + o)
	}
}

func (p *TableParams) cql(view bool) []string {
	on := func(b *bool) string { return strconv.FormatBool(b == nil || *b) }
	q := cqlparse.QuoteString
	list := []string{
		"additional_write_policy = " + q(p.AdditionalWritePolicy),
		"allow_auto_snapshot = " + on(p.AllowAutoSnapshot),
		"bloom_filter_fp_chance = " + java.Double(p.BloomFilter()),
		"caching = " + mapCQL(p.Caching),
		"cdc = " + strconv.FormatBool(p.cdc != nil && *p.cdc),
		"comment = " + q(p.Comment),
		"compaction = " + mapCQL(p.Compaction),
		"compression = " + mapCQL(p.Compression),
		"memtable = 'default'",
		"crc_check_chance = " + java.Double(p.CrcCheckChance),
		fmt.Sprintf("default_time_to_live = %d", p.DefaultTTL),
		"extensions = {}",
		fmt.Sprintf("gc_grace_seconds = %d", p.GcGraceSeconds),
		"incremental_backups = " + on(p.IncrementalBackups),
		fmt.Sprintf("max_index_interval = %d", p.MaxIndexInterval),
		fmt.Sprintf("memtable_flush_period_in_ms = %d", p.MemtableFlushPeriod),
		fmt.Sprintf("min_index_interval = %d", p.MinIndexInterval),
		"read_repair = " + q(p.ReadRepair),
		"speculative_retry = " + q(p.SpeculativeRetry),
	}
	if view { // whose rows live as long as those of the base table
		list = slices.DeleteFunc(list, func(s string) bool { return strings.HasPrefix(s, "default_time_to_live") })
	}
	return list
}

// CQL is the statement that makes the function.
func (f *Function) CQL(k *Keyspace) string {
	name := QuoteIdent(k.Name) + "." + QuoteIdent(f.Name)
	if a := f.Aggregate; a != nil {
		state := a.StateType
		s := "CREATE AGGREGATE " + name + "(" + strings.Join(f.ArgTexts(), ", ") + ")\n    SFUNC " + QuoteIdent(a.State) + "\n    STYPE " + state.StringIgnoringFrozen()
		if a.Final != "" {
			s += "\n    FINALFUNC " + QuoteIdent(a.Final)
		}
		if a.Initial != nil {
			s += "\n    INITCOND " + state.Literal(a.Initial)
		}
		return s + ";"
	}
	args := f.ArgTexts()
	for i, n := range f.ArgNames {
		args[i] = QuoteIdent(n) + " " + args[i]
	}
	onNull := "CALLED"
	if f.Strict {
		onNull = "RETURNS NULL"
	}
	return "CREATE FUNCTION " + name + "(" + strings.Join(args, ", ") + ")\n    " + onNull + " ON NULL INPUT\n    RETURNS " + f.Result.StringIgnoringFrozen() +
		"\n    LANGUAGE " + f.Language + "\n    AS $$" + f.Text + "$$;"
}

func hexID(id [16]byte) string {
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
