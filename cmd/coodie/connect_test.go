package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

// certificate makes a certificate for 127.0.0.1 that is its own authority, and returns its file.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

func TestTLSAndLogin(t *testing.T) {
	cert, ca := certificate(t)
	_, otherCA := certificate(t)
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithAuth("ann", "secret"), cqltest.WithTLS(&tls.Config{Certificates: []tls.Certificate{cert}}))
	host, port, err := net.SplitHostPort(srv.Addr())
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "0001_a.up.cql"), []byte("CREATE TABLE a (k int PRIMARY KEY)"), 0o600))
	t.Setenv("COODIE_PASSWORD", "secret")
	for name, test := range map[string]struct {
		flags []string
		code  int
	}{
		"authority":       {[]string{"--tls-ca", ca}, exitDone},
		"none":            {[]string{"--tls"}, exitFailed},
		"another":         {[]string{"--tls-ca", otherCA}, exitFailed},
		"any certificate": {[]string{"--tls-no-verify"}, exitDone},
		"no TLS":          {nil, exitFailed},
		"wrong password":  {[]string{"--tls-ca", ca, "--password", "guess"}, exitFailed},
		"no such file":    {[]string{"--tls-ca", "none.pem"}, exitFailed},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			args := append([]string{"migrate", "up", "-d", dir, "--hosts", host, "--port", port, "-k", "app", "-u", "ann", "--timeout", "500ms"}, test.flags...)
			code := execute(t.Context(), args, &out, &errs)
			require.Equal(t, test.code, code, errs.String())
			require.NotContains(t, errs.String(), "secret")
			require.NotContains(t, errs.String(), "guess")
		})
	}
}
