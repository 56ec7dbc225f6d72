package cqltest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Log is a list of statements, oldest first.
type Log []Statement

// Matching returns the statements that m chooses. Of m, only what [On] and
// [Match.Where] say counts.
func (l Log) Matching(m Match) Log {
	var found Log
	for _, s := range l {
		if m.fits(s) {
			found = append(found, s)
		}
	}
	return found
}

// CQL returns the statements' texts. A BATCH request has those of its entries,
// joined with semicolons.
func (l Log) CQL() []string {
	texts := make([]string, len(l))
	for i, s := range l {
		texts[i] = s.text()
	}
	return texts
}

// String lists the statements a line each, with their values, those of a BATCH
// request by entry, and consistency levels.
func (l Log) String() string {
	var b strings.Builder
	for _, s := range l {
		fmt.Fprintf(&b, "%s %v %s", s.text(), s.allValues(), consistencyName(uint16(s.Consistency)))
		if s.SerialConsistency != 0 {
			fmt.Fprintf(&b, " %v", s.SerialConsistency)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// allValues are the values of s or of its entries.
func (s Statement) allValues() []any {
	if len(s.Entries) == 0 {
		return s.Values()
	}
	values := make([]any, len(s.Entries))
	for i, e := range s.Entries {
		values[i] = e.Values()
	}
	return values
}

func (s Statement) text() string {
	if len(s.Entries) > 0 {
		return strings.Join(Log(s.Entries).CQL(), "; ")
	}
	return s.CQL
}

// Log returns the statements that clients sent and the server understood, in
// the order they arrived. Not in it are PREPAREs, USEs, statements on system
// tables, and what [Server.Exec] and [Server.Rows] run.
func (s *Server) Log() Log { return s.log.all() }

// ResetLog empties the log.
func (s *Server) ResetLog() { s.log.reset() }

// maxLogBytes bounds what the log keeps of texts and values.
const maxLogBytes = 64 << 20

// statementLog keeps the last statements, as many as limit and maxLogBytes allow
// and always the last.
type statementLog struct {
	limit int

	mu    sync.Mutex
	list  []Statement
	first int // the statements before it are forgotten
	bytes int
}

func (l *statementLog) add(s Statement) {
	if l.limit == 0 || s.Kind&(Prepare|Use) != 0 || s.isSystem() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, s)
	l.bytes += s.size()
	for n := len(l.list) - l.first; n > l.limit || n > 1 && l.bytes > maxLogBytes; n-- {
		l.bytes -= l.list[l.first].size()
		l.list[l.first] = Statement{}
		l.first++
	}
	if l.first > len(l.list)/8 {
		n := copy(l.list, l.list[l.first:])
		clear(l.list[n:])
		l.list, l.first = l.list[:n], 0
	}
}

// size is the length of the text and of the values.
func (s Statement) size() int {
	n := len(s.CQL)
	for _, v := range s.values {
		n += len(v.Bytes)
	}
	for _, e := range s.Entries {
		n += e.size()
	}
	return n
}

func (l *statementLog) all() Log {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(Log(l.list[l.first:]))
}

func (l *statementLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list, l.first, l.bytes = nil, 0, 0
}
