// Package catalog knows the tables of the system: which there are, and the rows by
// which they show a schema.
package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// SchemaTables is the id of the table of tables.
var SchemaTables = schema.UUID3("system_schema.tables")

// Partitioner is the class of the only partitioner.
const Partitioner = "org.apache.cassandra.dht.Murmur3Partitioner"

// BuiltViewRows have a row for each materialized view.
func BuiltViewRows(s *schema.Schema) (rows []Row) {
	for _, ks := range s.SortedKeyspaces() {
		for _, t := range schema.SortedTables(ks) {
			if t.IsView() {
				rows = append(rows, Row{"keyspace_name": ks.Name, "view_name": t.Name, "status_replicated": true})
			}
		}
	}
	return rows
}

// ViewStatusRows have a row for each materialized view; all are built.
func ViewStatusRows(s *schema.Schema, host [16]byte) (rows []Row) {
	for _, r := range BuiltViewRows(s) {
		rows = append(rows, Row{"keyspace_name": r["keyspace_name"], "view_name": r["view_name"], "host_id": host, "status": "SUCCESS"})
	}
	return rows
}

// viewRow is the row of a materialized view in system_schema.views.
func viewRow(base, t *schema.Table) Row {
	row := tableRow(t)
	row["view_name"], row["base_table_id"], row["base_table_name"] = t.Name, base.ID, base.Name
	row["include_all_columns"], row["where_clause"] = t.View.IncludeAll, t.View.Clause()
	return row
}

// IndexRows have a row for each index that the function knows about.
func IndexRows(s *schema.Schema, row func(t *schema.Table, ix *schema.Index) Row) (rows []Row) {
	for _, ks := range s.SortedKeyspaces() {
		for _, t := range schema.SortedTables(ks) {
			for _, ix := range t.Indexes {
				if r := row(t, ix); r != nil {
					rows = append(rows, r)
				}
			}
		}
	}
	return rows
}

// AttachedRow shows a storage-attached index; nil for others.
func AttachedRow(t *schema.Table, ix *schema.Index) Row {
	if !ix.StorageAttached() || ix.Target == nil {
		return nil
	}
	analyzer := "NoOpAnalyzer"
	if slices.ContainsFunc(schema.AttachedAnalysis, func(name string) bool { _, given := ix.Options[name]; return given }) {
		analyzer = fmt.Sprintf("NonTokenizingAnalyzer{caseSensitive=%t, normalized=%t, ascii=%t}",
			!strings.EqualFold(ix.Options["case_sensitive"], "false"), schema.IsTrue(ix.Options["normalize"]), schema.IsTrue(ix.Options["ascii"]))
	}
	return Row{"keyspace_name": t.Keyspace, "index_name": ix.Name, "analyzer": analyzer, "column_name": ix.Target.Name,
		"is_building": false, "is_queryable": true, "is_string": ix.Term().IsText() && ix.Mode != "entries", "table_name": t.Name}
}

// SchemaRows describe the schema; virtual ones in tables of their own.
func SchemaRows(s *schema.Schema, name string, virtual bool) []Row {
	var rows []Row
	for _, ks := range s.SortedKeyspaces() {
		if ks.Virtual != virtual {
			continue
		}
		if name == "keyspaces" {
			rows = append(rows, Row{"keyspace_name": ks.Name, "durable_writes": ks.Durable, "replication": ks.Replication})
		}
		if name == "functions" || name == "aggregates" {
			rows = append(rows, functionRows(ks, name == "aggregates")...)
		}
		if name == "types" {
			for n, t := range ks.Types {
				types := make([]string, len(t.Elems))
				for i, f := range t.Elems {
					types[i] = f.String()
				}
				rows = append(rows, Row{"keyspace_name": ks.Name, "type_name": n, "field_names": t.Fields, "field_types": types})
			}
		}
		for _, t := range schema.SortedTables(ks) {
			if name == "views" && t.IsView() {
				rows = append(rows, viewRow(ks.Tables[t.View.Base], t))
				continue
			}
			rows = append(rows, tableRows(t, name)...)
		}
	}
	return rows
}

