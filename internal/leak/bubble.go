package leak

import (
	"runtime"
	"testing"
	"testing/synctest"
)

// Bubble runs f in a synctest bubble, between which nothing is shared: ScyllaDB's fork of gocql keeps timers and
// wait groups in a sync.Pool, which forgets them after two garbage collections.
func Bubble(t *testing.T, f func(*testing.T)) {
	t.Helper()
	for range 2 {
		runtime.GC()
	}
	synctest.Test(t, f)
	for range 2 {
		runtime.GC()
	}
}
