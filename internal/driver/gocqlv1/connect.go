package gocqlv1

import (
	"context"
	"errors"
	"log/slog"

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
	var seen driver.Witness[*gocql.HostInfo]
	watch(&seen, &filled)
	opened, err := open(&filled)
	failed := seen.Done()
	switch err.(type) {
	case nil:
	case *driver.ConnectError:
		return nil, err
	default:
		if !failed && errors.Is(err, gocql.ErrNoConnectionsStarted) && cfg.Keyspace != "" && lacks(cfg, filled.Logger) {
			return nil, driver.NoKeyspace(cfg.Keyspace, gocql.ErrKeyspaceDoesNotExist)
		}
		return nil, seen.Explain(cfg.Hosts, err, func(err error) error { return spoken(driver.Typed(err, gocql.ErrTimeoutNoResponse)) })
	}
	s, err := driver.Opened(of(opened, &observers{cfg.QueryObserver, cfg.BatchObserver}), where, own, seen.Nodes(), seen.Datacenters(nil),
		seen.Datacenters(filled.PoolConfig.HostSelectionPolicy.IsLocal), opened.Close)
	if err != nil {
		return nil, err
	}
	s.Unverified = checked.SpeaksWithAnyone()
	return s, nil
}

// open is gocql's CreateSession without its panics: a policy panics that is used twice.
func open(cfg *gocql.ClusterConfig) (s *gocql.Session, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = driver.UsedTwice(p)
		}
	}()
	return cfg.CreateSession()
}

// watch makes gocql tell the witness beside those whom it tells already.
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
			w.Failed(addressOf(c.Host), c.Err)
		}
	})
}

type connects func(gocql.ObservedConnect)

func (f connects) ObserveConnect(c gocql.ObservedConnect) { f(c) }

// lacks reports whether the cluster has no such keyspace. gocql only logs that a
// connection could not use it.
func lacks(cfg *gocql.ClusterConfig, log gocql.StdLogger) bool {
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
		WithContext(ctx).Consistency(gocql.One).Scan(&name)
	return errors.Is(err, gocql.ErrNotFound)
}
