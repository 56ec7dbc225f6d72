package cql

import (
	"encoding/binary"
	"sync"
)

// maxShapes bounds a cache. A table's code writes a handful of shapes; more means that
// columns are chosen at random by data, and then memory must not grow with it.
const maxShapes = 1024

// Cache keeps the rendered texts of one table's statements by shape, so that one shape is
// rendered once and, more important, is one prepared statement. The zero value is ready;
// it is safe for many goroutines.
type Cache struct {
	mu    sync.RWMutex
	texts map[string]string
}

// Text returns the text of s, which is of the cache's table. A shape seen before costs no
// allocation.
func (c *Cache) Text(s *Statement) string {
	s.key = s.shape(s.key[:0])
	c.mu.RLock()
	text, ok := c.texts[string(s.key)]
	c.mu.RUnlock()
	if ok {
		return text
	}
	text = s.Text()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.texts == nil || len(c.texts) >= maxShapes {
		c.texts = map[string]string{}
	}
	c.texts[string(s.key)] = text
	return text
}

// Len is the number of shapes kept.
func (c *Cache) Len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.texts)
}

// shape appends everything that decides the text within one table. Lists and texts carry
// their lengths, so that no two statements share a shape.
func (s *Statement) shape(key []byte) []byte {
	var flags int
	for i, on := range [...]bool{s.IfExists, s.IfNotExists, s.TTL, s.Timestamp, s.Limit, s.Count,
		s.JSON, s.Distinct, s.PerPart, s.Filtering, s.Timeout, s.BypassCache} {
		if on {
			flags |= 1 << i
		}
	}
	key = count(append(key, byte(s.Verb)), flags)
	key = count(key, len(s.Values))
	for i := range s.Values {
		key = marker(count(key, s.Values[i].Column.ID), s.Values[i].Marker)
	}
	key = count(key, len(s.Assignments))
	for i := range s.Assignments {
		a := &s.Assignments[i]
		key = marker(append(a.Target.shape(key), byte(a.Change)), a.Marker)
	}
	key = columns(key, s.Columns)
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
	if n < 0x80 && n >= 0 {
		return append(key, byte(n))
	}
	return binary.AppendUvarint(key, uint64(n))
}
