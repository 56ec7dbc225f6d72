package cassandra

import (
	"os"
	"path/filepath"
)

const dataDirPattern = "coodie-cassandra-data-"

// newDataDir makes a temporary directory that is locked for as long as this
// process holds the file, and removes those that killed processes left.
func newDataDir() (dir string, lock *os.File, err error) {
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), dataDirPattern+"*"))
	for _, old := range left {
		// A directory without a lock file is just being made.
		if _, err := os.Stat(filepath.Join(old, "lock")); err != nil {
			continue
		}
		if f, err := tryLockFile(filepath.Join(old, "lock")); err == nil {
			_ = os.RemoveAll(old)
			f.Close()
		}
	}
	dir, err = os.MkdirTemp("", dataDirPattern+"*")
	if err != nil {
		return "", nil, err
	}
	// The lock is taken before the file gets its name, or the sweep of another
	// process could come between.
	tmp := filepath.Join(dir, "lock.new")
	if lock, err = tryLockFile(tmp); err == nil {
		err = os.Rename(tmp, filepath.Join(dir, "lock"))
	}
	if err != nil {
		os.RemoveAll(dir)
		return "", nil, err
	}
	return dir, lock, nil
}
