// Package cqltest is a CQL server that runs inside the test: Cassandra 5.0's
// native protocol, query language and lightweight transactions, in memory and
// in milliseconds. It is to Cassandra what miniredis is to Redis. The program
// under test keeps its driver and does not know the difference:
//
//	func TestLock(t *testing.T) {
//		srv := cqltest.RunT(t, cqltest.WithKeyspace("app"),
//			cqltest.WithSchema("CREATE TABLE locks (name text PRIMARY KEY, owner text)"))
//		session, err := srv.Cluster().CreateSession() // a *gocql.Session as any other
//		if err != nil {
//			t.Fatal(err)
//		}
//		defer session.Close()
//
//		applied, err := session.Query("INSERT INTO locks (name, owner) VALUES ('deploy', 'alice') IF NOT EXISTS").
//			MapScanCAS(map[string]any{})
//		if err != nil || !applied {
//			t.Fatal(applied, err)
//		}
//	}
//
// Any driver of protocol version 3, 4 or 5 can connect to [Server.Addr], in any
// language; the command in cmd/cqltest serves those outside Go.
//
// # Looking behind the driver
//
// [Server.Exec] and [Server.Rows] run statements without a driver, to set a
// scene and to look at what is really stored. [Server.Log] is what clients sent:
// text, bound values, consistency levels and flags.
//
// # Time
//
// [Server.FastForward] moves the server's clock, and what has a TTL expires.
// A server started [WithPipe] works inside a testing/synctest bubble, where the
// client's clock moves too.
//
// # Faults
//
// What cannot be staged on a real cluster is a line here:
//
//	srv.Fault(cqltest.On(cqltest.Conditional, "locks").Nth(2),
//		cqltest.Apply, cqltest.WriteTimeout("CAS"))
//
// has the second lightweight transaction on locks applied, and its client told
// that nobody knows. [On] and the methods of [Match] choose statements; the
// steps are error frames of every kind, [Apply], [Delay], [LoseAnswer],
// [CloseConnection] and [Do]; see [Server.Fault].
//
// # Several nodes
//
// [RunCluster] starts the nodes of one cluster in one process, in datacenters and racks,
// each with its own faults and log. Nodes can be stopped and paused, so that routing,
// retries on another coordinator and the rules of datacenters can be tested.
//
// # Many cases on one server
//
// [Server.Snapshot] and [Server.Restore] bring back a prepared state in
// microseconds; [Server.Reset] goes back to the start. Starting a server for
// each test is cheap as well, and lets tests run in parallel.
//
// # What it is not
//
// A [Server] is one node, alone in its cluster. Consistency levels are accepted and
// logged, and one node meets all of them. The nodes of a [Cluster] share one set of data:
// replicas never differ, and no write is ever half done. Nothing is written to disk.
//
// It answers as Cassandra 5.0.6 does even where that surprises: a condition on a map's
// value, IF m[k] = v, is decided by the order of the map's keys, and with uuid keys
// holds whatever v is. ScyllaDB's dialect compares values.
//
// Materialized views are in step with their base table at once, and a new one shows the
// rows that are there; a real cluster takes its time over both.
//
// ORDER BY … ANN OF is exact, where a real index approximates.
//
// User-defined functions and aggregates are schema; what one computes is said in Go,
// see [WithFunction].
//
// Not supported, and refused by name: permissions on MBeans, identities of certificates,
// and stemming and stop words of SASI. An index allows the searches it would
// serve, by filtering; its options count. Two equal keys in a map literal:
// the last value counts, where Cassandra keeps a random one. The values of IN in
// several columns can name 250,000 rows together. A traced statement has a session
// and one event in system_traces. In ScyllaDB's dialect, see [WithDialect], the
// node has one shard and serves protocol version 4 at most.
package cqltest
