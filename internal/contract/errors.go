package contract

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// Errors: each error that a driver's module exports as a variable has a kind, or a reason why it has none.
func Errors(t *testing.T, module string, kinds map[string]error, none map[string]string) {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{if .Replace}}{{.Replace.Dir}}{{else}}{{.Dir}}{{end}}", module).Output()
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "*.go"))
	require.NoError(t, err)
	variable, found := regexp.MustCompile(`(?m)^\s*(?:var )?(Err[A-Z]\w*)\s+= errors\.New`), 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, v := range variable.FindAllStringSubmatch(string(text), -1) {
			found++
			if of := kinds[v[1]]; of != nil {
				require.NotEqual(t, coodie.KindOther, coodie.KindOf(of), v[1])
			} else {
				require.NotEmpty(t, none[v[1]], "%s has no kind", v[1])
			}
		}
	}
	require.Greater(t, found, 10)
}
