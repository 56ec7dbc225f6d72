package driver

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Locality says where coordinators may be.
type Locality struct {
	Datacenter string // the local one; "" if it was not named
	Anywhere   bool   // any datacenter will do
}

// OneDatacenter is the only datacenter whose nodes a session asks. The drivers' own policies go to another one
// when the local nodes are down, where an LWT at LOCAL_SERIAL would find another quorum, and so a second owner for
// a lock. Where none was named it is the first node's: whoever connects has made sure that it is the only one, and one
// that is added later gets nothing.
type OneDatacenter struct{ name atomic.Pointer[string] }

// Name names it; "" leaves it to the first node.
func (d *OneDatacenter) Name(name string) {
	if name != "" {
		d.name.Store(&name)
	}
}

// Has reports whether a node of that datacenter is asked.
func (d *OneDatacenter) Has(name string) bool {
	one := d.name.Load()
	return one == nil || *one == name
}

// Admits is Has of a node that joins, which may be the first.
func (d *OneDatacenter) Admits(name string) bool {
	d.name.CompareAndSwap(nil, &name)
	return d.Has(name)
}

// ConnectError is a session that could not be made. Field names what is wrong in the
// cluster config, if it is that; Err is what the nodes or the driver said, nil if nothing was sent.
type ConnectError struct {
	Field  string
	Reason string
	Err    error
}

func (e *ConnectError) Error() string {
	s := "coodie: connect"
	if e.Field != "" {
		s += ": " + e.Field
	}
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	if e.Err == nil {
		return s
	}
	if s += ": " + e.Err.Error(); AdviceOnConnect(e.Err) != "" {
		s += "; " + AdviceOnConnect(e.Err)
	}
	return s
}

func (e *ConnectError) Unwrap() error { return e.Err }

// AdviceOnConnect is Advice on why there is no session.
func AdviceOnConnect(err error) string {
	advice := Advice(err)
	if advice == KindConnection.Advice() {
		return "the connection broke while it was set up: check the port, and whether the node wants TLS (SslOpts)"
	}
	return advice
}

// Cluster is a cluster config of a driver.
type Cluster interface {
	// Levels returns the consistencies that it has; Quorum and 0 if it chooses none.
	Levels() (Consistency, SerialConsistency)
	// Connect makes a session of a copy in which what was left at the driver's defaults is set to ours.
	// The driver logs to log, unless that is nil.
	Connect(where Locality, log *slog.Logger) (*Session, error)
}

// Session is a session of our own making.
type Session struct {
	Sender
	Datacenters []string // of its nodes, sorted; empty if they are not known
	Others      int      // live sessions of this process to the same nodes
	Unverified  bool     // it speaks TLS with whoever answers

	nodes []string
	close func()
	once  sync.Once
}

// Opened returns the session of a driver that has connected. Nodes are their host ids; local are the
// datacenters that it prefers, by a policy of coodie's own or of the caller's; close ends it. The
// session is closed, and an error returned, if coordinators are not where the caller wants them.
func Opened(d Driver, where Locality, own bool, nodes, datacenters, local []string, close func()) (*Session, error) {
	s := &Session{Sender: New(d), Datacenters: datacenters, nodes: nodes, close: close}
	if err := s.local(where, own, local); err != nil {
		close()
		return nil, err
	}
	s.Others = live.join(nodes)
	return s, nil
}

// Close ends the session. It does not wait for calls under way, which fail.
func (s *Session) Close() {
	s.once.Do(func() {
		live.leave(s.nodes)
		s.close()
	})
}

// local checks that coordinators are where the caller wants them.
func (s *Session) local(where Locality, own bool, local []string) error {
	names := strings.Join(s.Datacenters, ", ")
	switch {
	case where.Anywhere, len(s.Datacenters) == 0:
		return nil
	case where.Datacenter != "" && !slices.Contains(s.Datacenters, where.Datacenter):
		return &ConnectError{Reason: fmt.Sprintf("the cluster has no datacenter %q; it has %s", where.Datacenter, names)}
	case len(s.Datacenters) == 1, where.Datacenter != "", !own && len(local) == 1:
		return nil
	case !own:
		return &ConnectError{Field: "PoolConfig.HostSelectionPolicy", Reason: "the cluster has several datacenters (" + names +
			"), of which the policy prefers none; leave it out and name the local one by WithLocalDatacenter, or allow all by WithAnyDatacenter"}
	}
	return &ConnectError{Reason: "the cluster has several datacenters (" + names +
		"); name the local one by WithLocalDatacenter, or allow all by WithAnyDatacenter"}
}

// What a driver says by text alone while it connects.
var (
	ErrNoLogin = errors.New("the config has no Authenticator")
	ErrNoName  = errors.New("no contact point's name is known")
)

// live counts the live sessions to each node. It keeps no session alive, and forgets
// nodes without one.
var live registry

type registry struct {
	mu    sync.Mutex
	nodes map[string]int // by host id, which no two clusters share
}

// join counts a session in, and returns how many others there are to the same nodes.
func (r *registry) join(nodes []string) (others int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.nodes == nil {
		r.nodes = map[string]int{}
	}
	for _, n := range nodes {
		others = max(others, r.nodes[n])
		r.nodes[n]++
	}
	return others
}

func (r *registry) leave(nodes []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range nodes {
		if r.nodes[n]--; r.nodes[n] <= 0 {
			delete(r.nodes, n)
		}
	}
}
