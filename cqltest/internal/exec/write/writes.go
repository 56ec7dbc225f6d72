package write

import (
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/roles"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/store"
)

// writes gathers what a statement or a batch writes, by table and partition.
type writes struct {
	list  []*tableUpdate
	index map[writeKey]*tableUpdate
}

type writeKey struct {
	table *store.Table
	key   store.Key
}

type tableUpdate struct {
	table *schema.Table
	store.Update
}

func newWrites() *writes { return &writes{index: map[writeKey]*tableUpdate{}} }

func (w *writes) partition(t *schema.Table, key store.Key) *store.Update {
	k := writeKey{t.Data, key}
	u := w.index[k]
	if u == nil {
		u = &tableUpdate{table: t, Update: store.Update{Key: key}}
		w.index[k] = u
		w.list = append(w.list, u)
	}
	return &u.Update
}

// apply stores everything, unless it is known that too few replicas are up.
func (w *writes) apply(x *server.Execution, writeType string) error {
	for _, u := range w.list {
		if err := w.shortfall(x, u).Unavailable(); err != nil {
			return err
		}
	}
	return w.commit(x, writeType)
}

// shortfall says why the level of a write cannot be met for one of its partitions.
func (w *writes) shortfall(x *server.Execution, u *tableUpdate) *server.Shortfall {
	return x.Shortfall(u.table, x.Params.Consistency, []int64{u.Key.Token})
}

// commit stores everything, whoever is there to hear of it. The caller holds the
// write lock.
//
// A replica cannot store the deletion of a range that is bounded by null. Such
// a partition's write fails; at consistency ANY the server keeps it for later
// and says nothing.
func (w *writes) commit(x *server.Execution, writeType string) error {
	if err := w.checkMemory(x); err != nil {
		return err
	}
	if err := w.checkIndexed(); err != nil {
		return err
	}
	if err := w.checkVectors(x, writeType); err != nil {
		return err
	}
	failed := false
	for _, u := range w.list {
		if slices.ContainsFunc(u.Ranges, boundedByNull) {
			failed = true
			continue
		}
		if u.table.Counter {
			sumCounters(x, u)
		}
		if err := apply(x, u); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(w.list, func(u *tableUpdate) bool { return roles.Shown(u.table) }) {
		x.Server.ReadRoles()
	}
	if failed && x.Params.Consistency != protocol.Any {
		return x.Failure(protocol.CodeWriteFailure, writeType)
	}
	for _, u := range w.list {
		if u.table.Counter {
			writeType = "COUNTER"
		}
		short := w.shortfall(x, u)
		if err := short.Unavailable(); err != nil { // of a commit: the proposal was accepted
			return err
		}
		if err := short.Timeout(protocol.CodeWriteTimeout, writeType); err != nil {
			return err
		}
	}
	return nil
}

func boundedByNull(t store.RangeTombstone) bool {
	null := func(b []byte) bool { return b == nil }
	return slices.ContainsFunc(t.Slice.Start.Prefix, null) || slices.ContainsFunc(t.Slice.End.Prefix, null)
}
