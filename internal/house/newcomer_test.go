package house_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNewcomer does what the README says, in an empty home directory: it pastes the program into a module of its
// own, runs it, compares its output, and runs a test of it. It downloads and compiles everything, so it runs
// with COODIE_LONG=1 alone.
func TestNewcomer(t *testing.T) {
	if os.Getenv("COODIE_LONG") == "" {
		t.Skip("compiles everything anew, which takes a minute: set COODIE_LONG=1, as make nightly does")
	}
	checkout, err := os.Getwd()
	require.NoError(t, err)
	settings, err := exec.Command("go", "env", "GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOSUMCHECK", "GOTOOLCHAIN").Output() // those that a home directory may hold
	require.NoError(t, err)
	home, dir := t.TempDir(), t.TempDir()
	env := []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "GOFLAGS=-modcacherw", "GOWORK=off"}
	for i, value := range strings.Split(strings.TrimSpace(string(settings)), "\n") {
		if name := []string{"GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOSUMCHECK", "GOTOOLCHAIN"}[i]; value != "" {
			env = append(env, name+"="+value)
		}
	}
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Env = dir, env
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "go %s: %s", strings.Join(args, " "), out)
		return string(out)
	}

	pasted := regexp.MustCompile("(?s)```go\n(package main.*?|//.*?)```\n\n```\n(.*?)```").FindStringSubmatch(read(t, "README.md"))
	require.NotNil(t, pasted)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(pasted[1]), 0o600))
	run("mod", "init", "example.com/hello")
	run("mod", "edit", "-replace", "github.com/coodie-go/coodie="+checkout) // there is no release to get yet
	run("mod", "tidy")
	require.Equal(t, pasted[2], run("run", "."))

	test := "package main\n\nimport \"testing\"\n\nfunc TestHello(*testing.T) { main() }\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main_test.go"), []byte(test), 0o600))
	run("test", ".")
}
