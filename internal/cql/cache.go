package cql

import (
	"encoding/binary"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// maxShapes bounds a cache. A table's code writes a handful of shapes; more means that
// columns are chosen at random by data, and then memory must not grow with it.
const maxShapes = 1024

// Cache keeps the rendered texts of one table's statements by shape, so that one shape is
// rendered once and, more important, is one prepared statement. The zero value is ready;
// it is safe for many goroutines.
type Cache struct {
	texts atomic.Pointer[map[string]string] // which does not change: a new shape makes a new map
	mu    sync.Mutex                        // of who makes one
}

// Text returns the text of s, which is of the cache's table. A shape seen before costs no
// allocation.
func (c *Cache) Text(s *Statement) string {
	s.key = s.shape(s.key[:0])
	if texts := c.texts.Load(); texts != nil {
		if text, ok := (*texts)[string(s.key)]; ok {
			return text
		}
	}
	text := s.Text()
	c.mu.Lock()
	defer c.mu.Unlock()
	texts := map[string]string{string(s.key): text}
	if known := c.texts.Load(); known != nil && len(*known) < maxShapes {
		maps.Copy(texts, *known)
	}
	c.texts.Store(&texts)
	return text
}

// Len is the number of shapes kept.
func (c *Cache) Len() int {
	if texts := c.texts.Load(); texts != nil {
		return len(*texts)
	}
	return 0
}

// shape appends everything that decides the text within one table. Lists and texts carry
// their lengths, so that no two statements share a shape.
func (s *Statement) shape(key []byte) []byte {
	flags := bit(s.IfExists)<<0 | bit(s.IfNotExists)<<1 | bit(s.TTL)<<2 | bit(s.Timestamp)<<3 |
		bit(s.Limit)<<4 | bit(s.Count)<<5 | bit(s.JSON)<<6 | bit(s.Distinct)<<7 |
		bit(s.PerPart)<<8 | bit(s.Filtering)<<9 | bit(s.Timeout)<<10 | bit(s.BypassCache)<<11
	key = append(key, byte(s.Verb), byte(flags), byte(flags>>8))
	key = slices.Grow(count(key, len(s.Values)), 2*len(s.Values))
	for i := range s.Values {
		if v := &s.Values[i]; uint(v.Column.ID) < 0x80 && v.Marker == Mark { // nearly all
			key = append(key, byte(v.Column.ID), 0)
		} else {
			key = marker(count(key, v.Column.ID), v.Marker)
		}
	}
	key = count(key, len(s.Assignments))
	for i := range s.Assignments {
		a := &s.Assignments[i]
		key = marker(append(a.Target.shape(key), byte(a.Change)), a.Marker)
	}
	key = columns(text(columns(key, s.Columns), s.Line), s.TokenOf)
	key = count(key, len(s.Terms))
	for _, t := range s.Terms {
		key = text(key, t)
	}
	key = count(key, len(s.Deletions))
	for i := range s.Deletions {
		key = s.Deletions[i].shape(key)
	}
	key = count(key, len(s.Where))
	for i := range s.Where {
		key = s.Where[i].shape(key)
	}
	key = count(key, len(s.If))
	for i := range s.If {
		key = s.If[i].shape(key)
	}
	key = columns(key, s.GroupBy)
	key = count(key, len(s.OrderBy))
	for _, o := range s.OrderBy {
		key = append(count(key, o.Column.ID), byte(o.Direction))
	}
	return key
}

func columns(key []byte, columns []Column) []byte {
	key = count(key, len(columns))
	for i := range columns {
		key = count(key, columns[i].ID)
	}
	return key
}

func (t *Target) shape(key []byte) []byte {
	key = count(key, t.Column.ID)
	if t.Elem == "" && t.Field == "" {
		return append(key, 0)
	}
	return text(text(append(key, 1), t.Elem), t.Field)
}

func (r *Relation) shape(key []byte) []byte {
	if t := r.Tuple; t != nil {
		kind := byte(2) // a target has 0 or 1 here
		if t.Token {
			kind = 3
		}
		key = columns(append(count(key, 0), kind), t.Columns)
	} else {
		key = r.Target.shape(key)
	}
	return marker(append(key, byte(r.Op)), r.Marker)
}

// marker appends a marker, which is never empty: the commonest as one byte.
func marker(key []byte, s string) []byte {
	if s == Mark {
		return append(key, 0)
	}
	return text(key, s)
}

func text(key []byte, s string) []byte { return append(count(key, len(s)), s...) }

func count(key []byte, n int) []byte {
	if uint(n) < 0x80 {
		return append(key, byte(n))
	}
	return binary.AppendUvarint(key, uint64(n))
}

func bit(on bool) uint16 {
	if on {
		return 1
	}
	return 0
}
