package mapper_test

import (
	"sync"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
)

// tracer collects the ids of the traces that the server makes of a session's statements.
type tracer struct {
	mu  sync.Mutex
	ids [][]byte
}

func (t *tracer) Trace(id []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ids = append(t.ids, append([]byte(nil), id...))
}

// trace is what the server says of one statement.
type trace struct {
	request    string
	parameters map[string]string
	activities []string
}

// traceable is the config of a session for traced. Apache's driver traces all or nothing of a session.
func traceable(config *gocql.ClusterConfig) { tracers.Store(config, &tracer{}) }

// take returns the ids since the last call.
func (t *tracer) take() (ids [][]byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	ids, t.ids = t.ids, nil
	return ids
}

// traced calls f with its session traced, and returns the server's traces of what was
// executed, in order. The server writes them a little later.
func traced(t *testing.T, s *gocql.Session, f func()) []trace {
	t.Helper()
	config, _ := configs.Load(s)
	of, ok := tracers.Load(config)
	require.True(t, ok, "the session is not traceable")
	tracer := of.(*tracer)
	if overApache {
		tracer.take()
		f()
	} else {
		s.SetTrace(tracer)
		f()
		s.SetTrace(nil)
	}
	var out []trace
	for _, id := range tracer.take() {
		var tr trace
		require.Eventually(t, func() bool {
			var duration *int
			err := s.Query("SELECT duration, request, parameters FROM system_traces.sessions WHERE session_id = ?", id).
				Consistency(gocql.One).Scan(&duration, &tr.request, &tr.parameters)
			return err == nil && duration != nil
		}, 10*time.Second, 5*time.Millisecond)
		if tr.request != "Execute CQL3 prepared query" {
			continue
		}
		iter := s.Query("SELECT activity FROM system_traces.events WHERE session_id = ?", id).Consistency(gocql.One).Iter()
		for activity := ""; iter.Scan(&activity); {
			tr.activities = append(tr.activities, activity)
		}
		require.NoError(t, iter.Close())
		out = append(out, tr)
	}
	return out
}
