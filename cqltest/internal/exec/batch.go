package exec

import (
	"context"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/write"
)

// Batch runs a protocol-level batch. params.Values is not used.
func (e *Engine) Batch(ctx context.Context, c *protocol.Client, in Batch, params protocol.Params) (*protocol.Result, error) {
	b := &write.Batch{Type: in.Type}
	params.Values, params.Names = nil, nil
	x := e.server.NewExecution(ctx, c, &params)
	var entries []write.Entry
	for _, entry := range in.Entries {
		p := entry.Prepared
		var err error
		if p == nil {
			p, err = e.Compile(c, entry.CQL)
		} else {
			p, err = e.fresh(c, p)
		}
		if err != nil {
			return nil, err
		}
		m, ok := p.stmt.(*write.Modification)
		if !ok {
			return nil, protocol.Invalid("Invalid statement in batch: only UPDATE, INSERT and DELETE statements are allowed.")
		}
		if len(entry.Values) != len(p.Binds) {
			return nil, protocol.Invalid("There were %d markers(?) in CQL but %d bound variables", len(p.Binds), len(entry.Values))
		}
		own := *x
		own.Env.Values = protocol.RawValues(entry.Values)
		b.List = append(b.List, m)
		entries = append(entries, write.Entry{M: m, X: &own})
	}
	if x.Enforces() {
		if err := b.Allowed(x); err != nil {
			return nil, e.asError(err)
		}
	}
	if err := b.Validate(); err != nil {
		return nil, e.asError(err)
	}
	res, err := b.RunEntries(x, entries)
	if err != nil {
		return nil, e.asError(err)
	}
	res.Info = b.Info()
	res.Warnings = append(x.Warnings, res.Warnings...)
	return res, nil
}
