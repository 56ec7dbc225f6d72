package mapper_test

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/integration/cassandra"
	"github.com/coodie-go/coodie/integration/proxy"
)

// Register is a number that clients swap for another.
type Register struct {
	K       int        `cql:"k,partition"`
	V       int        `cql:"v"`
	Attempt gocql.UUID `cql:"attempt,attempt"`
}

var (
	registerK = coodie.Col(func(r *Register) *int { return &r.K })
	registerV = coodie.Col(func(r *Register) *int { return &r.V })
)

// registers makes the table of registers in a keyspace of the test's own, and returns a
// session that goes to the server directly.
func registers(t *testing.T) (truth *gocql.Session, keyspace string) {
	t.Helper()
	truth = connect(t)
	create[Register](t, truth)
	return truth, truth.Query("").Keyspace()
}

// stored is what the register k holds at SERIAL, whoever wrote it; 0 if there is no row.
func stored(t *testing.T, truth *gocql.Session, k int) (v int) {
	t.Helper()
	err := truth.Query("SELECT v FROM register WHERE k = ?", k).Consistency(gocql.Consistency(gocql.Serial)).Scan(&v)
	if !errors.Is(err, gocql.ErrNotFound) {
		require.NoError(t, err)
	}
	return v
}

// line is a client's way to the server: proxies, each of which is a host to gocql, and
// what the client sent through them.
type line struct {
	proxies []*proxy.Proxy

	mu   sync.Mutex
	sent []string
}

// throughProxies returns a line of n proxies and a session that knows no other way.
func throughProxies(t *testing.T, keyspace string, n int, change ...func(*gocql.ClusterConfig)) (*line, *gocql.Session) {
	t.Helper()
	config := cassandra.Shared(t).Config()
	server := config.Hosts[0]
	if _, _, err := net.SplitHostPort(server); err != nil {
		server = net.JoinHostPort(server, strconv.Itoa(cmp.Or(config.Port, 9042))) // ScyllaDB's fork says 0
	}
	l := &line{}
	port := "0"
	for i := range n {
		p := proxy.Run(t, net.JoinHostPort(fmt.Sprintf("127.0.0.%d", i+1), port), server)
		_, port, _ = net.SplitHostPort(p.Addr()) // ScyllaDB's fork wants all hosts on one
		p.Fault(proxy.On(proxy.Any).Where(l.record), proxy.Watch)
		l.proxies = append(l.proxies, p)
	}
	proxy.Route(config, l.proxies...)
	config.Keyspace, config.NumConns, config.WriteCoalesceWaitTime = keyspace, 1, 0
	config.ReconnectInterval = 100 * time.Millisecond
	config.ProtoVersion = 4                                              // whose frames the proxies read
	config.PoolConfig.HostSelectionPolicy = gocql.RoundRobinHostPolicy() // that of ScyllaDB's fork prepares statements itself
	for _, f := range change {
		f(config)
	}
	return l, opened(t, config)
}

// record writes a statement down, with its values in the place of its markers.
func (l *line) record(r proxy.Request) bool {
	text := strings.ReplaceAll(r.CQL, `"`, "")
	for _, v := range r.Values {
		value := fmt.Sprintf("%x", v)
		switch len(v) {
		case 4:
			value = strconv.Itoa(int(int32(binary.BigEndian.Uint32(v))))
		case 16:
			value = "id"
		}
		text = strings.Replace(text, "?", value, 1)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, text)
	return true
}

// take returns what was sent since the last call.
func (l *line) take() (sent []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	sent, l.sent = l.sent, nil
	return sent
}

// next has the next request of a kind suffer a fault, whichever way it takes. The returned
// channel is closed then.
func (l *line) next(kind proxy.Kind, f proxy.Fault) <-chan struct{} {
	var mu sync.Mutex
	struck, once := make(chan struct{}), false
	do := f.Do
	f.Do = func() {
		if do != nil {
			do()
		}
		close(struck)
	}
	match := proxy.On(kind).Where(func(proxy.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		first := !once
		once = true
		return first
	})
	for _, p := range l.proxies {
		p.Fault(match, f)
	}
	return struck
}

// forked: ScyllaDB's fork stands in gocql's place.
var _, forked = any(gocql.NewNativeType).(func(byte, gocql.Type) gocql.NativeType)

// ofGocql skips a test of what gocql does by hand, where it is the fork that does it: that one sends an LWT once.
func ofGocql(t *testing.T) {
	t.Helper()
	if forked {
		t.Skip("this is about gocql")
	}
}

// await waits until something has happened.
func await(t *testing.T, what <-chan struct{}) {
	t.Helper()
	select {
	case <-what:
	case <-time.After(30 * time.Second):
		require.FailNow(t, "it does not happen")
	}
}

// retrying is the config of a session that sends again whatever fails: what people write.
func retrying(config *gocql.ClusterConfig) {
	config.RetryPolicy = &gocql.SimpleRetryPolicy{NumRetries: 3}
	config.DefaultIdempotence = true
}
