package house_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// read reads a file by its absolute path: "go test" does not notice that TestMain changed the directory, and would
// repeat a cached result after the file has changed.
func read(t *testing.T, file string) string {
	t.Helper()
	path, err := filepath.Abs(file)
	require.NoError(t, err)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(data)
}

// TestNotCached opens each directory of the repository, so that "go test ./internal/house" runs again after any file
// has changed. The tests here look at packages that this one does not import.
func TestNotCached(t *testing.T) {
	root, err := os.Getwd()
	require.NoError(t, err)
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if entry != nil && entry.IsDir() && (entry.Name() == ".git" || path == filepath.Join(root, "bin")) {
			return fs.SkipDir
		}
		if errors.Is(err, fs.ErrNotExist) { // another test's
			return nil
		}
		return err
	}))
}
