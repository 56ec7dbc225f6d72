package gocqlv1

import (
	"slices"

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
