package cqltest

import (
	"math"
	"net"
	"strconv"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

const (
	insertSession = `INSERT INTO system_traces.sessions
		(session_id, client, command, coordinator, duration, parameters, request, started_at)
		VALUES (?, ?, 'QUERY', ?, ?, ?, ?, ?) USING TTL 86400`
	insertEvent = `INSERT INTO system_traces.events
		(session_id, event_id, activity, source, source_elapsed, thread)
		VALUES (?, now(), 'Executing the statement in memory', ?, ?, 'cqltest') USING TTL 86400`
)

// trace records the session of a statement whose client asked for one, with the
// one event that clients wait for, and returns its id.
func (c *call) trace() *[16]byte {
	if !c.tracing {
		return nil
	}
	s := &c.statement
	request := "Execute CQL3 query"
	switch {
	case s.Kind&Prepare != 0:
		request = "Preparing CQL3 query"
	case s.Entries != nil:
		request = "Execute batch of CQL3 queries"
	case s.Prepared:
		request = "Execute CQL3 prepared query"
	}
	parameters := map[string]string{"query": s.text(), "consistency_level": consistencyName(c.params.Consistency)}
	if s.Conditional() {
		parameters["serial_consistency_level"] = consistencyName(c.level())
	}
	if s.PageSize > 0 {
		parameters["page_size"] = strconv.Itoa(s.PageSize)
	}
	var client net.IP
	if addr, ok := c.conn.RemoteAddr().(*net.TCPAddr); ok {
		client = addr.IP
	}
	id := gocql.UUIDFromTime(c.began)
	micros := min(c.server.Now().Sub(c.began).Microseconds(), math.MaxInt32)
	node := c.server.addr.IP
	// A trace that cannot be written is none of the statement's business.
	_, _ = c.server.execute(&protocol.Client{}, insertEvent, []any{id, node, micros})
	_, _ = c.server.execute(&protocol.Client{}, insertSession, []any{id, client, node, micros, parameters, request, c.began})
	return (*[16]byte)(&id)
}
