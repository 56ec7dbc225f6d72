package server

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/store"
)

// Available says whether enough replicas could answer, where one node stands for a
// cluster: where there are several, see [Execution.Shortfall]. As many nodes are taken
// to be up as the keyspace has replicas, so that a schema made for a cluster
// works; only TWO and THREE can ask for more than that.
func (x *Execution) Available(keyspace string) error {
	need := 0
	switch x.Params.Consistency {
	case protocol.Two:
		need = 2
	case protocol.Three:
		need = 3
	default:
		return nil
	}
	ks := x.Schema.Keyspaces[keyspace]
	if ks == nil || ks.System || x.Server.Ring.real {
		return nil
	}
	if alive := ks.Replicas(); alive < need {
		return &protocol.Error{Code: protocol.CodeUnavailable, Message: "Cannot achieve consistency level " + protocol.ConsistencyName(x.Params.Consistency),
			Consistency: x.Params.Consistency, Required: need, Alive: alive}
	}
	return nil
}

// The nodes of a cluster share one store: what a statement writes is there for all
// of them at once. What makes them several is who answers, and how many of a
// partition's replicas are up when a consistency level asks for them.

// Node is one node of the cluster.
type Node struct {
	Address    string
	Port       int
	DataCenter string
	Rack       string
}

// NodeState says what a node does.
type NodeState int32

// The states of a node.
const (
	Up     NodeState = iota
	Down             // and the others know
	Paused           // it hears, but does not answer; the others take it for up
)

// Ring is the nodes by number.
type Ring struct {
	Nodes []*ringNode
	real  bool // each of them can be down; otherwise the first is alone, and meets every level
}

type ringNode struct {
	Node
	token int64
	State atomic.Int32
}

// NewRing spreads the nodes evenly over the tokens.
func NewRing(nodes []Node, real bool) Ring {
	r := Ring{real: real}
	share := math.MaxUint64 / uint64(len(nodes))
	for i, n := range nodes {
		r.Nodes = append(r.Nodes, &ringNode{Node: n, token: int64(uint64(i) * share)})
	}
	return r
}

func (n *ringNode) is(s NodeState) bool { return NodeState(n.State.Load()) == s }

// DataCenters names the datacenters, each once.
func (r *Ring) DataCenters() []string {
	var names []string
	for _, n := range r.Nodes {
		if !slices.Contains(names, n.DataCenter) {
			names = append(names, n.DataCenter)
		}
	}
	return names
}

// Members counts the nodes of a datacenter, or all of them if it is empty.
func (r *Ring) Members(dataCenter string) (n int) {
	for _, node := range r.Nodes {
		if dataCenter == "" || node.DataCenter == dataCenter {
			n++
		}
	}
	return n
}

// replicas returns the nodes that hold a token, as the keyspace is replicated.
func (r *Ring) replicas(k *schema.Keyspace, token int64) []*ringNode {
	sorted := slices.SortedFunc(slices.Values(r.Nodes), func(a, b *ringNode) int { return cmp.Compare(a.token, b.token) })
	from, _ := slices.BinarySearchFunc(sorted, token, func(n *ringNode, t int64) int { return cmp.Compare(n.token, t) })
	walk := slices.Concat(sorted[from:], sorted[:from])
	if dc := k.PerDataCenter(); dc != nil {
		var out []*ringNode
		for _, name := range r.DataCenters() {
			out = append(out, spread(slices.DeleteFunc(slices.Clone(walk), func(n *ringNode) bool { return n.DataCenter != name }), dc[name])...)
		}
		return out
	}
	return walk[:min(k.Replicas(), len(walk))]
}

// spread takes n nodes of a datacenter, of as many racks as there are.
func spread(walk []*ringNode, n int) []*ringNode {
	var first, later []*ringNode
	racks := map[string]bool{}
	for _, node := range walk {
		if racks[node.Rack] {
			later = append(later, node)
			continue
		}
		racks[node.Rack] = true
		first = append(first, node)
	}
	all := append(first, later...)
	return all[:min(n, len(all))]
}

