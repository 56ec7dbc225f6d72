package cassandra

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// tokensPerNode is Cassandra's num_tokens.
const tokensPerNode = 4

// settings returns the cassandra.yaml of the i-th node, key by key.
//
// All nodes are seeds, own tokens given here and skip the bootstrap, which has
// no data to bring: so they may start at the same time.
func settings(o Options, addresses []string, i int) map[string]string {
	s := map[string]string{
		"cluster_name":          "coodie",
		"num_tokens":            strconv.Itoa(tokensPerNode),
		"initial_token":         tokens(i, len(addresses)),
		"auto_bootstrap":        "false",
		"partitioner":           "org.apache.cassandra.dht.Murmur3Partitioner",
		"endpoint_snitch":       "GossipingPropertyFileSnitch",
		"listen_address":        addresses[i],
		"rpc_address":           addresses[i],
		"storage_port":          strconv.Itoa(storagePort),
		"native_transport_port": strconv.Itoa(nativePort),
		"seed_provider": "[{class_name: org.apache.cassandra.locator.SimpleSeedProvider, " +
			"parameters: [{seeds: '" + strings.Join(addresses, ",") + "'}]}]",

		// A small machine runs many nodes.
		"commitlog_segment_size": "16MiB",
		"commitlog_total_space":  "256MiB",
		"memtable_heap_space":    "64MiB",
		"key_cache_size":         "4MiB",
		"concurrent_reads":       "16",
		"concurrent_writes":      "16",
		"concurrent_compactors":  "1",

		"commitlog_sync":        "periodic",
		"commitlog_sync_period": "1000ms",
	}
	if o.SyncEveryWrite {
		s["commitlog_sync"] = "batch"
		delete(s, "commitlog_sync_period")
	}
	maps.Copy(s, features(o))
	return s
}

// features returns the settings that a client can tell, alike on each node and
// in a container.
func features(o Options) map[string]string {
	s := map[string]string{
		"materialized_views_enabled":     "true",
		"user_defined_functions_enabled": "true",
		"sasi_indexes_enabled":           "true",
		// Tests drop what they made; a snapshot of it would only fill the disk.
		"auto_snapshot": "false",
	}
	if o.Password {
		s["authenticator"] = "PasswordAuthenticator"
		s["authorizer"] = "CassandraAuthorizer"
		s["role_manager"] = "CassandraRoleManager"
	}
	if o.RequestTimeout > 0 {
		timeout := fmt.Sprintf("%dms", o.RequestTimeout.Milliseconds())
		for _, key := range []string{"read_request_timeout", "range_request_timeout", "write_request_timeout",
			"counter_write_request_timeout", "truncate_request_timeout", "request_timeout", "cas_contention_timeout"} {
			s[key] = timeout
		}
	}
	maps.Copy(s, o.Settings)
	return s
}

// tokens spreads the i-th of n nodes over the whole ring.
func tokens(i, n int) string {
	var list []string
	step := math.MaxUint64 / uint64(n*tokensPerNode)
	for j := range tokensPerNode {
		list = append(list, strconv.FormatInt(math.MinInt64+1+int64(step*uint64(j*n+i)), 10))
	}
	return strings.Join(list, ",")
}

const logback = `<configuration>
  <appender name="STDOUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%-5level %date{HH:mm:ss.SSS} %logger{20} - %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="STDOUT"/></root>
</configuration>
`

// writeConfig writes what a node reads at its start into dir.
func writeConfig(dir string, yaml map[string]string) error {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(yaml)) {
		fmt.Fprintf(&b, "%s: %s\n", key, yaml[key])
	}
	for name, text := range map[string]string{
		"cassandra.yaml":              b.String(),
		"cassandra-rackdc.properties": "dc=datacenter1\nrack=rack1\n",
		"logback.xml":                 logback,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// javaArgs returns the command line of a node whose configuration and data
// are in dir. The exports and opens are those of Cassandra's own
// jvm17-server.options.
func javaArgs(o Options, jars, dir string) []string {
	heap := strconv.Itoa(o.Heap) + "M"
	args := []string{
		"-Xms" + heap, "-Xmx" + heap, "-Xss256k", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError",
		"-XX:-UsePerfData",
		"-XX:-OmitStackTraceInFastThrow", // an exception thrown often keeps its message, which recordings have
		"-Djdk.attach.allowAttachSelf=true",
		"-Djava.net.preferIPv4Stack=true",
		"-Dio.netty.tryReflectionSetAccessible=true",
		"-Dcassandra-foreground=yes",
		"-Dcassandra.config=file://" + filepath.Join(dir, "cassandra.yaml"),
		"-Dcassandra.storagedir=" + dir,
		"-Djava.io.tmpdir=" + dir,
		"-Dcassandra.superuser_setup_delay_ms=0",
		"-Dcassandra.ring_delay_ms=1000",
		"-Dcassandra.skip_wait_for_gossip_to_settle=0",
		// A node that missed a schema change, since it did not seem up to the others, asks for it
		// after a second, not a minute.
		"-Dcassandra.migration_delay_ms=1000",
		"-Dcassandra.schema_pull_interval_ms=1000",
	}
	if !o.Faults {
		// Half of many tests' time goes into schema changes. A node that is never started again
		// need not flush them.
		args = append(args, "-Dcassandra.test.flush_local_schema_changes=false")
	}
	if agents, _ := filepath.Glob(filepath.Join(jars, "jamm-*.jar")); len(agents) == 1 {
		args = append(args, "-javaagent:"+agents[0])
	}
	for _, e := range []string{
		"java.base/jdk.internal.misc", "java.base/jdk.internal.ref", "java.base/sun.nio.ch",
		"java.management.rmi/com.sun.jmx.remote.internal.rmi", "java.rmi/sun.rmi.registry",
		"java.rmi/sun.rmi.server", "java.rmi/sun.rmi.transport.tcp", "java.sql/java.sql",
		"jdk.unsupported/sun.misc",
	} {
		args = append(args, "--add-exports="+e+"=ALL-UNNAMED")
	}
	for _, e := range []string{
		"java.base/java.lang", "java.base/java.lang.module", "java.base/java.util",
		"java.base/java.util.concurrent", "java.base/java.util.concurrent.atomic",
		"java.base/java.io", "java.base/java.nio", "java.base/jdk.internal.loader",
		"java.base/jdk.internal.ref", "java.base/jdk.internal.reflect", "java.base/jdk.internal.math",
		"java.base/jdk.internal.module", "java.base/jdk.internal.util.jar", "java.base/sun.nio.ch",
		"jdk.management/com.sun.management.internal",
	} {
		args = append(args, "--add-opens="+e+"=ALL-UNNAMED")
	}
	return append(args, "-cp", dir+string(os.PathListSeparator)+filepath.Join(jars, "*"),
		"org.apache.cassandra.service.CassandraDaemon")
}
