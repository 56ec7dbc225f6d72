package driver

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
)

// Node is a node as a driver describes it.
type Node interface {
	HostID() string
	DataCenter() string
}

// Witness sees what a driver meets while it connects. Topology changes come later and are not its concern.
type Witness[N Node] struct {
	mu       sync.Mutex
	over     bool
	nodes    map[string]N     // by id
	failures map[string]error // by address: the last one
}

// Met takes a node that the driver has found.
func (w *Witness[N]) Met(n N) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over || n.HostID() == "" {
		return
	}
	if w.nodes == nil {
		w.nodes = map[string]N{}
	}
	w.nodes[n.HostID()] = n
}

// Failed takes the error of a connection that could not be made.
func (w *Witness[N]) Failed(address string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return
	}
	if w.failures == nil {
		w.failures = map[string]error{}
	}
	w.failures[address] = err
}

// Done ends the watching. It reports whether a connection could not be made.
func (w *Witness[N]) Done() (failed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	return len(w.failures) > 0
}

// Nodes returns the ids of the nodes.
func (w *Witness[N]) Nodes() []string { return sorted(w.nodes) }

// Datacenters are those of the nodes for which f holds; nil: of all nodes.
func (w *Witness[N]) Datacenters(f func(N) bool) (names []string) {
	for _, n := range w.nodes {
		if dc := n.DataCenter(); dc != "" && !slices.Contains(names, dc) && (f == nil || f(n)) {
			names = append(names, dc)
		}
	}
	//lint:ignore S1032 sort.Strings would link slices.Sort, which no program needs otherwise
	sort.Sort(sort.StringSlice(names))
	return names
}

// Explain adds the causes to the error of a session that could not be made, which has them as text at best.
// Typed gives a driver's error a type.
func (w *Witness[N]) Explain(hosts []string, err error, typed func(error) error) error {
	var causes []error
	for _, address := range sorted(w.failures) {
		causes = append(causes, fmt.Errorf("%s: %w", address, typed(w.failures[address])))
	}
	reason := "no session with " + strings.Join(hosts, ", ")
	if len(causes) > 0 {
		return &ConnectError{Reason: reason, Err: errors.Join(causes...)}
	}
	return &ConnectError{Reason: reason, Err: typed(err)}
}

// Typed gives an error that a driver has made of text alone a type. NoResponse is the driver's error of a
// node that does not answer.
func Typed(err, noResponse error) error {
	for _, t := range [...]struct {
		part string
		err  error
	}{
		{"authentication required", ErrNoLogin},
		{"no response to connection startup", noResponse},
		{"failed to resolve any of the provided hostnames", ErrNoName},
	} {
		if strings.Contains(err.Error(), t.part) {
			return fmt.Errorf("%w: %w", t.err, err)
		}
	}
	return err
}

// UsedTwice is the error of a driver that panicked while it connected.
func UsedTwice(panicked any) error {
	return &ConnectError{Field: "PoolConfig.HostSelectionPolicy", Reason: fmt.Sprintf(
		"the driver panicked (%v); a policy serves one session: make a new one for each Connect", panicked)}
}

// NoKeyspace is the error of a keyspace that is not there.
func NoKeyspace(name string, err error) error {
	return &ConnectError{Field: "Keyspace", Reason: fmt.Sprintf("there is no keyspace %q; connect without one to create it", name), Err: err}
}

// sorted are the keys of m in their order. Package slices would make a sort of its own, 7 KB of each program.
func sorted[V any](m map[string]V) []string {
	keys := make(sort.StringSlice, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Sort(keys)
	return keys
}
