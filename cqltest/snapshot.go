package cqltest

import "github.com/coodie-go/coodie/cqltest/internal/exec"

// Snapshot is the schema and data of a [Server] at one moment. Taking one is
// cheap; it costs the memory of what changes afterwards.
type Snapshot struct {
	state    *exec.Snapshot
	keyspace string // of Exec and Rows
}

// Snapshot takes a snapshot.
func (s *Server) Snapshot() *Snapshot {
	s.directMu.Lock()
	defer s.directMu.Unlock()
	return &Snapshot{state: s.engine.Snapshot(), keyspace: s.direct.Keyspace}
}

// Restore returns schema and data to a snapshot of this server, which can be
// restored any number of times. Connections, faults, the log and the clock stay
// as they are.
func (s *Server) Restore(snapshot *Snapshot) {
	s.directMu.Lock()
	defer s.directMu.Unlock()
	s.engine.Restore(snapshot.state)
	s.direct.Keyspace = snapshot.keyspace
}

// Reset returns to the state right after the start, what options such as
// [WithSchema] made included: it drops all else, removes the faults and empties
// the log. Connections and the clock stay.
func (s *Server) Reset() {
	s.Restore(s.start)
	s.ClearFaults()
	s.ResetLog()
}

// Truncate empties every table and keeps the schema.
func (s *Server) Truncate() { s.engine.Truncate() }
