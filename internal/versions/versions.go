// Package versions gives out the values of `version` columns.
package versions

import (
	"errors"
	"math"
	"sync/atomic"
	"time"
)

// Of gives out the versions of all tables of the process.
var Of Source

// Source gives out versions that no row had before. A row's first version is the time,
// and each write whose previous version is known adds one. A row that is deleted and inserted
// again, or that has expired, therefore begins with a version that the old row never had: a
// document of the old row cannot pass for one of the new.
type Source struct{ last atomic.Int64 }

// First is the version of a row that is written without knowing its version, or that is new:
// the time in nanoseconds, and more than every version that this process has given out or
// relied on. So it never repeats one while the clock stands still or is set back.
func (s *Source) First() int64 {
	for {
		last := s.last.Load()
		next := max(time.Now().UnixNano(), last+1)
		if s.last.CompareAndSwap(last, next) {
			return next
		}
	}
}

// Next is the version after n.
func (s *Source) Next(n int64) (int64, error) {
	if n == math.MaxInt64 {
		return 0, errLast
	}
	s.Saw(n + 1)
	return n + 1, nil
}

// Saw notes a version that is in use. One that is a day ahead of the clock is not from a clock,
// and following it could use up the versions that are left.
func (s *Source) Saw(n int64) {
	if n > time.Now().Add(24*time.Hour).UnixNano() {
		return
	}
	for last := s.last.Load(); n > last && !s.last.CompareAndSwap(last, n); last = s.last.Load() {
	}
}

var errLast = errors.New("the row has the greatest version that there is: a bigint cannot count on")
