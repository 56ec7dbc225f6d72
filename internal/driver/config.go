package driver

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// What Connect sets where the config has the driver's own default. docs/performance.md has the
// measurements.
const (
	ConnectTimeout    = 5 * time.Second
	ReconnectInterval = 10 * time.Second
	NumConns          = 2
	PageSize          = 5000
)

// Config is what of a driver's cluster config is checked.
type Config struct {
	CQLVersion                            string
	Hosts                                 []string
	Timeout, ConnectTimeout, WriteTimeout time.Duration
	PageSize, NumConns, MaxPreparedStmts  int
	ProtoVersion                          int
	Protocols                             []int // versions of the native protocol that serve
	Authenticators                        bool  // there are two
	Policy                                bool  // there is a HostSelectionPolicy
	DisableInitialHostLookup              bool
	CaPath, CertPath, KeyPath             string
	TLS                                   *tls.Config
	Unverified                            bool // the driver verifies a node only as TLS says
}

// Check refuses what cannot work, or could wait for ever. A nil config cannot work.
func (cfg *Config) Check(where Locality) error {
	wrong := func(field, reason string) error { return &ConnectError{Field: field, Reason: reason} }
	switch {
	case cfg == nil:
		return wrong("", "the config is nil: make one by gocql.NewCluster")
	case cfg.CQLVersion == "":
		return wrong("CQLVersion", "it is empty: start from gocql.NewCluster, whose defaults the driver relies on")
	case len(cfg.Hosts) == 0 || slices.Contains(cfg.Hosts, ""):
		return wrong("Hosts", "the address of at least one node is needed")
	case cfg.Timeout <= 0:
		return wrong("Timeout", "it is 0, which waits for ever: 11s, the driver's default, is just above the longest of the server's own")
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
	case cfg.ProtoVersion != 0 && !slices.Contains(cfg.Protocols, cfg.ProtoVersion):
		return wrong("ProtoVersion", fmt.Sprintf("coodie needs a version of the native protocol that has unset values and that the driver speaks: %v", cfg.Protocols))
	case cfg.Authenticators:
		return wrong("AuthProvider", "Authenticator is set too: choose one")
	case where.Datacenter != "" && where.Anywhere:
		return wrong("", "WithLocalDatacenter and WithAnyDatacenter exclude each other")
	case where.Datacenter != "" && cfg.Policy:
		return wrong("PoolConfig.HostSelectionPolicy", "WithLocalDatacenter makes a policy: leave this one out, or leave the option out")
	case where.Datacenter != "" && cfg.DisableInitialHostLookup:
		return wrong("DisableInitialHostLookup", "without the look-up no node's datacenter is known, and WithLocalDatacenter cannot work")
	}
	return cfg.checkTLS()
}

// checkTLS reads the files that the driver will read, which leaves goroutines behind if it cannot.
func (cfg *Config) checkTLS() error {
	if cfg.CaPath != "" {
		pem, err := os.ReadFile(cfg.CaPath)
		if err == nil && !x509.NewCertPool().AppendCertsFromPEM(pem) {
			err = errors.New("the file holds no certificate")
		}
		if err != nil {
			return &ConnectError{Field: "SslOpts.CaPath", Reason: err.Error()}
		}
	}
	if cfg.CertPath != "" || cfg.KeyPath != "" {
		if _, err := tls.LoadX509KeyPair(cfg.CertPath, cfg.KeyPath); err != nil {
			return &ConnectError{Field: "SslOpts.CertPath", Reason: "the certificate and its key: " + err.Error()}
		}
	}
	return nil
}

// SpeaksWithAnyone reports whether sessions speak TLS with whoever answers, as drivers do unless they
// are told otherwise.
func (cfg *Config) SpeaksWithAnyone() bool {
	c := cfg.TLS
	return cfg.Unverified &&
		(c == nil || c.InsecureSkipVerify && c.VerifyConnection == nil && c.VerifyPeerCertificate == nil) // it may verify in its own way
}

// Replace sets a field that was left at the driver's default to ours.
func Replace[V comparable](field *V, left, ours V) {
	if *field == left {
		*field = ours
	}
}
