package proxy_test

import (
	"context"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/integration/proxy"
	"github.com/coodie-go/coodie/internal/leak"
)

func TestMain(m *testing.M) {
	// gocql 1.7.0 leaves this behind where a session is closed while it connects again.
	leak.Main(m)
}

// behind returns an embedded server with a table of registers, and a proxy before it.
func behind(t *testing.T) (*cqltest.Server, *proxy.Proxy) {
	t.Helper()
	srv := cqltest.RunT(t, cqltest.WithKeyspace("test"),
		cqltest.WithSchema("CREATE TABLE r (k int PRIMARY KEY, v int); INSERT INTO r (k, v) VALUES (1, 1)"))
	return srv, proxy.Run(t, "127.0.0.1:0", srv.Addr())
}

func session(t *testing.T, config *gocql.ClusterConfig, change ...func(*gocql.ClusterConfig)) *gocql.Session {
	t.Helper()
	config.Keyspace, config.NumConns, config.Timeout = "test", 1, 300*time.Millisecond
	config.WriteCoalesceWaitTime = 0
	for _, f := range change {
		f(config)
	}
	s, err := config.CreateSession()
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

func swap(s *gocql.Session, from, to int) (applied bool, now int, err error) {
	applied, err = s.Query("UPDATE r SET v = ? WHERE k = 1 IF v = ?", to, from).ScanCAS(&now)
	return applied, now, err
}

func value(t *testing.T, s *gocql.Session) (v int) {
	t.Helper()
	require.Eventually(t, func() bool { // the pool connects again
		return s.Query("SELECT v FROM r WHERE k = 1").Scan(&v) == nil
	}, 10*time.Second, 5*time.Millisecond)
	return v
}

// TestFaults: at each point, whichever way, the client gets an error, and the statement is
// executed or not as the point says.
func TestFaults(t *testing.T) {
	for _, point := range proxy.Points {
		for _, way := range proxy.Ways {
			t.Run(point.String()+"/"+way.String(), func(t *testing.T) {
				_, p := behind(t)
				s := session(t, p.Config())
				applied, _, err := swap(s, 1, 2)
				require.NoError(t, err)
				require.True(t, applied)

				rule := p.Fault(proxy.On(proxy.Conditional), proxy.Fault{Point: point, Way: way})
				_, _, err = swap(s, 2, 3)
				switch way {
				case proxy.Silence:
					require.ErrorIs(t, err, gocql.ErrTimeoutNoResponse)
				case proxy.Close: // in the middle of a frame gocql makes a text of it
					require.Regexp(t, "EOF|closed", err)
				case proxy.Reset:
					require.Regexp(t, "reset|closed", err)
				}
				require.Equal(t, 1, rule.Hits())
				rule.Remove()

				v := value(t, session(t, p.Config()))
				switch {
				case point < proxy.AfterRequest:
					require.Equal(t, 2, v)
				case point > proxy.AfterRequest:
					require.Equal(t, 3, v)
				}
				require.Equal(t, 2, p.Stats().Conditional)
				require.Equal(t, 1, p.Stats().Struck)
				if way != proxy.Silence {
					require.Equal(t, v, value(t, s), "the session connects again")
				}
			})
		}
	}
}

// TestMatch: kinds, text, order and chance choose requests; what the driver sends for
// itself is not among them.
func TestMatch(t *testing.T) {
	_, p := behind(t)
	watch := func(m proxy.Match) *proxy.Rule { return p.Fault(m, proxy.Watch) }
	all, reads, writes := watch(proxy.On(proxy.Any)), watch(proxy.On(proxy.Read)), watch(proxy.On(proxy.Write))
	lwt, text := watch(proxy.On(proxy.Conditional)), watch(proxy.On(proxy.Any).Containing("DELETE"))
	second, first, after := watch(proxy.On(proxy.Write).Nth(2)), watch(proxy.On(proxy.Write).First(3)), watch(proxy.On(proxy.Write).After(3))
	never, prepare := watch(proxy.On(proxy.Any).Chance(0, 1)), watch(proxy.On(proxy.Prepare))
	other := watch(proxy.On(proxy.Other))

	s := session(t, p.Config())
	require.Equal(t, 1, value(t, s))
	require.NoError(t, s.Query("INSERT INTO r (k, v) VALUES (?, ?)", 2, 2).Exec())
	require.NoError(t, s.Query("DELETE FROM r WHERE k = ?", 2).Exec())
	_, _, err := swap(s, 1, 2)
	require.NoError(t, err)
	b := s.NewBatch(gocql.LoggedBatch)
	b.Query("UPDATE r SET v = ? WHERE k = 1", 4)
	b.Query("UPDATE r SET v = 3 WHERE k = 1 IF v = 2")
	require.NoError(t, s.ExecuteBatch(b))
	require.NoError(t, s.Query("BEGIN BATCH DELETE FROM r WHERE k = 1 IF EXISTS; APPLY BATCH").Exec())
	require.NoError(t, s.Query("TRUNCATE r").Exec())

	hits := (*proxy.Rule).Hits
	require.Equal(t, []int{7, 1, 5, 3, 2}, []int{hits(all), hits(reads), hits(writes), hits(lwt), hits(text)})
	require.Equal(t, []int{1, 3, 2}, []int{hits(second), hits(first), hits(after)})
	require.Equal(t, []int{0, 1}, []int{hits(never), hits(other)})
	require.Equal(t, 7, never.Seen())
	require.NotZero(t, hits(prepare))
	require.Equal(t, 7, p.Stats().Requests)
	require.Equal(t, 0, p.Stats().Struck, "watching is no fault")
	p.ClearFaults()
	require.Zero(t, count(s))
	require.Equal(t, 1, hits(reads))
}

func count(s *gocql.Session) (n int) {
	_ = s.Query("SELECT count(*) FROM r").Scan(&n)
	return n
}

// TestLateAnswer: what is late does not keep others waiting, and what happens elsewhere
// meanwhile can be told.
func TestLateAnswer(t *testing.T) {
	_, p := behind(t)
	s := session(t, p.Config(), func(c *gocql.ClusterConfig) { c.Timeout = 10 * time.Second })
	_, _, err := swap(s, 1, 2) // prepared
	require.NoError(t, err)
	meanwhile := 0
	late := p.Fault(proxy.On(proxy.Conditional), proxy.Fault{
		Point: proxy.Executed, Way: proxy.Pass, Do: func() { meanwhile = value(t, s) },
	})
	applied, _, err := swap(s, 2, 3)
	require.NoError(t, err)
	require.True(t, applied)
	require.Equal(t, 3, meanwhile, "executed, and not yet answered")
	<-late.Struck()
	require.Equal(t, 1, late.Hits())

	late.Remove()
	early := p.Fault(proxy.On(proxy.Conditional), proxy.Fault{
		Point: proxy.BeforeRequest, Way: proxy.Pass, Delay: time.Millisecond, Do: func() { meanwhile = value(t, s) },
	})
	applied, _, err = swap(s, 3, 4)
	require.NoError(t, err)
	require.True(t, applied)
	require.Equal(t, 3, meanwhile, "not yet delivered")
	require.Equal(t, 1, early.Hits())
}

// TestTwoCoordinators: two proxies before one server are two hosts to gocql.
func TestTwoCoordinators(t *testing.T) {
	srv, a := behind(t)
	b := proxy.Run(t, "127.0.0.2:0", srv.Addr())
	s := session(t, proxy.Config(a, b))
	for range 10 {
		value(t, s)
	}
	require.NotZero(t, a.Stats().Requests)
	require.NotZero(t, b.Stats().Requests)
}

// TestRoute: hosts that the server names itself are reached through their proxies.
func TestRoute(t *testing.T) {
	srv, p := behind(t)
	other := proxy.Run(t, "127.0.0.1:0", "127.0.0.1:1") // before a node that is down
	s := session(t, proxy.Config(p, other))
	value(t, s)
	before := len(srv.Log())
	value(t, s)
	require.Equal(t, 2, p.Stats().Requests)
	require.Equal(t, before+1, len(srv.Log()))
}

// TestWholeProxy: everything held back, cut, and refused.
func TestWholeProxy(t *testing.T) {
	_, p := behind(t)
	s := session(t, p.Config(), func(c *gocql.ClusterConfig) { c.Timeout = 10 * time.Second })
	value(t, s)

	p.Hold()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, s.Query("SELECT v FROM r WHERE k = 1").WithContext(ctx).Exec(), context.DeadlineExceeded)
	p.Release()
	value(t, s)

	for _, way := range []proxy.Way{proxy.Close, proxy.Reset} {
		accepted := p.Stats().Accepted
		p.Cut(way)
		value(t, s)
		require.Greater(t, p.Stats().Accepted, accepted)
	}

	p.Down()
	_, err := net.Dial("tcp", p.Addr())
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	require.Zero(t, p.Stats().Open)
	require.NoError(t, p.Up())
	require.NoError(t, p.Up(), "as it is already")
	value(t, s)
}