// A Shortfall says that too few replicas of a partition take part.
type Shortfall struct {
	level                     uint16
	required, alive, answered int
}

// Unavailable says so of replicas that are known to be down.
func (s *Shortfall) Unavailable() *protocol.Error {
	if s == nil || s.alive >= s.required {
		return nil
	}
	return &protocol.Error{Code: protocol.CodeUnavailable, Message: "Cannot achieve consistency level " + protocol.ConsistencyName(s.level), Consistency: s.level, Required: s.required, Alive: s.alive}
}

// Timeout says so of replicas that do not answer.
func (s *Shortfall) Timeout(code int, writeType string) *protocol.Error {
	if s == nil || s.answered >= s.required {
		return nil
	}
	return &protocol.Error{Code: code, Message: "Operation timed out - received only " + strconv.Itoa(s.answered) + " responses.",
		Consistency: s.level, Received: s.answered, BlockFor: s.required, WriteType: writeType}
}

// Shortfall returns why a level cannot be met for one of the tokens, or nil.
func (x *Execution) Shortfall(table *schema.Table, level uint16, tokens []int64) *Shortfall {
	r := &x.Server.Ring
	k := x.Schema.Keyspaces[table.Keyspace]
	if !r.real || x.Client.Direct || k == nil || k.System {
		return nil
	}
	local := x.Node().DataCenter
	perDC := k.PerDataCenter()
	var worst *Shortfall
	count := func(token int64, required int, in func(*ringNode) bool) {
		s := &Shortfall{level: level, required: required}
		for _, n := range r.replicas(k, token) {
			if !in(n) || n.is(Down) {
				continue
			}
			s.alive++
			if n.is(Up) {
				s.answered++
			}
		}
		if (s.alive < required || s.answered < required) && (worst == nil || s.alive < worst.alive) {
			worst = s
		}
	}
	everywhere := func(*ringNode) bool { return true }
	nearby := func(n *ringNode) bool { return n.DataCenter == local }
	localReplicas := k.Replicas()
	if perDC != nil {
		localReplicas = perDC[local]
	}
	quorum := func(n int) int { return n/2 + 1 }
	for _, token := range tokens {
		switch level {
		case protocol.Any:
		case protocol.One:
			count(token, 1, everywhere)
		case protocol.Two:
			count(token, 2, everywhere)
		case protocol.Three:
			count(token, 3, everywhere)
		case protocol.All:
			count(token, k.Replicas(), everywhere)
		case protocol.LocalOne:
			count(token, 1, nearby)
		case protocol.LocalQuorum, protocol.LocalSerial:
			count(token, quorum(localReplicas), nearby)
		case protocol.EachQuorum:
			for dc, n := range perDC {
				count(token, quorum(n), func(n *ringNode) bool { return n.DataCenter == dc })
			}
		default:
			count(token, quorum(k.Replicas()), everywhere)
		}
	}
	return worst
}

// Node is the coordinator.
func (x *Execution) Node() *ringNode { return x.Server.Ring.Nodes[x.Client.Node] }

// TokensOf are the tokens of partitions; of a scan, one in each node's range.
func (x *Execution) TokensOf(keys []store.Key) []int64 {
	var tokens []int64
	if keys == nil {
		for _, n := range x.Server.Ring.Nodes {
			tokens = append(tokens, n.token)
		}
	}
	for _, k := range keys {
		tokens = append(tokens, k.Token)
	}
	return tokens
}

// Failure says that the only replica failed to read or to write.
func (x *Execution) Failure(code int, writeType string) *protocol.Error {
	return &protocol.Error{Code: code, Message: fmt.Sprintf("Operation failed - received 0 responses and 1 failures: UNKNOWN from /%s:7000", x.Node().Address),
		Consistency: x.Params.Consistency, BlockFor: 1, NumFailures: 1, WriteType: writeType}
}
