package exec

import (
	"encoding/hex"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/system"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

var initialSchemas = [2]func() *schema{
	sync.OnceValue(func() *schema { return buildInitial(system.Tables()) }),
	sync.OnceValue(func() *schema { return buildInitial(system.Scylla()) }),
}

// initialSchema is the schema of a server that nobody has used yet.
func initialSchema(d Dialect) *schema {
	s := *initialSchemas[d]()
	s.keyspaces = maps.Clone(s.keyspaces)
	for _, name := range []string{"system_traces", "system_distributed"} {
		ks := *s.keyspaces[name]
		ks.tables = maps.Clone(ks.tables)
		for n, t := range ks.tables {
			stored := *t
			stored.data = store.NewTable(t.order())
			ks.tables[n] = &stored
		}
		s.keyspaces[name] = &ks
	}
	return &s
}

func buildInitial(tables []system.Table) *schema {
	s := &schema{keyspaces: map[string]*keyspace{}, version: uuid3("schema")}
	for _, st := range tables {
		ks := s.keyspaces[st.Keyspace]
		if ks == nil {
			ks = &keyspace{name: st.Keyspace, durable: true, system: true, virtual: st.Virtual(), replication: system.Replication(st.Keyspace),
				tables: map[string]*table{}, types: map[string]*types.Type{}}
			s.keyspaces[st.Keyspace] = ks
		}
		t := &table{keyspace: st.Keyspace, name: st.Name, system: true, virtual: st.Virtual(), params: defaultParams(),
			id: uuid3(st.Keyspace + "." + st.Name)}
		for _, c := range st.Columns {
			t.add(c.Name, systemType(c.Type), columnKind(c.Kind), c.Desc)
		}
		ks.tables[t.name] = t.finish()
	}
	return s
}

func systemType(s string) *types.Type {
	if t := types.Native(s); t != nil {
		return t
	}
	ast, err := cqlparse.ParseType(s)
	if err == nil {
		if t, err := types.Resolve("system", ast, func(string, string) *types.Type { return nil }); err == nil {
			return t
		}
	}
	return types.Blob
}

// systemViews keeps what the system tables show, until the schema changes.
type systemViews struct {
	mu     sync.Mutex
	schema *schema
	views  map[viewKey]*store.View
}

type viewKey struct {
	table string
	node  int
}

func (v *systemViews) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.views = nil
}

// view returns a table's rows as they are now, to who asks a node.
func (srv *server) view(t *table, node int) *store.View {
	if t.data != nil {
		return t.data.View()
	}
	s := srv.schema.Load()
	v := &srv.system
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.schema != s || v.views == nil {
		v.schema, v.views = s, map[viewKey]*store.View{}
	}
	name := t.keyspace + "." + t.name
	key := viewKey{name, node}
	view := v.views[key]
	if view == nil || t.keyspace == "system_auth" {
		view = t.fill(srv.systemRows(s, name, node))
		v.views[key] = view
	}
	return view
}

// sysRow is a row of a system table: Go values by column name.
type sysRow map[string]any

// fill makes rows up.
func (t *table) fill(rows []sysRow) *store.View {
	data := store.NewTable(t.order())
	for _, r := range rows {
		var key, clustering [][]byte
		for _, c := range t.partition {
			key = append(key, encode(c.typ, r[c.name]))
		}
		clustering = [][]byte{}
		for _, c := range t.clustering {
			clustering = append(clustering, encode(c.typ, r[c.name]))
		}
		raw := types.PartitionKey(key)
		u := &store.Update{Key: t.storeKey(raw)}
		row := &store.Row{Clustering: clustering, Liveness: store.NewLiveness(0, 0, 0)}
		for _, c := range t.regulars {
			if v := encode(c.typ, r[c.name]); v != nil {
				putValue(row, c, v)
			}
		}
		u.Rows = []*store.Row{row}
		data.Apply(u)
	}
	return data.View()
}

