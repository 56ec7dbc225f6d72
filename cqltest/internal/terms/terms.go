// Package terms prepares and evaluates CQL terms: literals, bind markers,
// type hints, function calls, arithmetic, and, in a selection, columns.
package terms

import (
	"github.com/coodie-go/coodie/cqltest/internal/funcs"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// Env is what evaluation reads: the bound values and, in a selection, the row.
type Env struct {
	funcs.Env
	// Values holds the bound values by marker position; nil is null and
	// [types.Unset] unset.
	Values [][]byte
	// Column returns the value of the i-th column of the [Scope]. Only
	// selections need it.
	Column func(i int) []byte
}

// Term is a prepared term. It is immutable and safe for concurrent use.
type Term interface {
	// Type is the type of the value.
	Type() *types.Type
	// Eval returns the value: nil for null, [types.Unset] for an unset marker.
	Eval(env *Env) ([]byte, error)
	// Constant says whether Eval needs no bound value, no column and no clock.
	Constant() bool
}
