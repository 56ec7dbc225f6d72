package guide_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// Between client and server: TLS is gocql's affair, and verified if you say so. gocql checks
// the name of the certificate against the node's address unless ServerName is set.
func Example_encryption() {
	srv, err := cqltest.Run(cqltest.WithKeyspace("my_ks"))
	check(err)
	defer srv.Close()
	certificate, authority := selfSigned()
	port, stop := behindTLS(srv.Addr(), certificate)
	defer stop()

	cluster := srv.Cluster()
	cluster.Hosts, cluster.Port, cluster.Dialer = []string{"127.0.0.1"}, port, nil
	cluster.SslOpts = &gocql.SslOptions{
		Config:                 &tls.Config{RootCAs: authority}, // and Certificates, for mutual TLS
		EnableHostVerification: true,
	}
	db, err := coodie.Connect(ctx, cluster)
	check(err)
	defer db.Close()
	fmt.Println(coodie.Schema(db, open[GitCommit](db)).Verify(ctx))
	// Output: <nil>
}

// Patient has a field that nobody reads who has the table alone.
type Patient struct {
	ID        string `cql:"id,partition"`
	Diagnosis Secret `cql:"diagnosis,type=blob,codec=sealed"`
}

// Secret is a text that is stored encrypted. It has a type of its own so that no message
// prints it by mistake.
type Secret string

func (Secret) String() string { return "secret" }

// sealer encrypts by AES-256-GCM with a key that the program was given when it started. Each
// value has its own random nonce: equal texts are stored as different blobs, so such a column
// can be read and written, and not be compared.
func sealer(key []byte) (seal func(Secret) ([]byte, error), unseal func([]byte) (Secret, error), err error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, nil, err
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, nil, err
	}
	const purpose = "patient.diagnosis" // a blob of another column is not taken
	seal = func(s Secret) ([]byte, error) {
		return gcm.Seal(nil, nil, []byte(s), []byte(purpose)), nil
	}
	unseal = func(b []byte) (Secret, error) {
		text, err := gcm.Open(nil, nil, b, []byte(purpose))
		if err != nil {
			return "", errors.New("the blob is damaged, or was sealed with another key")
		}
		return Secret(text), nil
	}
	return seal, unseal, nil
}

// Codecs are those that the tags of Patient name.
func (Patient) Codecs() []coodie.Codec {
	key := bytes.Repeat([]byte("k"), 32) // from a file or a key service, in earnest
	seal, unseal, err := sealer(key)
	check(err)
	return []coodie.Codec{coodie.CodecOf("sealed", seal, unseal)}
}

// Before it leaves the program: a codec of your own encrypts a column, whoever reads the disk
// or the backup. Key columns and conditions stay in the clear.
func Example_encryptionOfColumn() {
	db, srv, stop := connect()
	defer stop()
	patients := open[Patient](db)
	check(patients.New(Patient{ID: "ada", Diagnosis: "measles"}).Save(ctx))

	stored := srv.MustRows("SELECT diagnosis FROM my_ks.patient")[0]["diagnosis"].([]byte)
	fmt.Println(bytes.Contains(stored, []byte("measles")), len(stored))
	ada, err := patients.Find(coodie.AnyCol(patients, "id").Eq("ada")).Get(ctx)
	fmt.Println(ada.Diagnosis == "measles", ada, err)

	stored[20] ^= 1
	srv.MustExec("UPDATE my_ks.patient SET diagnosis = ? WHERE id = 'ada'", stored)
	_, err = patients.Find(coodie.AnyCol(patients, "id").Eq("ada")).Get(ctx)
	fmt.Println(err)
	// Output:
	// false 35
	// true {ada secret} <nil>
	// coodie: decode patient (id): column diagnosis into field Diagnosis: Go guide_test.Secret as CQL blob: codec "sealed" failed; its error may quote the value and is not printed: errors.As finds it
}

// What is stored is neither the text nor, twice, the same; and another key does not open it.
func TestSealedColumn(t *testing.T) {
	db, srv, stop := connect()
	defer stop()
	patients := open[Patient](db)
	stored := func(id string) []byte {
		for _, row := range srv.MustRows("SELECT id, diagnosis FROM my_ks.patient") {
			if row["id"] == id {
				return row["diagnosis"].([]byte)
			}
		}
		return nil
	}
	for _, id := range []string{"ada", "bob"} {
		require.NoError(t, patients.New(Patient{ID: id, Diagnosis: "measles"}).Save(t.Context()))
		require.NotEmpty(t, stored(id))
		require.NotContains(t, string(stored(id)), "measles")
	}
	require.NotEqual(t, stored("ada"), stored("bob"))
	for _, statement := range srv.Log() {
		require.NotContains(t, fmt.Sprint(statement.Values()...), "measles")
	}
	_, unseal, err := sealer(bytes.Repeat([]byte("x"), 32))
	require.NoError(t, err)
	_, err = unseal(stored("ada"))
	require.ErrorContains(t, err, "another key")
}

// selfSigned is a certificate for 127.0.0.1, and the authority that knows it.
func selfSigned() (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	check(err)
	parsed, err := x509.ParseCertificate(der)
	check(err)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// behindTLS listens with the certificate, and passes on to the address what it decrypts: what a
// node does with client_encryption_options.
func behindTLS(addr string, certificate tls.Certificate) (port int, stop func()) {
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
	check(err)
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", addr)
			if err != nil {
				client.Close()
				continue
			}
			pass := func(to, from net.Conn) {
				io.Copy(to, from)
				to.Close()
			}
			go pass(server, client)
			go pass(client, server)
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port, func() { listener.Close() }
}