// putValue stores a whole encoded value.
func putValue(row *store.Row, c *column, v []byte) {
	cell := func(b []byte) store.Cell { return store.NewCell(b, 0, 0, 0) }
	if !c.typ.IsMultiCell() {
		row.Put(c.id, cell(v))
		return
	}
	if c.typ.Kind == types.KindMap {
		pairs, _ := types.UnpackMap(v)
		for i := 0; i+1 < len(pairs); i += 2 {
			row.PutElement(c.id, c.path(), pairs[i], cell(pairs[i+1]))
		}
		return
	}
	elems, _ := types.UnpackList(v)
	for i, e := range elems {
		if c.typ.Kind == types.KindSet {
			row.PutElement(c.id, c.path(), e, cell([]byte{}))
		} else {
			row.PutElement(c.id, c.path(), types.EncodeInt(int32(i)), cell(e))
		}
	}
}

// encode turns a Go value into one of type t.
func encode(t *types.Type, v any) []byte {
	switch v := v.(type) {
	case nil:
		return nil
	case []byte:
		return v
	case [16]byte:
		return v[:]
	case bool:
		return types.EncodeBoolean(v)
	case int:
		if t.Kind == types.KindBigint || t.Kind == types.KindTimestamp {
			return types.EncodeBigint(int64(v))
		}
		return types.EncodeInt(int32(v))
	case int64:
		return types.EncodeBigint(v)
	case float64:
		return types.EncodeDouble(v)
	case string:
		if t.Kind == types.KindInet {
			ip := net.ParseIP(v)
			if four := ip.To4(); four != nil {
				return four
			}
			return ip
		}
		return []byte(v)
	case []string:
		elems := make([][]byte, len(v))
		for i, s := range v {
			elems[i] = []byte(s)
		}
		return types.PackList(len(elems), elems)
	case map[string]string:
		var kvs [][]byte
		for k, val := range v {
			kvs = append(kvs, []byte(k), []byte(val))
		}
		return t.PackMap(kvs)
	}
	return nil
}

// systemRows are the rows of a system table.
func (srv *server) systemRows(s *schema, name string, node int) []sysRow {
	switch name {
	case "system.local":
		return []sysRow{srv.localRow(s, node)}
	case "system.peers", "system.peers_v2":
		return srv.peerRows(s, node)
	case "system.scylla_local":
		return []sysRow{{"key": "scylla_schema_version_since", "value": ""}}
	case "system.versions":
		return []sysRow{{"key": "local", "version": "2025.1.0", "build_mode": "release", "build_id": "cqltest"}}
	case "system_auth.roles", "system_auth.role_members", "system_auth.role_permissions":
		return srv.auth.rows(strings.TrimPrefix(name, "system_auth."))
	case "system.IndexInfo":
		return indexRows(s, func(t *table, ix *index) sysRow { return sysRow{"table_name": t.keyspace, "index_name": ix.name} })
	case "system.built_views":
		return builtViewRows(s)
	case "system_views.sai_column_indexes":
		return indexRows(s, attachedRow)
	case "system_views.settings":
		return []sysRow{{"name": "cluster_name", "value": srv.opts.ClusterName}, {"name": "partitioner", "value": partitioner}}
	}
	if table, ok := strings.CutPrefix(name, "system_schema."); ok {
		return schemaRows(s, table, false)
	}
	if table, ok := strings.CutPrefix(name, "system_virtual_schema."); ok {
		return schemaRows(s, table, true)
	}
	return nil
}

var schemaTables = uuid3("system_schema.tables")

const partitioner = "org.apache.cassandra.dht.Murmur3Partitioner"

func (srv *server) localRow(s *schema, node int) sysRow {
	o, n := &srv.opts, srv.ring.nodes[node]
	release, protocol := "5.0.6", "5"
	if o.Dialect == Scylla {
		release, protocol = "3.0.8", "4"
	}
	return sysRow{
		"key": "local", "bootstrapped": "COMPLETED", "broadcast_address": n.Address, "broadcast_port": 7000,
		"cluster_name": o.ClusterName, "cql_version": "3.4.7", "data_center": n.DataCenter, "gossip_generation": 1,
		"host_id": hostID(n.Address, n.Port), "listen_address": n.Address, "listen_port": 7000,
		"native_protocol_version": protocol, "partitioner": partitioner, "rack": n.Rack, "release_version": release,
		"rpc_address": n.Address, "rpc_port": n.Port, "schema_version": s.version, "tokens": []string{strconv.FormatInt(n.token, 10)},
		"truncated_at": types.Map(types.UUID, types.Blob, false).PackMap([][]byte{schemaTables[:], make([]byte, 20)}),
	}
}

