package apache

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/coodie-go/coodie/internal/driver"
)

// cluster is a cluster config, which may be nil, as the seam has it.
type cluster struct{ cfg *gocql.ClusterConfig }

func (c cluster) Levels() (driver.Consistency, driver.SerialConsistency) {
	if c.cfg == nil {
		return driver.Quorum, 0
	}
	return driver.Consistency(c.cfg.Consistency), driver.SerialConsistency(c.cfg.SerialConsistency)
}

func (c cluster) Connect(where driver.Locality, log *slog.Logger) (*driver.Session, error) {
	cfg, checked := c.cfg, configOf(c.cfg)
	if err := checked.Check(where); err != nil {
		return nil, err
	}
	filled := fill(cfg)
	if log != nil {
		filled.Logger = logger{log}
	}
	own := cfg.PoolConfig.HostSelectionPolicy == nil
	if own {
		filled.PoolConfig.HostSelectionPolicy = policy(cfg, where)
	}
	if cfg.RetryPolicy != nil {
		filled.RetryPolicy = honest{cfg.RetryPolicy}
	}
	var seen driver.Witness[*gocql.HostInfo]
	watch(&seen, &filled)
	session, err := open(&filled)
	failed := seen.Done()
	switch err.(type) {
	case nil:
	case *driver.ConnectError:
		return nil, err
	default:
		if !failed && errors.Is(err, gocql.ErrNoConnectionsStarted) && cfg.Keyspace != "" && lacks(cfg, filled.Logger) {
			return nil, driver.NoKeyspace(cfg.Keyspace, gocql.ErrKeyspaceDoesNotExist)
		}
		return nil, seen.Explain(cfg.Hosts, err, func(err error) error { return driver.Typed(err, gocql.ErrTimeoutNoResponse) })
	}
	s, err := driver.Opened(&conn{session, true, &observers{cfg.QueryObserver, cfg.BatchObserver}}, where, own, seen.Nodes(), seen.Datacenters(nil),
		seen.Datacenters(filled.PoolConfig.HostSelectionPolicy.IsLocal), session.Close)
	if err != nil {
		return nil, err
	}
	s.Unverified = checked.SpeaksWithAnyone()
	return s, nil
}

// open is the driver's CreateSession without its panics.
func open(cfg *gocql.ClusterConfig) (s *gocql.Session, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = driver.UsedTwice(p)
		}
	}()
	return cfg.CreateSession()
}

// configOf is what of a config is checked.
func configOf(cfg *gocql.ClusterConfig) *driver.Config {
	if cfg == nil {
		return nil
	}
	c := driver.Config{
		CQLVersion: cfg.CQLVersion, Hosts: cfg.Hosts, Timeout: cfg.Timeout, ConnectTimeout: cfg.ConnectTimeout, WriteTimeout: cfg.WriteTimeout,
		PageSize: cfg.PageSize, NumConns: cfg.NumConns, MaxPreparedStmts: cfg.MaxPreparedStmts, ProtoVersion: cfg.ProtoVersion, Protocols: []int{4, 5},
		Authenticators: cfg.Authenticator != nil && cfg.AuthProvider != nil, Policy: cfg.PoolConfig.HostSelectionPolicy != nil,
		DisableInitialHostLookup: cfg.DisableInitialHostLookup,
	}
	if o := cfg.SslOpts; o != nil {
		c.TLS, c.CaPath, c.CertPath, c.KeyPath = o.Config, o.CaPath, o.CertPath, o.KeyPath
		c.Unverified = cfg.HostDialer == nil && !o.EnableHostVerification
	}
	return &c
}

// fill is a copy of cfg in which what was left at the driver's defaults is set to ours.
func fill(cfg *gocql.ClusterConfig) gocql.ClusterConfig {
	c, left := *cfg, gocql.NewCluster()
	c.Hosts = slices.Clone(cfg.Hosts)
	driver.Replace(&c.ConnectTimeout, left.ConnectTimeout, driver.ConnectTimeout)
	driver.Replace(&c.ReconnectInterval, left.ReconnectInterval, driver.ReconnectInterval)
	driver.Replace(&c.WriteCoalesceWaitTime, left.WriteCoalesceWaitTime, 0)
	driver.Replace(&c.NumConns, left.NumConns, driver.NumConns)
	driver.Replace(&c.PageSize, left.PageSize, driver.PageSize)
	return c
}

// policy sends a statement to a replica of its partition, in the local datacenter.
func policy(cfg *gocql.ClusterConfig, where driver.Locality) gocql.HostSelectionPolicy {
	if where.Anywhere || cfg.DisableInitialHostLookup {
		return gocql.TokenAwareHostPolicy(gocql.RoundRobinHostPolicy())
	}
	l := &localOnly{HostSelectionPolicy: gocql.RoundRobinHostPolicy()}
	l.local.Name(where.Datacenter)
	return gocql.TokenAwareHostPolicy(l)
}

// localOnly picks the nodes of one datacenter in turn, and never another's: see driver.OneDatacenter.
type localOnly struct {
	gocql.HostSelectionPolicy
	local driver.OneDatacenter
}

func (l *localOnly) IsLocal(h *gocql.HostInfo) bool { return l.local.Has(h.DataCenter()) }

func (l *localOnly) AddHost(h *gocql.HostInfo) {
	if l.local.Admits(h.DataCenter()) {
		l.HostSelectionPolicy.AddHost(h)
	}
}

func (l *localOnly) HostUp(h *gocql.HostInfo) { l.AddHost(h) }

// watch makes the driver tell the witness beside those whom it tells already.
func watch(w *driver.Witness[*gocql.HostInfo], cfg *gocql.ClusterConfig) {
	filter, observer := cfg.HostFilter, cfg.ConnectObserver
	cfg.HostFilter = gocql.HostFilterFunc(func(h *gocql.HostInfo) bool {
		ok := filter == nil || filter.Accept(h)
		if ok {
			w.Met(h)
		}
		return ok
	})
	cfg.ConnectObserver = connects(func(c gocql.ObservedConnect) {
		if observer != nil {
			observer.ObserveConnect(c)
		}
		if c.Err != nil {
			w.Failed(c.Host.HostnameAndPort(), c.Err)
		}
	})
}

type connects func(gocql.ObservedConnect)

func (f connects) ObserveConnect(c gocql.ObservedConnect) { f(c) }

// lacks reports whether the cluster has no such keyspace. The driver only logs that a connection could not use it.
func lacks(cfg *gocql.ClusterConfig, log gocql.StructuredLogger) bool {
	c := fill(cfg)
	c.Logger, c.Keyspace, c.NumConns, c.PoolConfig = log, "", 1, gocql.PoolConfig{}
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
		Consistency(gocql.One).ScanContext(ctx, &name)
	return errors.Is(err, gocql.ErrNotFound)
}
