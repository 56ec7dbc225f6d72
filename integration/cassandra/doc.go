// Package cassandra starts and stops a real Apache Cassandra for tests.
//
//	func TestMain(m *testing.M) { cassandra.Main(m) }
//
//	func TestLock(t *testing.T) {
//		session := cassandra.Shared(t).Session(t, "")
//		keyspace := cassandra.NewKeyspace(t, session)
//		…
//	}
//
// [Start] takes the first of these that is there:
//
//  1. COODIE_HOSTS, a comma-separated list of contact points: a server that
//     somebody else runs. It is used as it is, and never stopped.
//  2. Docker, by testcontainers-go: the image named by COODIE_IMAGE
//     (default cassandra:5.0), if a daemon answers and has the image or can
//     pull it. One node only.
//  3. The jars: Maven brings Cassandra into a cache in the user's cache
//     directory, once, and the local Java 17 runs it.
//
// COODIE_CASSANDRA=docker or =jars leaves only that way. Where none is left,
// Start fails with [ErrUnavailable] and [Shared] skips the test, saying what
// is missing. Where CI=true or COODIE_REQUIRE=1 Shared fails instead.
//
// COODIE_CACHE names another place for the jars, and COODIE_JAVA another java.
//
// With docker, the address of the server depends on where the daemon is:
//
//   - The daemon is a local socket: 127.0.0.1. The port is published there only.
//   - DOCKER_HOST names a remote daemon: its host.
//   - TESTCONTAINERS_HOST_OVERRIDE names a host: that one, wherever the daemon is.
//   - The test runs in a container of the same daemon: 127.0.0.1, and if that
//     refuses, the address of the server's container, which joins the network of
//     the test's container. The reaper of testcontainers-go cannot be reached from
//     there and is disabled, so a container outlives a test binary that is killed.
//     To keep the reaper, set TESTCONTAINERS_HOST_OVERRIDE.
//
// No other address is dialled. Start fails after 10 seconds without a
// connection to a server that listens in its container.
//
// A cluster belongs to the process that started it: its nodes die with the
// process, however that ends (on Linux; elsewhere, unless it is killed), and its
// data lies in a temporary directory.
// Several processes may run clusters side by side, for each takes loopback
// addresses of its own.
package cassandra