// peerRows are what a node knows of the others.
func (srv *server) peerRows(s *schema, node int) (rows []sysRow) {
	for i, n := range srv.ring.nodes {
		if i == node {
			continue
		}
		rows = append(rows, sysRow{
			"peer": n.Address, "peer_port": 7000, "data_center": n.DataCenter, "host_id": hostID(n.Address, n.Port),
			"native_address": n.Address, "native_port": n.Port, "rpc_address": n.Address, "rack": n.Rack,
			"release_version": "5.0.6", "schema_version": s.version, "tokens": []string{strconv.FormatInt(n.token, 10)},
		})
	}
	return rows
}

func hostID(address string, port int) [16]byte {
	return uuid3("host " + address + ":" + strconv.Itoa(port))
}

// builtViewRows have a row for each materialized view.
func builtViewRows(s *schema) (rows []sysRow) {
	for _, ks := range s.sortedKeyspaces() {
		for _, t := range sortedTables(ks) {
			if t.isView() {
				rows = append(rows, sysRow{"keyspace_name": ks.name, "view_name": t.name, "status_replicated": true})
			}
		}
	}
	return rows
}

// viewRow is the row of a materialized view in system_schema.views.
func viewRow(base, t *table) sysRow {
	row := tableRow(t)
	row["view_name"], row["base_table_id"], row["base_table_name"] = t.name, base.id, base.name
	row["include_all_columns"], row["where_clause"] = t.view.includeAll, t.view.clause()
	return row
}

// indexRows have a row for each index that the function knows about.
func indexRows(s *schema, row func(t *table, ix *index) sysRow) (rows []sysRow) {
	for _, ks := range s.sortedKeyspaces() {
		for _, t := range sortedTables(ks) {
			for _, ix := range t.indexes {
				if r := row(t, ix); r != nil {
					rows = append(rows, r)
				}
			}
		}
	}
	return rows
}

func attachedRow(t *table, ix *index) sysRow {
	if !ix.storageAttached() || ix.target == nil {
		return nil
	}
	analyzer := "NoOpAnalyzer"
	if slices.ContainsFunc(attachedAnalysis, func(name string) bool { _, given := ix.options[name]; return given }) {
		analyzer = fmt.Sprintf("NonTokenizingAnalyzer{caseSensitive=%t, normalized=%t, ascii=%t}",
			!strings.EqualFold(ix.options["case_sensitive"], "false"), isTrue(ix.options["normalize"]), isTrue(ix.options["ascii"]))
	}
	return sysRow{"keyspace_name": t.keyspace, "index_name": ix.name, "analyzer": analyzer, "column_name": ix.target.name,
		"is_building": false, "is_queryable": true, "is_string": ix.term().IsText() && ix.mode != "entries", "table_name": t.name}
}

// schemaRows describe the schema; virtual ones in tables of their own.
func schemaRows(s *schema, name string, virtual bool) []sysRow {
	var rows []sysRow
	for _, ks := range s.sortedKeyspaces() {
		if ks.virtual != virtual {
			continue
		}
		if name == "keyspaces" {
			rows = append(rows, sysRow{"keyspace_name": ks.name, "durable_writes": ks.durable, "replication": ks.replication})
		}
		if name == "functions" || name == "aggregates" {
			rows = append(rows, ks.functionRows(name == "aggregates")...)
		}
		if name == "types" {
			for n, t := range ks.types {
				types := make([]string, len(t.Elems))
				for i, f := range t.Elems {
					types[i] = f.String()
				}
				rows = append(rows, sysRow{"keyspace_name": ks.name, "type_name": n, "field_names": t.Fields, "field_types": types})
			}
		}
		for _, t := range sortedTables(ks) {
			if name == "views" && t.isView() {
				rows = append(rows, viewRow(ks.tables[t.view.base], t))
				continue
			}
			rows = append(rows, tableRows(t, name)...)
		}
	}
	return rows
}

