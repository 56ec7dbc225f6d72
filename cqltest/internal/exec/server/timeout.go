package server

import (
	"time"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// Timeout prepares ScyllaDB's USING TIMEOUT; nil if there is none. Nothing takes time here,
// so that its value is only checked.
func (p *Preparer) Timeout(sc *terms.Scope, t *schema.Table, using cqlparse.Using) (terms.Term, error) {
	timeout := using.Timeout()
	if timeout == nil {
		return nil, nil
	}
	recv := types.Column{Keyspace: t.Keyspace, Table: t.Name, Name: "[timeout]", Type: types.Duration}
	return terms.Prepare(sc, timeout, recv)
}

// CheckTimeout refuses the values that ScyllaDB refuses.
func (x *Execution) CheckTimeout(t terms.Term) error {
	if t == nil {
		return nil
	}
	b, err := x.Eval(t)
	switch {
	case err != nil:
		return err
	case b == nil:
		return protocol.Invalid("Timeout value cannot be null")
	case types.IsUnset(b):
		return nil
	}
	switch d := types.DecodeDuration(b); {
	case d.Months != 0 || d.Days != 0:
		return protocol.Invalid("Timeout values cannot be expressed in days/months")
	case d.Nanos%int64(time.Millisecond) != 0:
		return protocol.Invalid("Timeout values cannot have granularity finer than milliseconds")
	case d.Nanos < 0:
		return protocol.Invalid("Timeout values must be non-negative")
	}
	return nil
}
