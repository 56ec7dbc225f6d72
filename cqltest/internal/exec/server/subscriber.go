package server

import (
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

// Publish tells the subscribers of a change.
func (s *Server) Publish(ch protocol.SchemaChange) {
	s.Subscribers.Lock()
	fns := make([]func(protocol.SchemaChange), 0, len(s.Subscribers.Fns))
	for i := range s.Subscribers.Next {
		if fn := s.Subscribers.Fns[i]; fn != nil {
			fns = append(fns, fn)
		}
	}
	s.Subscribers.Unlock()
	for _, fn := range fns {
		fn(ch)
	}
}
