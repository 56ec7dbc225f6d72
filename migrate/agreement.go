package migrate

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/coodie-go/coodie"
)

// agree waits until all nodes have the same version of the schema.
func (m *Migrator) agree(ctx context.Context) error {
	began := time.Now()
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		versions, err := m.versions(ctx)
		switch {
		case err != nil && ctx.Err() != nil:
			return failed("the nodes' versions of the schema could not be read", context.Cause(ctx))
		case err == nil && len(versions) <= 1:
			return nil
		case time.Since(began) < m.agreement:
		case err != nil:
			return failed("the nodes' versions of the schema could not be read", err)
		default:
			return &AgreementError{Versions: versions, Waited: time.Since(began)}
		}
		if err := pause(ctx, wait); err != nil {
			return failed("the nodes do not agree on the schema yet", err)
		}
	}
}

const (
	mostAsked  = 16 // nodes, about themselves
	mostRounds = 10
)

// node is one of the nodes, as they describe it.
type node struct {
	address  string
	versions []string
}

// Of the node that answers.
const (
	ofItself = "SELECT host_id, broadcast_address AS address, schema_version FROM system.local"
	ofOthers = "SELECT host_id, peer AS address, schema_version FROM system.peers"
)

// versions are the addresses of the nodes by the version of the schema that they have.
//
// A node knows late of the others' changes, so as many are asked about themselves as there are: the driver
// chooses them in turn. The versions that the others report are for nodes that do not answer.
func (m *Migrator) versions(ctx context.Context) (map[string][]string, error) {
	nodes := map[string]*node{}
	most := 0
	for range mostRounds {
		n, err := m.view(ctx, ofOthers, nodes)
		if err != nil {
			return nil, err
		}
		most = max(most, n+1)
		for range min(most, mostAsked) {
			if _, err := m.view(ctx, ofItself, nodes); err != nil {
				return nil, err
			}
		}
		if len(nodes) >= most {
			return byVersion(nodes), nil
		}
	}
	return nil, fmt.Errorf("of %d nodes only %d could be seen", most, len(nodes))
}

func byVersion(nodes map[string]*node) map[string][]string {
	versions := map[string][]string{}
	for _, n := range nodes {
		for _, v := range n.versions {
			versions[v] = append(versions[v], n.address)
		}
	}
	for _, addresses := range versions {
		slices.Sort(addresses)
	}
	return versions
}

// view adds the nodes that one of them describes, and returns how many these are.
func (m *Migrator) view(ctx context.Context, query string, nodes map[string]*node) (n int, err error) {
	for row, err := range m.db.Raw(query).Rows(ctx) {
		if err != nil {
			return 0, err
		}
		var host, version *coodie.UUID
		var address netip.Addr
		for column, dest := range map[string]any{"host_id": &host, "schema_version": &version} {
			if err := row.Get(column, dest); err != nil {
				return 0, err
			}
		}
		if host == nil || version == nil {
			continue // it is joining, or has left
		}
		if err := row.Get("address", &address); err != nil {
			return 0, err
		}
		n++
		key := host.String()
		if nodes[key] == nil {
			nodes[key] = &node{address: address.String()}
		}
		if x := nodes[key]; !slices.Contains(x.versions, version.String()) {
			x.versions = append(x.versions, version.String())
		}
	}
	return n, nil
}
