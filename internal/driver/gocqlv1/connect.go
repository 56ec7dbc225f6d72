package gocqlv1

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/internal/driver"
)

// Cluster returns a cluster config, which may be nil, as the seam has it.
func Cluster(cfg *gocql.ClusterConfig) driver.Cluster { return cluster{cfg} }

type cluster struct{ cfg *gocql.ClusterConfig }

func (c cluster) Levels() (driver.Consistency, driver.SerialConsistency) {
	if c.cfg == nil {
		return driver.Quorum, 0
	}
	return driver.Consistency(c.cfg.Consistency), driver.SerialConsistency(c.cfg.SerialConsistency)
}

func (c cluster) Connect(where driver.Locality) (*driver.Session, error) {
	cfg := c.cfg
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
	s, err := driver.Opened(Of(session), where, own, seen.nodes(), seen.datacenters(nil),
		seen.datacenters(filled.PoolConfig.HostSelectionPolicy.IsLocal), session.Close)
	if err != nil {
		return nil, err
	}
	s.Unverified = unverified(cfg)
	return s, nil
}

// open is gocql's CreateSession without its panics: a policy panics that is used twice.
func open(cfg *gocql.ClusterConfig) (s *gocql.Session, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &driver.ConnectError{Field: "PoolConfig.HostSelectionPolicy", Reason: fmt.Sprintf("gocql panicked (%v); a policy serves one session: make a new one for each Connect", p)}
		}
	}()
	return cfg.CreateSession()
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
	var wrong *driver.ConnectError
	if errors.As(err, &wrong) {
		return wrong
	}
	w.done()
	if len(w.failures) == 0 && errors.Is(err, gocql.ErrNoConnectionsStarted) && cfg.Keyspace != "" && lacks(cfg) {
		return &driver.ConnectError{Field: "Keyspace", Reason: fmt.Sprintf("there is no keyspace %q; connect without one to create it", cfg.Keyspace), Err: gocql.ErrKeyspaceDoesNotExist}
	}
	var causes []error
	for _, address := range slices.Sorted(maps.Keys(w.failures)) {
		causes = append(causes, fmt.Errorf("%s: %w", address, typed(w.failures[address])))
	}
	reason := "no session with " + strings.Join(cfg.Hosts, ", ")
	if len(causes) > 0 {
		return &driver.ConnectError{Reason: reason, Err: errors.Join(causes...)}
	}
	return &driver.ConnectError{Reason: reason, Err: typed(err)}
}

// typed gives an error of gocql's that has no type one, by its text.
func typed(err error) error {
	for _, t := range [...]struct {
		part string
		err  error
	}{
		{"authentication required", driver.ErrNoLogin},
		{"no response to connection startup", gocql.ErrTimeoutNoResponse},
		{"failed to resolve any of the provided hostnames", driver.ErrNoName},
	} {
		if strings.Contains(err.Error(), t.part) {
			return fmt.Errorf("%w: %w", t.err, err)
		}
	}
	return spoken(err)
}

// unverified reports whether sessions of cfg speak TLS with whoever answers, as gocql does unless it
// is told otherwise.
func unverified(cfg *gocql.ClusterConfig) bool {
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