func tableRows(t *schema.Table, name string) []Row {
	var rows []Row
	switch name {
	case "tables":
		if t.IsView() {
			return nil
		}
		return []Row{tableRow(t)}
	case "scylla_tables":
		return []Row{{"keyspace_name": t.Keyspace, "table_name": t.Name, "version": t.ID, "cdc": t.CDC}}
	case "columns":
		for _, c := range t.Columns {
			rows = append(rows, columnRow(t, c))
		}
		if t.Compact && len(t.Clustering) == 0 {
			rows = compactColumns(t, rows)
		}
	case "dropped_columns":
		for _, c := range t.Dropped {
			rows = append(rows, Row{"keyspace_name": t.Keyspace, "table_name": t.Name, "column_name": c.Name,
				"dropped_time": c.At / 1000, "kind": c.Kind.String(), "type": c.Type.String()})
		}
	case "indexes":
		for _, ix := range t.Indexes {
			options := map[string]string{}
			if target := ix.TargetOption(); target != "" {
				options["target"] = target
			}
			if ix.Local {
				options["target"] = localTarget(ix, t)
			}
			if ix.Class != "" {
				options["class_name"] = ix.Class
			}
			for k, v := range ix.Options {
				options[k] = v
			}
			rows = append(rows, Row{"keyspace_name": t.Keyspace, "table_name": t.Name, "index_name": ix.Name, "kind": ix.Kind, "options": options})
		}
	}
	return rows
}

// localTarget is how ScyllaDB shows what a local index covers.
func localTarget(ix *schema.Index, t *schema.Table) string {
	names := make([]string, len(t.Partition))
	for i, c := range t.Partition {
		names[i] = strconv.Quote(c.Name)
	}
	return `{"pk": [` + strings.Join(names, ", ") + `], "ck": [` + strconv.Quote(ix.TargetOption()) + `]}`
}

// compactColumns shows a COMPACT STORAGE table without clustering columns the
// way it is stored: its columns static, and two that CQL never sees.
func compactColumns(t *schema.Table, rows []Row) []Row {
	value := types.Blob
	if t.Counter {
		value = types.Counter
	}
	for i, c := range t.Columns {
		if c.Kind == schema.RegularColumn {
			rows[i]["kind"] = schema.StaticColumn.String()
		}
	}
	return append(rows, columnRow(t, &schema.Column{Name: "column1", Type: types.Text, Kind: schema.ClusteringKey}),
		columnRow(t, &schema.Column{Name: "value", Type: value, Kind: schema.RegularColumn, Position: -1}))
}

func columnRow(t *schema.Table, c *schema.Column) Row {
	order := "none"
	if c.Kind == schema.ClusteringKey {
		order = "asc"
		if c.Desc {
			order = "desc"
		}
	}
	return Row{"keyspace_name": t.Keyspace, "table_name": t.Name, "column_name": c.Name, "clustering_order": order,
		"column_name_bytes": []byte(c.Name), "kind": c.Kind.String(), "position": c.Position, "type": c.Type.String()}
}

func tableRow(t *schema.Table) Row {
	p := &t.Params
	flags := []string{"compound"}
	switch {
	case t.Compact && len(t.Clustering) == 0:
		flags = nil
	case t.Compact && len(t.Clustering) == 1:
		flags = []string{"dense"}
	case t.Compact:
		flags = []string{"compound", "dense"}
	}
	if t.Counter {
		flags = append(flags, "counter")
	}
	if t.Compact && t.Counter {
		flags = append(flags[len(flags)-1:], flags[:len(flags)-1]...)
	}
	row := Row{"keyspace_name": t.Keyspace, "table_name": t.Name, "additional_write_policy": p.AdditionalWritePolicy,
		"bloom_filter_fp_chance": p.BloomFilter(), "caching": p.Caching, "comment": p.Comment, "compaction": p.Compaction,
		"compression": p.Compression, "crc_check_chance": p.CrcCheckChance, "dclocal_read_repair_chance": 0.0,
		"default_time_to_live": int(p.DefaultTTL), "extensions": map[string]string{}, "flags": flags,
		"gc_grace_seconds": int(p.GcGraceSeconds), "id": t.ID, "max_index_interval": int(p.MaxIndexInterval),
		"memtable_flush_period_in_ms": int(p.MemtableFlushPeriod), "min_index_interval": int(p.MinIndexInterval),
		"read_repair": p.ReadRepair, "read_repair_chance": 0.0, "speculative_retry": p.SpeculativeRetry}
	if b := p.AllowAutoSnapshot; b != nil && !*b {
		row["allow_auto_snapshot"] = false
	}
	if b := p.IncrementalBackups; b != nil && !*b {
		row["incremental_backups"] = false
	}
	return row
}
