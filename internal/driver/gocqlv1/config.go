package gocqlv1

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/internal/driver"
)

// What Connect sets where the config has gocql's own default. docs/performance.md has the
// measurements.
const (
	ConnectTimeout    = 5 * time.Second
	ReconnectInterval = 10 * time.Second
	NumConns          = 2
	PageSize          = 5000
	protocol          = 4 // the newest that gocql v1 speaks; the first with unset values
)

// check refuses what cannot work, or could wait for ever.
func check(cfg *gocql.ClusterConfig, where driver.Locality) error {
	wrong := func(field, reason string) error { return &driver.ConnectError{Field: field, Reason: reason} }
	switch {
	case cfg == nil:
		return wrong("", "the config is nil: make one by gocql.NewCluster")
	case cfg.CQLVersion == "":
		return wrong("CQLVersion", "it is empty: start from gocql.NewCluster, whose defaults gocql relies on")
	case len(cfg.Hosts) == 0 || slices.Contains(cfg.Hosts, ""):
		return wrong("Hosts", "the address of at least one node is needed")
	case cfg.Timeout <= 0:
		return wrong("Timeout", "it is 0, which waits for ever: 11s, gocql's default, is just above the longest of the server's own")
	case cfg.ConnectTimeout <= 0:
		return wrong("ConnectTimeout", fmt.Sprintf("it is 0, which waits for ever: the default is %v", ConnectTimeout))
	case cfg.WriteTimeout < 0:
		return wrong("WriteTimeout", "it is negative, which waits for ever: 0 takes that of Timeout")
	case cfg.PageSize <= 0:
		return wrong("PageSize", fmt.Sprintf("it is 0, which reads a whole table as one page: the default is %d", PageSize))
	case cfg.NumConns <= 0:
		return wrong("NumConns", fmt.Sprintf("at least one connection per node is needed: the default is %d", NumConns))
	case cfg.MaxPreparedStmts <= 0:
		return wrong("MaxPreparedStmts", "it is 0, which keeps every statement for ever: the default is 1000")
	case cfg.ProtoVersion != 0 && cfg.ProtoVersion != protocol:
		return wrong("ProtoVersion", "coodie speaks version 4 of the native protocol: it needs unset values, and gocql v1 knows no later one")
	case cfg.Authenticator != nil && cfg.AuthProvider != nil:
		return wrong("AuthProvider", "Authenticator is set too: choose one")
	case where.Datacenter != "" && where.Anywhere:
		return wrong("", "WithLocalDatacenter and WithAnyDatacenter exclude each other")
	case where.Datacenter != "" && cfg.PoolConfig.HostSelectionPolicy != nil:
		return wrong("PoolConfig.HostSelectionPolicy", "WithLocalDatacenter makes a policy: leave this one out, or leave the option out")
	case where.Datacenter != "" && cfg.DisableInitialHostLookup:
		return wrong("DisableInitialHostLookup", "without the look-up no node's datacenter is known, and WithLocalDatacenter cannot work")
	}
	return checkTLS(cfg.SslOpts)
}

// checkTLS reads the files that gocql will read, which leaves goroutines behind if it cannot.
func checkTLS(o *gocql.SslOptions) error {
	if o == nil {
		return nil
	}
	if o.CaPath != "" {
		pem, err := os.ReadFile(o.CaPath)
		if err == nil && !x509.NewCertPool().AppendCertsFromPEM(pem) {
			err = errors.New("the file holds no certificate")
		}
		if err != nil {
			return &driver.ConnectError{Field: "SslOpts.CaPath", Reason: err.Error()}
		}
	}
	if o.CertPath != "" || o.KeyPath != "" {
		if _, err := tls.LoadX509KeyPair(o.CertPath, o.KeyPath); err != nil {
			return &driver.ConnectError{Field: "SslOpts.CertPath", Reason: "the certificate and its key: " + err.Error()}
		}
	}
	return nil
}

// fill is a copy of cfg in which what was left at gocql's defaults is set to ours.
func fill(cfg *gocql.ClusterConfig) gocql.ClusterConfig {
	c, left := *cfg, gocql.NewCluster()
	c.Hosts = slices.Clone(cfg.Hosts)
	replace(&c.ConnectTimeout, left.ConnectTimeout, ConnectTimeout)
	replace(&c.ReconnectInterval, left.ReconnectInterval, ReconnectInterval)
	replace(&c.WriteCoalesceWaitTime, left.WriteCoalesceWaitTime, 0)
	replace(&c.NumConns, left.NumConns, NumConns)
	replace(&c.PageSize, left.PageSize, PageSize)
	replace(&c.ProtoVersion, left.ProtoVersion, protocol)
	return c
}

func replace[V comparable](field *V, left, ours V) {
	if *field == left {
		*field = ours
	}
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
