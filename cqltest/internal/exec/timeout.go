package exec

import (
	"time"

	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// timeout prepares ScyllaDB's USING TIMEOUT; nil if there is none. Nothing takes time here,
// so that its value is only checked.
func (p *preparer) timeout(sc *terms.Scope, t *table, using cqlparse.Using) (terms.Term, error) {
	timeout := using.Timeout()
	if timeout == nil {
		return nil, nil
	}
	recv := types.Column{Keyspace: t.keyspace, Table: t.name, Name: "[timeout]", Type: types.Duration}
	return terms.Prepare(sc, timeout, recv)
}

// checkTimeout refuses the values that ScyllaDB refuses.
func (x *execution) checkTimeout(t terms.Term) error {
	if t == nil {
		return nil
	}
	b, err := x.eval(t)
	switch {
	case err != nil:
		return err
	case b == nil:
		return invalid("Timeout value cannot be null")
	case types.IsUnset(b):
		return nil
	}
	switch d := types.DecodeDuration(b); {
	case d.Months != 0 || d.Days != 0:
		return invalid("Timeout values cannot be expressed in days/months")
	case d.Nanos%int64(time.Millisecond) != 0:
		return invalid("Timeout values cannot have granularity finer than milliseconds")
	case d.Nanos < 0:
		return invalid("Timeout values must be non-negative")
	}
	return nil
}
