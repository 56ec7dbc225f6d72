// Package store keeps rows the way Cassandra's storage engine does: cells with
// timestamps, tombstones of every extent, time to live, and the rules by which
// the newer of two writes wins. It knows nothing of CQL, types or schemas.
//
// Rows and everything below them are immutable once stored: writing merges into
// a new row. A View is therefore a consistent snapshot that costs nothing to
// take.
package store

import "bytes"

// NoExpiry marks what does not expire.
const NoExpiry = int64(1<<63 - 1)

// Cell is one value with its timestamp, or the mark that one was deleted.
type Cell struct {
	Value     []byte
	Timestamp int64 // microseconds
	Expires   int64 // seconds since the epoch; for a tombstone, when it was made
	TTL       int32 // zero if the cell does not expire
	Tombstone bool
	Counter   bool // of a counter: once deleted it stays so, whatever comes later
}

// NewCell returns a cell that expires ttl seconds after now, or never if ttl is 0.
func NewCell(value []byte, timestamp int64, ttl int32, now int64) Cell {
	if ttl == 0 {
		return Cell{Value: value, Timestamp: timestamp, Expires: NoExpiry}
	}
	return Cell{Value: value, Timestamp: timestamp, TTL: ttl, Expires: now + int64(ttl)}
}

// NewTombstone returns the mark of a deletion.
func NewTombstone(timestamp, now int64) Cell {
	return Cell{Timestamp: timestamp, Expires: now, Tombstone: true}
}

// Live says whether the cell holds a value at time now.
func (c *Cell) Live(now int64) bool { return !c.Tombstone && now < c.Expires }

// reconcile returns the one of two cells that survives: the newer; of equals a
// tombstone, then one that expires, then the one that expires later, then the
// shorter TTL, then the greater value.
func reconcile(a, b *Cell) *Cell {
	if a.Tombstone != b.Tombstone && a.Counter && b.Counter {
		return pick(a.Tombstone, a, b)
	}
	if a.Timestamp != b.Timestamp {
		return pick(a.Timestamp > b.Timestamp, a, b)
	}
	aEnds, bEnds := a.Expires != NoExpiry, b.Expires != NoExpiry
	if aEnds != bEnds {
		return pick(aEnds, a, b)
	}
	if aEnds {
		if a.Tombstone != b.Tombstone {
			return pick(a.Tombstone, a, b)
		}
		if a.Expires != b.Expires {
			return pick(a.Expires > b.Expires, a, b)
		}
		if !a.Tombstone && a.TTL != b.TTL {
			return pick(a.TTL < b.TTL, a, b)
		}
	}
	return pick(bytes.Compare(a.Value, b.Value) >= 0, a, b)
}

func pick(first bool, a, b *Cell) *Cell {
	if first {
		return a
	}
	return b
}

// Deletion is a tombstone that covers more than one cell: everything written at
// or before its timestamp. The zero value deletes nothing.
type Deletion struct {
	Timestamp int64
	Set       bool
}

// Covers says whether something written at timestamp is deleted.
func (d Deletion) Covers(timestamp int64) bool { return d.Set && timestamp <= d.Timestamp }

// Max returns the later of two deletions.
func (d Deletion) Max(o Deletion) Deletion {
	if !d.Set || o.Set && o.Timestamp > d.Timestamp {
		return o
	}
	return d
}

// Liveness is the row marker that INSERT writes: it keeps a row alive that has
// no other value. The zero value is none.
type Liveness struct {
	Timestamp int64
	Expires   int64
	TTL       int32
	Set       bool
	Strict    bool // without its marker the row does not exist, whatever cells it has
}

// NewLiveness returns a row marker.
func NewLiveness(timestamp int64, ttl int32, now int64) Liveness {
	l := Liveness{Timestamp: timestamp, TTL: ttl, Expires: NoExpiry, Set: true}
	if ttl != 0 {
		l.Expires = now + int64(ttl)
	}
	return l
}

// Live says whether the marker counts at time now.
func (l Liveness) Live(now int64) bool { return l.Set && now < l.Expires }

func (l Liveness) merge(o Liveness) Liveness {
	switch {
	case !l.Set:
		return o
	case !o.Set:
		return l
	case l.Timestamp != o.Timestamp:
		if o.Timestamp > l.Timestamp {
			return o
		}
		return l
	case (l.TTL != 0) != (o.TTL != 0):
		if o.TTL != 0 {
			return o
		}
		return l
	case o.Expires > l.Expires || o.Expires == l.Expires && o.TTL < l.TTL:
		return o
	}
	return l
}
