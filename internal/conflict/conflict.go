// Package conflict finds the statements of a batch that contradict each other. All statements of
// a batch share one timestamp, so the server settles such a contradiction by a rule of its own (a
// delete beats a value, the greater value beats the smaller) and not by their order.
package conflict

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// Write is one statement of a batch.
type Write struct {
	Table  *meta.Table
	Name   string // the same for every struct of the same table
	Stmt   *cql.Statement
	Rest   *cql.Statement // an UPDATE of the same row that goes along with an INSERT; its values come after those of Stmt
	Values Values
}

// Values are the values bound to a statement.
type Values interface {
	Cell(i int) []byte
	Null(i int) bool
	Unset(i int) bool
}

// Conflict is why a batch would not store what its statements say in their order.
type Conflict struct {
	Write  int    // the later statement of the two
	Column string // "" if it is about the row
	Reason string
}

// Find returns the first conflict, or nil.
func Find(writes []Write) *Conflict {
	f := &finder{partitions: map[place]*partition{}}
	for i := range writes {
		if c := f.add(i, &writes[i]); c != nil {
			return c
		}
	}
	return nil
}

// finder holds what the statements so far do to each partition.
type finder struct {
	partitions map[place]*partition
	rows       int64
}

// place is where writes can meet: those with other timestamps are in no conflict.
type place struct {
	timestamp, table, partition string
	clustering                  int // columns: two structs may disagree
}

type partition struct {
	static row
	rows   []*row // in the order of their keys
	ranges []*ranged
}

type row struct {
	key     [][]byte
	live    int // the first statement that leaves something in the row, from 1
	deleted int // the first statement that deletes the row, from 1
	columns map[string][]effect
}

// ranged deletes several rows.
type ranged struct {
	write int // from 1
	where []relation
}

// maxRows bounds the rows that the statements of a batch name by IN.
const maxRows = 1 << 16

func (f *finder) add(i int, w *Write) *Conflict {
	s := read(w)
	partitions, ok := s.keys(w.Table.Partition)
	if !ok {
		return nil // the server refuses it
	}
	rows, single := s.keys(w.Table.Clustering)
	if f.rows += int64(len(partitions)) * int64(len(rows)); f.rows > maxRows || s.tooMany {
		return &Conflict{i, "", fmt.Sprintf("the In filters of the batch name more than %d rows; write them in several batches", maxRows)}
	}
	deletes := w.Stmt.Verb == cql.Delete && len(w.Stmt.Deletions) == 0
	for _, key := range partitions {
		p := f.partition(place{s.timestamp, w.Name, joined(key), len(w.Table.Clustering)})
		var c *Conflict
		switch {
		case !deletes:
			c = p.write(i, w.Table, s, rows, single)
		case single:
			c = p.deleteRows(i, w.Table, rows)
		default:
			c = p.deleteRange(i, w.Table, s.on(w.Table.Clustering))
		}
		if c != nil {
			return c
		}
	}
	return nil
}

func (f *finder) partition(at place) *partition {
	p := f.partitions[at]
	if p == nil {
		p = &partition{}
		f.partitions[at] = p
	}
	return p
}

// joined is a key as one string.
func joined(key [][]byte) string {
	var out []byte
	for _, cell := range key {
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(cell))), cell...)
	}
	return string(out)
}

// row returns the row of that key.
func (p *partition) row(t *meta.Table, key [][]byte) *row {
	at, found := slices.BinarySearchFunc(p.rows, key, func(r *row, key [][]byte) int { return compareKeys(t.Clustering, r.key, key) })
	if !found {
		p.rows = append(p.rows, nil)
		copy(p.rows[at+1:], p.rows[at:])
		p.rows[at] = &row{key: key}
	}
	return p.rows[at]
}

func compareKeys(columns []*meta.Column, a, b [][]byte) int {
	for i, c := range columns {
		if order := c.Type.Compare(a[i], b[i]); order != 0 {
			return order
		}
	}
	return 0
}

// write adds the effects of a statement on its rows and on the static row.
func (p *partition) write(i int, t *meta.Table, s *statement, rows [][][]byte, single bool) *Conflict {
	for _, e := range s.effects {
		if e.static {
			if c := p.effect(i, t, &p.static, e); c != nil {
				return c
			}
		}
	}
	if !single {
		return nil // it is about the static row alone, or the server refuses it
	}
	for _, key := range rows {
		for _, e := range s.effects {
			if e.static {
				continue
			}
			if c := p.effect(i, t, p.row(t, key), e); c != nil {
				return c
			}
		}
	}
	return nil
}

