// Package server holds what statements run on: schema and data, clock, nodes and roles,
// and the preparation and execution of one statement.
package server

import (
	"sync"
	"sync/atomic"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/roles"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
)

// Server is what statements run on: the schema with the data, and who may change it.
type Server struct {
	Opts Options

	// write serializes everything that changes schema or data, and so makes
	// conditional writes linearizable. Readers take views instead.
	Write  sync.Mutex
	Schema atomic.Pointer[schema.Schema]
	Clock  clock
	Ring   Ring

	Subscribers struct {
		sync.Mutex
		Next int
		Fns  map[int]func(protocol.SchemaChange)
	}
	System   systemViews
	Auth     roles.List
	Replaced func(old, next *schema.Schema) // told of each schema that takes another's place
}

// SetSchema installs a schema. The caller holds the write lock.
func (s *Server) SetSchema(next *schema.Schema) {
	old := s.Schema.Load()
	s.Schema.Store(next)
	s.Replaced(old, next)
}
