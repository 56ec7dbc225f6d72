package cassandra

import (
	"cmp"
	"io"
	"os"
	"time"
)

// Version is the Cassandra that the jars way runs, unless the environment variable COODIE_VERSION names another.
const Version = "5.0.6"

// Options say what cluster to start. The zero value is one node with
// Cassandra's own defaults where they matter to a client, save that
// materialized views, user-defined functions and SASI indexes are enabled.
//
// A server named by COODIE_HOSTS serves only where the options ask for nothing
// but Nodes, and a container where they ask for one node without Faults,
// SyncEveryWrite or Addresses.
type Options struct {
	// Version is the Cassandra that the jars way runs: by default that of COODIE_VERSION, or else Version.
	Version string

	// Nodes is the number of nodes, 1 if zero. They start at the same time and
	// take about 0.9 GB each.
	Nodes int

	// Faults asks for nodes that Node's methods can pause, kill and restart.
	// Only the jars way has them.
	Faults bool

	// Password turns on PasswordAuthenticator and CassandraAuthorizer; the
	// superuser is cassandra with password cassandra.
	Password bool

	// SyncEveryWrite makes a write durable before it is acknowledged
	// (commitlog_sync: batch), so that a killed node loses nothing. By
	// default up to a second of acknowledged writes may be lost.
	SyncEveryWrite bool

	// RequestTimeout is the server's timeout for reads and writes; zero keeps
	// Cassandra's (2 to 10 s, by kind).
	RequestTimeout time.Duration

	// Settings are added to cassandra.yaml and win over those above. Values
	// are scalars; whatever YAML can say where the jars way is certain.
	Settings map[string]string

	// Heap is the Java heap of a node in MiB, 512 if zero.
	Heap int

	// Addresses are the nodes' addresses, one each. By default loopback
	// addresses that nobody uses are taken.
	Addresses []string

	// Log, if set, is told what Start is doing, one line at a time.
	Log io.Writer
}

func (o Options) withDefaults() Options {
	o.Version = cmp.Or(o.Version, os.Getenv("COODIE_VERSION"), Version)
	if o.Nodes == 0 {
		o.Nodes = max(1, len(o.Addresses))
	}
	if o.Heap == 0 {
		o.Heap = 512
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	return o
}

// anyServer tells whether a server of so many nodes that somebody else has set
// up can serve.
func (o Options) anyServer(nodes int) bool {
	return !o.jarsOnlyButNodes() && o.Nodes <= nodes && !o.Password && o.RequestTimeout == 0 && len(o.Settings) == 0
}

// jarsOnly tells whether the options ask for what a container has not.
func (o Options) jarsOnly() bool { return o.Nodes > 1 || o.jarsOnlyButNodes() }

func (o Options) jarsOnlyButNodes() bool {
	return o.Faults || o.SyncEveryWrite || len(o.Addresses) > 0
}