func tableRows(t *table, name string) []sysRow {
	var rows []sysRow
	switch name {
	case "tables":
		if t.isView() {
			return nil
		}
		return []sysRow{tableRow(t)}
	case "scylla_tables":
		return []sysRow{{"keyspace_name": t.keyspace, "table_name": t.name, "version": t.id}}
	case "columns":
		for _, c := range t.columns {
			rows = append(rows, columnRow(t, c))
		}
		if t.compact && len(t.clustering) == 0 {
			rows = t.compactColumns(rows)
		}
	case "dropped_columns":
		for _, c := range t.dropped {
			rows = append(rows, sysRow{"keyspace_name": t.keyspace, "table_name": t.name, "column_name": c.name,
				"dropped_time": c.at / 1000, "kind": c.kind.String(), "type": c.typ.String()})
		}
	case "indexes":
		for _, ix := range t.indexes {
			options := map[string]string{}
			if target := ix.targetOption(); target != "" {
				options["target"] = target
			}
			if ix.local {
				options["target"] = ix.localTarget(t)
			}
			if ix.class != "" {
				options["class_name"] = ix.class
			}
			for k, v := range ix.options {
				options[k] = v
			}
			rows = append(rows, sysRow{"keyspace_name": t.keyspace, "table_name": t.name, "index_name": ix.name, "kind": ix.kind, "options": options})
		}
	}
	return rows
}

// localTarget is how ScyllaDB shows what a local index covers.
func (ix *index) localTarget(t *table) string {
	names := make([]string, len(t.partition))
	for i, c := range t.partition {
		names[i] = strconv.Quote(c.name)
	}
	return `{"pk": [` + strings.Join(names, ", ") + `], "ck": [` + strconv.Quote(ix.targetOption()) + `]}`
}

// compactColumns shows a COMPACT STORAGE table without clustering columns the
// way it is stored: its columns static, and two that CQL never sees.
func (t *table) compactColumns(rows []sysRow) []sysRow {
	value := types.Blob
	if t.counter {
		value = types.Counter
	}
	for i, c := range t.columns {
		if c.kind == regularColumn {
			rows[i]["kind"] = staticColumn.String()
		}
	}
	return append(rows, columnRow(t, &column{name: "column1", typ: types.Text, kind: clusteringKey}),
		columnRow(t, &column{name: "value", typ: value, kind: regularColumn, position: -1}))
}

func columnRow(t *table, c *column) sysRow {
	order := "none"
	if c.kind == clusteringKey {
		order = "asc"
		if c.desc {
			order = "desc"
		}
	}
	return sysRow{"keyspace_name": t.keyspace, "table_name": t.name, "column_name": c.name, "clustering_order": order,
		"column_name_bytes": []byte(c.name), "kind": c.kind.String(), "position": c.position, "type": c.typ.String()}
}

func tableRow(t *table) sysRow {
	p := &t.params
	flags := []string{"compound"}
	switch {
	case t.compact && len(t.clustering) == 0:
		flags = nil
	case t.compact && len(t.clustering) == 1:
		flags = []string{"dense"}
	case t.compact:
		flags = []string{"compound", "dense"}
	}
	if t.counter {
		flags = append(flags, "counter")
	}
	if t.compact && t.counter {
		flags = append(flags[len(flags)-1:], flags[:len(flags)-1]...)
	}
	row := sysRow{"keyspace_name": t.keyspace, "table_name": t.name, "additional_write_policy": p.additionalWritePolicy,
		"bloom_filter_fp_chance": p.bloomFilter(), "caching": p.caching, "comment": p.comment, "compaction": p.compaction,
		"compression": p.compression, "crc_check_chance": p.crcCheckChance, "dclocal_read_repair_chance": 0.0,
		"default_time_to_live": int(p.defaultTTL), "extensions": map[string]string{}, "flags": flags,
		"gc_grace_seconds": int(p.gcGraceSeconds), "id": t.id, "max_index_interval": int(p.maxIndexInterval),
		"memtable_flush_period_in_ms": int(p.memtableFlushPeriod), "min_index_interval": int(p.minIndexInterval),
		"read_repair": p.readRepair, "read_repair_chance": 0.0, "speculative_retry": p.speculativeRetry}
	if b := p.allowAutoSnapshot; b != nil && !*b {
		row["allow_auto_snapshot"] = false
	}
	if b := p.incrementalBackups; b != nil && !*b {
		row["incremental_backups"] = false
	}
	return row
}

func hexID(id [16]byte) string {
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
