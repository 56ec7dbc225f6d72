//go:build unix && !linux

package cassandra

import "syscall"

// Only Linux can tie a child's life to its parent's. Elsewhere a node outlives
// a test binary that is killed before it stops its cluster.
func dieWithParent(*syscall.SysProcAttr) {}
