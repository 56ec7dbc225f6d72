package cqltest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

// authority makes certificates that trust it.
type authority struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pool *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t, pool: x509.NewCertPool()}
	var err error
	a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	require.NoError(t, err)
	a.cert, err = x509.ParseCertificate(der)
	require.NoError(t, err)
	a.pool.AddCert(a.cert)
	return a
}

func (a *authority) certificate() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(a.t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(2), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	require.NoError(a.t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestTLS(t *testing.T) {
	ours, others := newAuthority(t), newAuthority(t)
	for _, test := range []struct {
		name   string
		server *tls.Config
		client *tls.Config
		ok     bool
	}{
		{"trusted", &tls.Config{}, &tls.Config{RootCAs: ours.pool}, true},
		{"not trusted", &tls.Config{}, &tls.Config{RootCAs: others.pool}, false},
		{"no TLS", &tls.Config{}, nil, false},
		{"client's certificate", &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ours.pool},
			&tls.Config{RootCAs: ours.pool, Certificates: []tls.Certificate{ours.certificate()}}, true},
		{"client without one", &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ours.pool}, &tls.Config{RootCAs: ours.pool}, false},
		{"client with another's", &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ours.pool},
			&tls.Config{RootCAs: ours.pool, Certificates: []tls.Certificate{others.certificate()}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.server.Certificates = []tls.Certificate{ours.certificate()}
			srv := cqltest.RunT(t, cqltest.WithTLS(test.server))
			config := srv.Cluster()
			config.ConnectTimeout = time.Second
			config.Timeout = time.Second
			if test.client != nil {
				config.SslOpts = &gocql.SslOptions{Config: test.client, EnableHostVerification: true}
			}
			session, err := config.CreateSession()
			if !test.ok {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			defer session.Close()
			require.NoError(t, session.Query("SELECT key FROM system.local").Exec())
		})
	}
}

func TestMaxConnections(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithMaxConnections(2))
	config := srv.Cluster()
	first, err := config.CreateSession() // a connection for control and one for statements
	require.NoError(t, err)
	_, err = config.CreateSession()
	require.Error(t, err)
	require.NoError(t, first.Query("SELECT key FROM system.local").Exec())
	first.Close()
	require.Eventually(t, func() bool {
		again, err := config.CreateSession()
		if err == nil {
			again.Close()
		}
		return err == nil
	}, 5*time.Second, 20*time.Millisecond)
}

// Rows that take too much are added to no more, until some are gone.
func TestMemoryLimit(t *testing.T) {
	srv, session := start(t, cqltest.WithMemoryLimit(100_000))
	insert := func(i int) error {
		return session.Query("INSERT INTO locks (name, owner) VALUES (?, ?)", strconv.Itoa(i), strings.Repeat("x", 1000)).Exec()
	}
	n := 0
	var err error
	for ; err == nil && n < 1000; n++ {
		err = insert(n)
	}
	var refused gocql.RequestError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, gocql.ErrCodeOverloaded, refused.Code())
	require.ErrorContains(t, err, "more than the 100000 of WithMemoryLimit")
	require.InDelta(t, 85, n, 15, "as many as 100,000 bytes hold")

	_, err = session.Query("INSERT INTO locks (name, owner) VALUES ('new', 'x') IF NOT EXISTS").MapScanCAS(map[string]any{})
	require.Error(t, err)
	require.NoError(t, session.Query("DELETE FROM locks WHERE name = '0'").Exec())
	require.NoError(t, session.Query("DELETE owner FROM locks WHERE name = '1'").Exec())
	require.NoError(t, insert(n))
	require.NoError(t, srv.Exec("TRUNCATE locks"))
	for i := range 50 {
		require.NoError(t, insert(i))
	}
}

// A client whose clock is behind writes what is older than what was there before.
func TestSkewedDialer(t *testing.T) {
	srv, right := start(t)
	config := srv.Cluster()
	config.Dialer = srv.SkewedDialer(-time.Hour)
	behind, err := config.CreateSession()
	require.NoError(t, err)
	defer behind.Close()
	require.NoError(t, right.Query("INSERT INTO locks (name, owner) VALUES ('deploy', 'right')").Exec())
	require.NoError(t, behind.Query("INSERT INTO locks (name, owner) VALUES ('deploy', 'behind')").Exec())
	require.Equal(t, "right", owner(srv), "the later write is the older one")

	config.Dialer = srv.SkewedDialer(time.Hour)
	ahead, err := config.CreateSession()
	require.NoError(t, err)
	defer ahead.Close()
	require.NoError(t, ahead.Query("INSERT INTO locks (name, owner) VALUES ('deploy', 'ahead')").Exec())
	require.NoError(t, right.Query("DELETE FROM locks WHERE name = 'deploy'").Exec())
	require.Equal(t, "ahead", owner(srv), "nobody can delete it for an hour")
}
