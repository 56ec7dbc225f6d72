package program

import (
	"context"
	"crypto/tls"
	"log/slog"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie"
)

// Connection is how to reach the cluster.
type Connection struct {
	Hosts                        []string
	Port                         int
	Keyspace, Username, Password string
	LocalDC                      string
	AnyDC, TLS, TLSNoVerify      bool
	TLSCA, TLSCert, TLSKey       string
	Timeout                      time.Duration
}

// Connect opens a session on the keyspace.
func (c *Connection) Connect(ctx context.Context) (*coodie.DB, error) {
	cluster := gocql.NewCluster(c.Hosts...)
	cluster.Port, cluster.Keyspace, cluster.Timeout = c.Port, c.Keyspace, c.Timeout
	if c.Username != "" {
		cluster.Authenticator = gocql.PasswordAuthenticator{Username: c.Username, Password: c.Password}
	}
	if c.TLS || c.TLSCA != "" || c.TLSCert != "" || c.TLSKey != "" || c.TLSNoVerify {
		cluster.SslOpts = &gocql.SslOptions{
			Config: &tls.Config{InsecureSkipVerify: c.TLSNoVerify},
			CaPath: c.TLSCA, CertPath: c.TLSCert, KeyPath: c.TLSKey, EnableHostVerification: !c.TLSNoVerify,
		}
	}
	options := []coodie.ConnectOption{coodie.WithDriverLog(slog.New(slog.DiscardHandler))}
	switch {
	case c.LocalDC != "":
		options = append(options, coodie.WithLocalDatacenter(c.LocalDC))
	case c.AnyDC:
		options = append(options, coodie.WithAnyDatacenter())
	}
	return coodie.Connect(ctx, cluster, options...)
}
