package driver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/gocql/gocql"
)

// Locality says where coordinators may be.
type Locality struct {
	Datacenter string // the local one; "" if it was not named
	Anywhere   bool   // any datacenter will do
}

// ConnectError is a session that could not be made. Field names what is wrong in the
// cluster config, if it is that; Err is what the nodes or gocql said, nil if nothing was sent.
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
	advice := Advice(e.Err)
	if advice == KindConnection.Advice() {
		advice = "the connection broke while it was set up: check the port, and whether the node wants TLS (SslOpts)"
	}
	if s += ": " + e.Err.Error(); advice != "" {
		s += "; " + advice
	}
	return s
}

func (e *ConnectError) Unwrap() error { return e.Err }

// Session is a session of our own making.
type Session struct {
	Sender
	Datacenters []string // of its nodes, sorted; empty if they are not known
	Others      int      // live sessions of this process to the same nodes

	session *gocql.Session
	nodes   []string
	close   sync.Once
}

// Close ends the session. It does not wait for calls under way, which fail.
func (s *Session) Close() {
	s.close.Do(func() {
		live.leave(s.nodes)
		s.session.Close()
	})
}

// Connect makes a session by a copy of cfg, in which what was left at gocql's defaults is set
// to ours.
func Connect(cfg *gocql.ClusterConfig, where Locality) (*Session, error) {
	if err := check(cfg, where); err != nil {
		return nil, err
	}
	filled := fill(cfg)
	own := cfg.PoolConfig.HostSelectionPolicy == nil
	if own {
		filled.PoolConfig.HostSelectionPolicy = policy(cfg, where)
	}
	var seen witness
	seen.watch(&filled)
	session, err := open(&filled)
	if err != nil {
		return nil, seen.explain(cfg, err)
	}
	seen.done()
	s := &Session{Sender: New(session), session: session, nodes: seen.nodes(), Datacenters: seen.datacenters(nil)}
	if err := s.local(where, own, seen.datacenters(filled.PoolConfig.HostSelectionPolicy.IsLocal)); err != nil {
		session.Close()
		return nil, err
	}
	s.Others = live.join(s.nodes)
	return s, nil
}

// open is gocql's CreateSession without its panics: a policy panics that is used twice.
func open(cfg *gocql.ClusterConfig) (s *gocql.Session, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &ConnectError{Field: "PoolConfig.HostSelectionPolicy", Reason: fmt.Sprintf("gocql panicked (%v); a policy serves one session: make a new one for each Connect", p)}
		}
	}()
	return cfg.CreateSession()
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

// witness sees what gocql meets while it connects.
type witness struct {
	mu       sync.Mutex
	over     bool
	hosts    map[string]*gocql.HostInfo // by id
	failures map[string]error           // by address: the last one
}

// watch makes gocql tell the witness beside those whom it tells already.
func (w *witness) watch(cfg *gocql.ClusterConfig) {
	w.hosts, w.failures = map[string]*gocql.HostInfo{}, map[string]error{}
	filter, observer := cfg.HostFilter, cfg.ConnectObserver
	cfg.HostFilter = gocql.HostFilterFunc(func(h *gocql.HostInfo) bool {
		ok := filter == nil || filter.Accept(h)
		w.mu.Lock()
		defer w.mu.Unlock()
		if ok && !w.over && h.HostID() != "" {
			w.hosts[h.HostID()] = h
		}
		return ok
	})
	cfg.ConnectObserver = connects(func(c gocql.ObservedConnect) {
		if observer != nil {
			observer.ObserveConnect(c)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if c.Err != nil && !w.over {
			w.failures[addressOf(c.Host)] = c.Err
		}
	})
}

type connects func(gocql.ObservedConnect)

func (f connects) ObserveConnect(c gocql.ObservedConnect) { f(c) }

// done ends the watching; topology changes come later.
func (w *witness) done() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
}

func (w *witness) nodes() []string { return slices.Sorted(maps.Keys(w.hosts)) }

// datacenters are those of the nodes for which f holds.
func (w *witness) datacenters(f func(*gocql.HostInfo) bool) (names []string) {
	for _, h := range w.hosts {
		if dc := h.DataCenter(); dc != "" && !slices.Contains(names, dc) && (f == nil || f(h)) {
			names = append(names, dc)
		}
	}
	slices.Sort(names)
	return names
}

// explain adds the causes to gocql's error, which has them as text at best.
func (w *witness) explain(cfg *gocql.ClusterConfig, err error) error {
	var wrong *ConnectError
	if errors.As(err, &wrong) {
		return wrong
	}
	w.done()
	if len(w.failures) == 0 && errors.Is(err, gocql.ErrNoConnectionsStarted) && cfg.Keyspace != "" && lacks(cfg) {
		return &ConnectError{Field: "Keyspace", Reason: fmt.Sprintf("there is no keyspace %q; connect without one to create it", cfg.Keyspace), Err: gocql.ErrKeyspaceDoesNotExist}
	}
	var causes []error
	for _, address := range slices.Sorted(maps.Keys(w.failures)) {
		causes = append(causes, fmt.Errorf("%s: %w", address, typed(w.failures[address])))
	}
	reason := "no session with " + strings.Join(cfg.Hosts, ", ")
	if len(causes) > 0 {
		return &ConnectError{Reason: reason, Err: errors.Join(causes...)}
	}
	return &ConnectError{Reason: reason, Err: typed(err)}
}

var (
	errNoLogin = errors.New("the config has no Authenticator")
	errNoName  = errors.New("no contact point's name is known")
)

// typed gives an error of gocql's that has no type one, by its text.
func typed(err error) error {
	for _, t := range [...]struct {
		part string
		err  error
	}{
		{"authentication required", errNoLogin},
		{"no response to connection startup", gocql.ErrTimeoutNoResponse},
		{"failed to resolve any of the provided hostnames", errNoName},
	} {
		if strings.Contains(err.Error(), t.part) {
			return fmt.Errorf("%w: %w", t.err, err)
		}
	}
	return spoken(err)
}

// Unverified reports whether sessions of cfg speak TLS with whoever answers, as gocql does unless it
// is told otherwise.
func Unverified(cfg *gocql.ClusterConfig) bool {
	o := cfg.SslOpts
	if o == nil || cfg.HostDialer != nil || o.EnableHostVerification {
		return false
	}
	c := o.Config
	return c == nil || c.InsecureSkipVerify && c.VerifyConnection == nil && c.VerifyPeerCertificate == nil // it may verify in its own way
}

// lacks reports whether the cluster has no such keyspace. gocql only logs that a
// connection could not use it.
func lacks(cfg *gocql.ClusterConfig) bool {
	c := fill(cfg)
	c.Keyspace, c.NumConns, c.PoolConfig = "", 1, gocql.PoolConfig{}
	c.ReconnectInterval = 0
	session, err := c.CreateSession()
	if err != nil {
		return false
	}
	defer session.Close()
	ctx, cancel := context.WithTimeout(context.Background(), c.ConnectTimeout)
	defer cancel()
	var name string
	err = session.Query("SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?", cfg.Keyspace).
		WithContext(ctx).Consistency(gocql.One).Scan(&name)
	return errors.Is(err, gocql.ErrNotFound)
}

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
