package server

import (
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

// InfoKind is a statement's kind for StatementInfo: create_role for CREATE ROLE.
func InfoKind(kind string) string {
	return strings.ReplaceAll(strings.ToLower(kind), " ", "_")
}

// Guarded is a statement that not everybody may run.
type Guarded interface{ Allowed(x *Execution) error }

// Statement is a statement that has been prepared. It is immutable.
type Statement interface {
	Info() protocol.StatementInfo
	Run(x *Execution) (*protocol.Result, error)
}

// Tabular is a statement whose columns are known before it runs.
type Tabular interface{ Columns() []protocol.ColumnSpec }