func (p *partition) effect(i int, t *meta.Table, r *row, e effect) *Conflict {
	e.write = i
	for j := range r.columns[e.column] {
		before := &r.columns[e.column][j]
		if before.write == i {
			break // the rest is this statement's own
		}
		if reason := before.against(&e); reason != "" {
			return &Conflict{i, e.column, reason + shared}
		}
	}
	if r.columns == nil {
		r.columns = map[string][]effect{}
	}
	r.columns[e.column] = append(r.columns[e.column], e)
	if r.live > 0 || !e.live() {
		return nil
	}
	r.live = i + 1
	if r.deleted > 0 {
		return deletion(t, r.deleted-1, i, i, "the row")
	}
	for _, d := range p.ranges {
		if what := d.covers(t, r, r == &p.static); what != "" {
			return deletion(t, d.write-1, i, i, what)
		}
	}
	return nil
}

func (p *partition) deleteRows(i int, t *meta.Table, rows [][][]byte) *Conflict {
	for _, key := range rows {
		r := p.row(t, key)
		if r.live > 0 {
			return deletion(t, i, r.live-1, i, "the row")
		}
		if r.deleted == 0 {
			r.deleted = i + 1
		}
	}
	return nil
}

func (p *partition) deleteRange(i int, t *meta.Table, where []relation) *Conflict {
	d := &ranged{i + 1, where}
	for _, r := range append(p.rows[:len(p.rows):len(p.rows)], &p.static) {
		if r.live > 0 {
			if what := d.covers(t, r, r == &p.static); what != "" {
				return deletion(t, i, r.live-1, i, what)
			}
		}
	}
	p.ranges = append(p.ranges, d)
	return nil
}

// covers says what d deletes of the row; "" for nothing.
func (d *ranged) covers(t *meta.Table, r *row, static bool) string {
	if len(d.where) == 0 {
		if static {
			return "the partition with the static columns"
		}
		return "the partition with the row"
	}
	if static {
		return ""
	}
	for i := range d.where {
		if !d.where[i].holds(t, r.key) {
			return ""
		}
	}
	return "a range with the row"
}

const shared = "; the statements of a batch share one timestamp, so their order does not count: write this in one statement, or in two calls"

func deletion(t *meta.Table, deletes, writes, later int, what string) *Conflict {
	names := make([]string, 0, 8)
	for _, c := range t.Primary() {
		names = append(names, c.Name)
	}
	return &Conflict{later, "", fmt.Sprintf("statement %d deletes %s that statement %d writes, of the key (%s)%s",
		deletes+1, what, writes+1, strings.Join(names, ", "), shared)}
}

// relation is a filter on key columns that stand side by side.
type relation struct {
	columns []*meta.Column
	op      cql.Op
	with    [][][]byte // what the columns are compared with: of IN several keys
}

// holds reports whether the filter selects the clustering key.
func (r *relation) holds(t *meta.Table, key [][]byte) bool {
	at := slices.Index(t.Clustering, r.columns[0])
	key = key[at : at+len(r.columns)]
	return slices.ContainsFunc(r.with, func(with [][]byte) bool {
		order := compareKeys(r.columns, key, with) // by value, also of a column in descending order
		switch r.op {
		case cql.Lt:
			return order < 0
		case cql.Le:
			return order <= 0
		case cql.Gt:
			return order > 0
		case cql.Ge:
			return order >= 0
		}
		return order == 0
	})
}

// on are the filters on those columns.
func (s *statement) on(columns []*meta.Column) (where []relation) {
	for _, r := range s.where {
		if slices.Contains(columns, r.columns[0]) {
			where = append(where, r)
		}
	}
	return where
}

// keys are the keys that the statement names of those columns; ok is false if it leaves one out
// or selects a range.
func (s *statement) keys(columns []*meta.Column) (keys [][][]byte, ok bool) {
	keys = [][][]byte{make([][]byte, len(columns))}
	given := 0
	for _, r := range s.on(columns) {
		if r.op != cql.Eq && r.op != cql.In {
			return nil, false
		}
		if len(r.with) > maxRows/max(1, len(keys)) {
			s.tooMany = true
			return keys, true
		}
		var next [][][]byte
		at := slices.Index(columns, r.columns[0])
		for _, key := range keys {
			for _, with := range r.with {
				key := slices.Clone(key)
				copy(key[at:], with)
				next = append(next, key)
			}
		}
		keys, given = next, given+len(r.columns)
	}
	return keys, given == len(columns)
}

