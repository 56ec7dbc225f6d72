package exec

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/coodie-go/coodie/cqltest/internal/store"
)

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

// ring is the nodes by number.
type ring struct {
	nodes []*ringNode
	real  bool // each of them can be down; otherwise the first is alone, and meets every level
}

type ringNode struct {
	Node
	token int64
	state atomic.Int32
}

func newRing(nodes []Node, real bool) ring {
	r := ring{real: real}
	share := math.MaxUint64 / uint64(len(nodes))
	for i, n := range nodes {
		r.nodes = append(r.nodes, &ringNode{Node: n, token: int64(uint64(i) * share)})
	}
	return r
}

// SetNode says what a node does.
func (e *Engine) SetNode(node int, s NodeState) { e.server.ring.nodes[node].state.Store(int32(s)) }

func (n *ringNode) is(s NodeState) bool { return NodeState(n.state.Load()) == s }

// dataCenters names the datacenters, each once.
func (r *ring) dataCenters() []string {
	var names []string
	for _, n := range r.nodes {
		if !slices.Contains(names, n.DataCenter) {
			names = append(names, n.DataCenter)
		}
	}
	return names
}

// members counts the nodes of a datacenter, or all of them if it is empty.
func (r *ring) members(dataCenter string) (n int) {
	for _, node := range r.nodes {
		if dataCenter == "" || node.DataCenter == dataCenter {
			n++
		}
	}
	return n
}

// replicas returns the nodes that hold a token, as the keyspace is replicated.
func (r *ring) replicas(k *keyspace, token int64) []*ringNode {
	sorted := slices.SortedFunc(slices.Values(r.nodes), func(a, b *ringNode) int { return cmp.Compare(a.token, b.token) })
	from, _ := slices.BinarySearchFunc(sorted, token, func(n *ringNode, t int64) int { return cmp.Compare(n.token, t) })
	walk := slices.Concat(sorted[from:], sorted[:from])
	if dc := k.perDataCenter(); dc != nil {
		var out []*ringNode
		for _, name := range r.dataCenters() {
			out = append(out, spread(slices.DeleteFunc(slices.Clone(walk), func(n *ringNode) bool { return n.DataCenter != name }), dc[name])...)
		}
		return out
	}
	return walk[:min(k.replicas(), len(walk))]
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

// perDataCenter is the number of replicas in each datacenter, nil if the keyspace
// does not say.
func (k *keyspace) perDataCenter() map[string]int {
	if k.replication["class"] != locatorPackage+"NetworkTopologyStrategy" {
		return nil
	}
	out := map[string]int{}
	for dc, n := range k.replication {
		if dc != "class" {
			out[dc], _ = strconv.Atoi(n)
		}
	}
	return out
}

// A shortfall says that too few replicas of a partition take part.
type shortfall struct {
	level                     uint16
	required, alive, answered int
}

// unavailable says so of replicas that are known to be down.
func (s *shortfall) unavailable() *Error {
	if s == nil || s.alive >= s.required {
		return nil
	}
	return &Error{Code: CodeUnavailable, Message: "Cannot achieve consistency level " + consistencyName(s.level), Consistency: s.level, Required: s.required, Alive: s.alive}
}

// timeout says so of replicas that do not answer.
func (s *shortfall) timeout(code int, writeType string) *Error {
	if s == nil || s.answered >= s.required {
		return nil
	}
	return &Error{Code: code, Message: "Operation timed out - received only " + strconv.Itoa(s.answered) + " responses.",
		Consistency: s.level, Received: s.answered, BlockFor: s.required, WriteType: writeType}
}

// shortfall returns why a level cannot be met for one of the tokens, or nil.
func (x *execution) shortfall(table *table, level uint16, tokens []int64) *shortfall {
	r := &x.server.ring
	k := x.schema.keyspaces[table.keyspace]
	if !r.real || x.client.Direct || k == nil || k.system {
		return nil
	}
	local := x.node().DataCenter
	perDC := k.perDataCenter()
	var worst *shortfall
	count := func(token int64, required int, in func(*ringNode) bool) {
		s := &shortfall{level: level, required: required}
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
	localReplicas := k.replicas()
	if perDC != nil {
		localReplicas = perDC[local]
	}
	quorum := func(n int) int { return n/2 + 1 }
	for _, token := range tokens {
		switch level {
		case Any:
		case One:
			count(token, 1, everywhere)
		case Two:
			count(token, 2, everywhere)
		case Three:
			count(token, 3, everywhere)
		case All:
			count(token, k.replicas(), everywhere)
		case LocalOne:
			count(token, 1, nearby)
		case LocalQuorum, LocalSerial:
			count(token, quorum(localReplicas), nearby)
		case EachQuorum:
			for dc, n := range perDC {
				count(token, quorum(n), func(n *ringNode) bool { return n.DataCenter == dc })
			}
		default:
			count(token, quorum(k.replicas()), everywhere)
		}
	}
	return worst
}

// node is the coordinator.
func (x *execution) node() *ringNode { return x.server.ring.nodes[x.client.Node] }

// tokensOf are the tokens of partitions; of a scan, one in each node's range.
func (x *execution) tokensOf(keys []store.Key) []int64 {
	var tokens []int64
	if keys == nil {
		for _, n := range x.server.ring.nodes {
			tokens = append(tokens, n.token)
		}
	}
	for _, k := range keys {
		tokens = append(tokens, k.Token)
	}
	return tokens
}
