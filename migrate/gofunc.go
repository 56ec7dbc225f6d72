package migrate

import (
	"context"
	"fmt"

	"github.com/coodie-go/coodie"
)

// GoFunc is a migration in Go. ctx ends when the lease is lost; nothing must be written after that.
//
// After an error, or a crash, the function is called again. So it has to be repeatable, or save its progress by
// Run.Save and go on from there.
type GoFunc func(ctx context.Context, run *Run) error

// Run is passed to a GoFunc. It is for the goroutine of the function.
type Run struct {
	holder  *holder
	version int64
}

// DB is the DB of the Migrator.
func (r *Run) DB() *coodie.DB { return r.holder.m.db }

// Version is the number of the migration.
func (r *Run) Version() int64 { return r.version }

// Token is the fencing token of the lease: see recipes/lease. Rows that carry it as a condition are safe from
// a process that has lost the lease.
func (r *Run) Token() int64 { return r.holder.lease.Token() }

// Progress is the last one that Save recorded, also in a process that has died since; "" if there is none.
func (r *Run) Progress() string { return r.holder.rows[r.version].Progress }

// Save records the progress by an LWT: the last key that was handled, say. If another process holds the lease by
// now, the error matches ErrLeaseLost; the function has to stop then.
func (r *Run) Save(ctx context.Context, progress string) error {
	row := *r.holder.rows[r.version]
	row.Progress = progress
	return r.holder.put(ctx, row)
}

// call calls a Go function.
func (h *holder) call(ctx context.Context, w work, f GoFunc) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it panicked: %v", p)
		}
		if err != nil {
			err = h.why(&Error{Kind: ErrFailed, Version: w.version, Err: fmt.Errorf("the Go function %q: %w", w.name, err),
				Advice: "mend it and run this again: it is called with the progress that it has saved"})
		}
	}()
	if over := h.lease.Err(); over != nil {
		return lost(over)
	}
	return f(ctx, &Run{h, w.version})
}
