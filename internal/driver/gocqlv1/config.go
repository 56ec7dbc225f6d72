package gocqlv1

import (
	"slices"
	"sync/atomic"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/internal/driver"
)

const protocol = 4 // the newest that gocql v1 speaks; the first with unset values

// configOf is what of a config is checked.
func configOf(cfg *gocql.ClusterConfig) *driver.Config {
	if cfg == nil {
		return nil
	}
	c := driver.Config{
		CQLVersion: cfg.CQLVersion, Hosts: cfg.Hosts, Timeout: cfg.Timeout, ConnectTimeout: cfg.ConnectTimeout, WriteTimeout: cfg.WriteTimeout,
		PageSize: cfg.PageSize, NumConns: cfg.NumConns, MaxPreparedStmts: cfg.MaxPreparedStmts, ProtoVersion: cfg.ProtoVersion, Protocols: []int{protocol},
		Authenticators: cfg.Authenticator != nil && cfg.AuthProvider != nil, Policy: cfg.PoolConfig.HostSelectionPolicy != nil,
		DisableInitialHostLookup: cfg.DisableInitialHostLookup,
	}
	if o := cfg.SslOpts; o != nil {
		c.TLS, c.CaPath, c.CertPath, c.KeyPath = o.Config, o.CaPath, o.CertPath, o.KeyPath
		c.Unverified = cfg.HostDialer == nil && !o.EnableHostVerification
	}
	return &c
}

// fill is a copy of cfg in which what was left at gocql's defaults is set to ours.
func fill(cfg *gocql.ClusterConfig) gocql.ClusterConfig {
	c, left := *cfg, gocql.NewCluster()
	c.Hosts = slices.Clone(cfg.Hosts)
	driver.Replace(&c.ConnectTimeout, left.ConnectTimeout, driver.ConnectTimeout)
	driver.Replace(&c.ReconnectInterval, left.ReconnectInterval, driver.ReconnectInterval)
	driver.Replace(&c.WriteCoalesceWaitTime, left.WriteCoalesceWaitTime, 0)
	driver.Replace(&c.NumConns, left.NumConns, driver.NumConns)
	driver.Replace(&c.PageSize, left.PageSize, driver.PageSize)
	driver.Replace(&c.ProtoVersion, left.ProtoVersion, protocol)
	return c
}

// policy sends a statement to a replica of its partition, in the local datacenter.
func policy(cfg *gocql.ClusterConfig, where driver.Locality) gocql.HostSelectionPolicy {
	if where.Anywhere || cfg.DisableInitialHostLookup {
		return gocql.TokenAwareHostPolicy(gocql.RoundRobinHostPolicy())
	}
	l := &localOnly{HostSelectionPolicy: gocql.RoundRobinHostPolicy()}
	if where.Datacenter != "" {
		l.name.Store(&where.Datacenter)
	}
	return gocql.TokenAwareHostPolicy(l)
}

// localOnly picks the nodes of one datacenter in turn, and never another's: gocql's
// DCAwareRoundRobinPolicy goes there when the local nodes are down, where an LWT at
// LOCAL_SERIAL would find another quorum, and so a second owner for a lock. A datacenter
// that was not named is the first node's; Connect has made sure that it is the only one, and
// one that is added later gets nothing.
type localOnly struct {
	gocql.HostSelectionPolicy
	name atomic.Pointer[string]
}

func (l *localOnly) IsLocal(h *gocql.HostInfo) bool {
	name := l.name.Load()
	return name == nil || *name == h.DataCenter()
}

func (l *localOnly) AddHost(h *gocql.HostInfo) {
	dc := h.DataCenter()
	l.name.CompareAndSwap(nil, &dc)
	if l.IsLocal(h) {
		l.HostSelectionPolicy.AddHost(h)
	}
}

func (l *localOnly) HostUp(h *gocql.HostInfo) { l.AddHost(h) }
