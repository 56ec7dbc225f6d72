package write

import (
	"math"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// updater builds the rows that one statement writes.
type updater struct {
	x         *server.Execution
	timestamp int64
	ttl       int32
	row       *store.Row // being built
	current   *store.Row // live, as read before; only if an operation reads
}

func (u *updater) put(c *schema.Column, value []byte) {
	cell := store.NewCell(value, u.timestamp, u.ttl, u.x.NowSec)
	cell.Counter = c.Type.IsCounter()
	u.row.Put(c.ID, cell)
}

func (u *updater) putAt(c *schema.Column, path, value []byte) {
	u.row.PutElement(c.ID, c.Path(), path, store.NewCell(value, u.timestamp, u.ttl, u.x.NowSec))
}

func (u *updater) remove(c *schema.Column) {
	cell := store.NewTombstone(u.timestamp, u.x.NowSec)
	cell.Counter = c.Type.IsCounter()
	u.row.Put(c.ID, cell)
}

func (u *updater) removeAt(c *schema.Column, path []byte) {
	u.row.PutElement(c.ID, c.Path(), path, store.NewTombstone(u.timestamp, u.x.NowSec))
}

// pending returns the row as read before with what the statement has done since.
func (u *updater) pending() *store.Row {
	merged := store.Merge(u.current, u.row)
	return merged.Live(store.Deletion{}, u.x.NowSec)
}

// nextPath returns a list path behind all others, prevPath one before them.
func (u *updater) nextPath() []byte {
	if u.x.Server.Opts.Dialect == protocol.Scylla {
		u.x.Lists.Appended++
		return stampedPath(u.timestamp, u.x.Lists.Appended)
	}
	return types.EncodeBigint(math.MinInt64 + u.x.Server.Clock.Elements.Add(1))
}

func (u *updater) prevPath() []byte {
	if u.x.Server.Opts.Dialect == protocol.Scylla {
		u.x.Lists.Prepended++
		return stampedPath(2*firstPrepend-u.timestamp, -u.x.Lists.Prepended)
	}
	return types.EncodeBigint(math.MinInt64 - u.x.Server.Clock.Elements.Add(1))
}

// stampedPath is a list path of ScyllaDB, where elements are ordered by the timestamp of
// what wrote them, and by n if one statement or batch did.
func stampedPath(timestamp int64, n int) []byte {
	seq := uint16(1<<15 + n)
	return append(types.EncodeBigint(math.MinInt64^timestamp), byte(seq>>8), byte(seq))
}

// firstPrepend is the timestamp of the start of 2010. ScyllaDB mirrors the timestamps of
// prepended elements at it, so that what is prepended later comes first, and has no way to
// prepend before it.
const firstPrepend = 1262304000000000
