// Package funcs holds CQL's native functions and aggregates and picks the
// overload a call means.
package funcs

import (
	"time"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// Env is what functions may know of the statement being executed.
type Env struct {
	// Now is the statement's time. It must be set.
	Now time.Time
}

// Function is a scalar function with fixed argument types: Call is set; or an
// aggregate: New is set.
type Function struct {
	Name   string
	Args   []*types.Type
	Result *types.Type
	// Impure is set when equal arguments may give different results.
	Impure bool

	Call func(env *Env, args [][]byte) ([]byte, error)
	New  func() Aggregate
}

// Aggregate accumulates one group of rows.
type Aggregate interface {
	Add(args [][]byte) error
	Result() ([]byte, error)
	Reset()
}