// effect is what a statement does to one column of one row; the column "" is the row itself,
// which an INSERT makes.
type effect struct {
	write  int
	column string
	static bool
	kind   kind
	ttl    string // as bound; "" if none was given
	cells  []cell // in the order of their paths
	raw    []byte // a JSON value that only the server can read; nil: the cells tell
	order  func(a, b []byte) int
}

// kind is how an effect changes its column.
type kind uint8

const (
	cells       kind = iota // writes or deletes the cells alone
	replace                 // deletes what there was, and then writes the cells
	remove                  // deletes the column
	count                   // adds to a counter
	listReplace             // sets a list
	listAdd                 // appends or prepends to a list
	listRemove              // removes elements by value: of the list as it was before the batch
	listSet                 // sets the elements at the indexes that are the cells' paths, likewise
	listDelete              // deletes an element by its index, likewise
)

// cell is one value within a column: an element or field, by its path, or the only one.
type cell struct {
	path, value []byte
	deleted     bool
}

// live reports whether the effect leaves something that a delete of the row would take away.
func (e *effect) live() bool {
	switch e.kind {
	case count, listAdd, listSet:
		return true
	}
	return e.raw != nil || slices.ContainsFunc(e.cells, func(c cell) bool { return !c.deleted })
}

// against says why e, and later another statement's effect on the same column, do not give what
// their order says; "" if they do.
func (e *effect) against(later *effect) string {
	i, j := e.write+1, later.write+1
	switch {
	case e.raw != nil || later.raw != nil:
		if e.kind != listReplace && later.kind != listReplace && e.ttl == later.ttl && bytes.Equal(e.raw, later.raw) {
			return ""
		}
		return fmt.Sprintf("statement %d or %d sets it to a JSON value, which only the server can compare with the other one", i, j)
	case e.kind == remove && later.live(), later.kind == remove && e.live():
		return fmt.Sprintf("of the statements %d and %d one deletes it and the other one writes it, in one row", i, j)
	case e.kind == remove || later.kind == remove, e.kind == count && later.kind == count:
		return ""
	case e.kind >= listReplace:
		return e.lists(later)
	}
	return e.merge(later)
}

// lists is against for a list. Elements are looked up by index or value before the batch.
func (e *effect) lists(later *effect) string {
	i, j := e.write+1, later.write+1
	switch adds := e.live(); later.kind {
	case listAdd:
		return ""
	case listReplace:
		switch {
		case adds && e.kind == listReplace && later.live():
			return fmt.Sprintf("the statements %d and %d both set the list, which would have the elements of both", i, j)
		case adds:
			return fmt.Sprintf("statement %d writes elements that stay when statement %d sets the list", i, j)
		}
		return ""
	case listRemove:
		if !adds && e.kind != listDelete {
			return ""
		}
	case listSet:
		if e.kind == listSet {
			return e.merge(later)
		}
	}
	return fmt.Sprintf("statement %d changes the list, and statement %d looks for an element by index or value, which the server does before the batch", i, j)
}

// merge is against for cells.
func (e *effect) merge(later *effect) string {
	i, j := e.write+1, later.write+1
	for a, b := e.cells, later.cells; len(a) > 0; {
		order := -1
		if len(b) > 0 {
			order = e.order(a[0].path, b[0].path)
		}
		switch {
		case order > 0:
			b = b[1:]
			continue
		case order < 0 && later.kind == replace && !a[0].deleted:
			return fmt.Sprintf("statement %d writes a part of it that stays when statement %d sets it", i, j)
		case order < 0:
			a = a[1:]
			continue
		case a[0].deleted != b[0].deleted:
			return fmt.Sprintf("of the statements %d and %d one deletes what the other one writes, in one row (null deletes; Save with WithOmitNil leaves a null column alone)", i, j)
		case a[0].deleted:
		case !bytes.Equal(a[0].path, b[0].path) || !bytes.Equal(a[0].value, b[0].value):
			return fmt.Sprintf("the statements %d and %d write two values, in one row", i, j)
		case e.ttl != later.ttl:
			return fmt.Sprintf("the statements %d and %d write one value with two TTLs, in one row", i, j)
		}
		a, b = a[1:], b[1:]
	}
	return ""
}