// TestRefuses: frames that could not be read are refused, so that no fault is missed.
func TestRefuses(t *testing.T) {
	_, p := behind(t)
	for _, header := range [][]byte{{5, 0, 0, 1, 5, 0, 0, 0, 0}, {4, 1, 0, 1, 7, 0, 0, 0, 0}} {
		c, err := net.Dial("tcp", p.Addr())
		require.NoError(t, err)
		_, err = c.Write(header)
		require.NoError(t, err)
		answer, err := io.ReadAll(c)
		require.NoError(t, err)
		require.EqualValues(t, 0, answer[4], "an ERROR frame")
		require.NoError(t, c.Close())
	}
}

// TestManyAtOnce: under load every request is answered, and every fault counted.
func TestManyAtOnce(t *testing.T) {
	_, p := behind(t)
	s := session(t, p.Config(), func(c *gocql.ClusterConfig) { c.Timeout = 10 * time.Second })
	lost := p.Fault(proxy.On(proxy.Read).Chance(0.1, 7), proxy.CutAnswer)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				value(t, s)
			}
		})
	}
	wg.Wait()
	require.NotZero(t, lost.Hits())
	require.Equal(t, lost.Hits(), p.Stats().Struck)
	require.GreaterOrEqual(t, p.Stats().Requests, 160)
}

// TestValues: a request has the values that are bound to it.
func TestValues(t *testing.T) {
	_, p := behind(t)
	var got [][][]byte
	rule := p.Fault(proxy.On(proxy.Any).Where(func(r proxy.Request) bool {
		got = append(got, r.Values)
		return true
	}), proxy.Watch)
	s := session(t, p.Config())
	_, _, err := swap(s, 1, 2)
	require.NoError(t, err)
	require.NoError(t, s.Query("DELETE FROM r WHERE k = 2").Exec())
	require.NoError(t, s.Query("INSERT INTO r (k, v) VALUES (?, ?)", 2, nil).Exec())
	b := s.NewBatch(gocql.LoggedBatch)
	b.Query("INSERT INTO r (k, v) VALUES (?, ?)", 3, 4)
	b.Query("DELETE FROM r WHERE k = ?", 5)
	require.NoError(t, s.ExecuteBatch(b))
	require.Equal(t, 4, rule.Hits())
	n := func(v byte) []byte { return []byte{0, 0, 0, v} }
	require.Equal(t, [][][]byte{{n(2), n(1)}, nil, {n(2), nil}, {n(3), n(4), n(5)}}, got)
}
