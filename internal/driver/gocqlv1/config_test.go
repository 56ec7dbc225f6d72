package gocqlv1

import (
	"crypto/tls"
	"reflect"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/driver"
)

// TestFill: only what was left at gocql's default is set, in a copy.
func TestFill(t *testing.T) {
	cfg := gocql.NewCluster("10.0.0.1")
	filled := fill(cfg)
	changes := func(from, to *gocql.ClusterConfig) map[string]any {
		changed, of := map[string]any{}, func(c any) reflect.Value { return reflect.ValueOf(c).Elem() }
		for i := range of(from).NumField() {
			f := of(from).Type().Field(i)
			if f.IsExported() && f.Type.Kind() != reflect.Func && !reflect.DeepEqual(of(from).Field(i).Interface(), of(to).Field(i).Interface()) {
				changed[f.Name] = of(to).Field(i).Interface()
			}
		}
		return changed
	}
	require.Empty(t, changes(gocql.NewCluster("10.0.0.1"), cfg), "the caller's is as it was")
	require.Equal(t, map[string]any{
		"WriteCoalesceWaitTime": time.Duration(0), "ConnectTimeout": 5 * time.Second, "ReconnectInterval": 10 * time.Second, "ProtoVersion": 4,
	}, changes(cfg, &filled))
	filled.Hosts[0] = "10.0.0.2"
	require.Equal(t, "10.0.0.1", cfg.Hosts[0])

	cfg.Timeout, cfg.ConnectTimeout, cfg.ReconnectInterval = time.Second, 2*time.Second, 3*time.Second
	cfg.WriteCoalesceWaitTime, cfg.NumConns, cfg.PageSize, cfg.ProtoVersion = time.Millisecond, 7, 70, 4
	cfg.SslOpts = &gocql.SslOptions{Config: &tls.Config{ServerName: "db"}}
	cfg.Authenticator = gocql.PasswordAuthenticator{Username: "ann"}
	cfg.RetryPolicy, cfg.Keyspace, cfg.DisableSkipMetadata = &gocql.SimpleRetryPolicy{NumRetries: 3}, "app", true
	cfg.PoolConfig.HostSelectionPolicy = gocql.RoundRobinHostPolicy()
	filled = fill(cfg)
	require.Empty(t, changes(cfg, &filled), "what was chosen is kept")
}

// TestPolicyThatIsUsedTwice: gocql panics; Connect says what to do.
func TestPolicyThatIsUsedTwice(t *testing.T) {
	cfg := gocql.NewCluster("127.0.0.1")
	cfg.PoolConfig.HostSelectionPolicy = panicking{gocql.RoundRobinHostPolicy()}
	_, err := Cluster(cfg).Connect(driver.Locality{}, nil)
	require.ErrorContains(t, err, "a policy serves one session")
}

type panicking struct{ gocql.HostSelectionPolicy }

func (panicking) Init(*gocql.Session) {
	panic("sharing token aware host selection policy between sessions is not supported")
}

// TestLocalOnly: a datacenter that nobody named is the first node's, and stays.
func TestLocalOnly(t *testing.T) {
	first, later := new(gocql.HostInfo), new(gocql.HostInfo)
	l := &localOnly{HostSelectionPolicy: gocql.RoundRobinHostPolicy()}
	require.True(t, l.IsLocal(first), "before any node is known")
	l.AddHost(first)
	require.True(t, l.IsLocal(first))
	l = &localOnly{HostSelectionPolicy: gocql.RoundRobinHostPolicy()}
	l.local.Name("elsewhere")
	l.AddHost(later)
	l.HostUp(later)
	require.Nil(t, l.Pick(nil)(), "not of this datacenter")
}
