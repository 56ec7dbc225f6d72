package server

import (
	"strconv"
	"strings"
	"sync"

	"github.com/coodie-go/coodie/cqltest/internal/exec/catalog"
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// systemViews keeps what the system tables show, until the schema changes.
type systemViews struct {
	mu     sync.Mutex
	schema *schema.Schema
	views  map[viewKey]*store.View
}

type viewKey struct {
	table string
	node  int
}

// Forget has the rows made up anew.
func (v *systemViews) Forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.views = nil
}

// View returns a table's rows as they are now, to who asks a node.
func (srv *Server) View(t *schema.Table, node int) *store.View {
	if t.Data != nil {
		return t.Data.View()
	}
	s := srv.Schema.Load()
	v := &srv.System
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.schema != s || v.views == nil {
		v.schema, v.views = s, map[viewKey]*store.View{}
	}
	name := t.Keyspace + "." + t.Name
	key := viewKey{name, node}
	view := v.views[key]
	if view == nil {
		view = catalog.Fill(t, srv.systemRows(s, name, node))
		v.views[key] = view
	}
	return view
}

// systemRows are the rows of a system table.
func (srv *Server) systemRows(s *schema.Schema, name string, node int) []catalog.Row {
	switch name {
	case "system.local":
		return []catalog.Row{srv.localRow(s, node)}
	case "system.peers", "system.peers_v2":
		return srv.peerRows(s, node)
	case "system.scylla_local":
		return []catalog.Row{{"key": "scylla_schema_version_since", "value": ""}}
	case "system.versions":
		return []catalog.Row{{"key": "local", "version": "2025.1.0", "build_mode": "release", "build_id": "cqltest"}}
	case "system.IndexInfo":
		return catalog.IndexRows(s, func(t *schema.Table, ix *schema.Index) catalog.Row {
			return catalog.Row{"table_name": t.Keyspace, "index_name": ix.Name}
		})
	case "system_distributed.view_build_status":
		return catalog.ViewStatusRows(s, hostID(srv.Ring.Nodes[0].Address, srv.Ring.Nodes[0].Port))
	case "system.built_views":
		return catalog.BuiltViewRows(s)
	case "system_views.sai_column_indexes":
		return catalog.IndexRows(s, catalog.AttachedRow)
	case "system_views.settings":
		return []catalog.Row{{"name": "cluster_name", "value": srv.Opts.ClusterName}, {"name": "partitioner", "value": catalog.Partitioner}}
	}
	if table, ok := strings.CutPrefix(name, "system_schema."); ok {
		return catalog.SchemaRows(s, table, false)
	}
	if table, ok := strings.CutPrefix(name, "system_virtual_schema."); ok {
		return catalog.SchemaRows(s, table, true)
	}
	return nil
}

func (srv *Server) localRow(s *schema.Schema, node int) catalog.Row {
	o, n := &srv.Opts, srv.Ring.Nodes[node]
	release, version := "5.0.6", "5"
	if o.Dialect == protocol.Scylla {
		release, version = "3.0.8", "4"
	}
	return catalog.Row{
		"key": "local", "bootstrapped": "COMPLETED", "broadcast_address": n.Address, "broadcast_port": 7000,
		"cluster_name": o.ClusterName, "cql_version": "3.4.7", "data_center": n.DataCenter, "gossip_generation": 1,
		"host_id": hostID(n.Address, n.Port), "listen_address": n.Address, "listen_port": 7000,
		"native_protocol_version": version, "partitioner": catalog.Partitioner, "rack": n.Rack, "release_version": release,
		"rpc_address": n.Address, "rpc_port": n.Port, "schema_version": s.Version, "tokens": []string{strconv.FormatInt(n.token, 10)},
		"truncated_at": types.Map(types.UUID, types.Blob, false).PackMap([][]byte{catalog.SchemaTables[:], make([]byte, 20)}),
	}
}

// peerRows are what a node knows of the others.
func (srv *Server) peerRows(s *schema.Schema, node int) (rows []catalog.Row) {
	for i, n := range srv.Ring.Nodes {
		if i == node {
			continue
		}
		rows = append(rows, catalog.Row{
			"peer": n.Address, "peer_port": 7000, "data_center": n.DataCenter, "host_id": hostID(n.Address, n.Port),
			"native_address": n.Address, "native_port": n.Port, "rpc_address": n.Address, "rack": n.Rack,
			"release_version": "5.0.6", "schema_version": s.Version, "tokens": []string{strconv.FormatInt(n.token, 10)},
		})
	}
	return rows
}

func hostID(address string, port int) [16]byte {
	return schema.UUID3("host " + address + ":" + strconv.Itoa(port))
}
