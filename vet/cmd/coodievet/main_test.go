package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCommand runs the command by itself and under go vet, and its fixes.
func TestCommand(t *testing.T) {
	tool := filepath.Join(t.TempDir(), "coodievet")
	if out, err := exec.Command("go", "build", "-o", tool, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	gopath, err := filepath.Abs("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) (string, bool) {
		cmd := exec.Command(name, args...)
		cmd.Env = append(os.Environ(), "GOPATH="+gopath, "GO111MODULE=off", "GOWORK=off")
		out, err := cmd.CombinedOutput()
		return string(out), err != nil
	}
	for _, test := range []struct {
		args     []string
		failed   bool
		contains string
		lacks    string
	}{
		{[]string{tool, "lwtresult"}, true, "lwtresult: the answer of a conditional write is dropped", ""},
		{[]string{"go", "vet", "-vettool=" + tool, "lwtresult"}, true, "lwtresult: the answer of a conditional write is dropped", ""},
		{[]string{tool, "lostcontext"}, true, "lostchain", "does not end with"},
		{[]string{tool, "-heuristics", "lostcontext"}, true, "the call does not end with ctx", ""},
		{[]string{tool, "-lostcontext", "lostcontext"}, true, "the call does not end with ctx", "mutateeffect"},
		{[]string{"go", "vet", "-vettool=" + tool, "-heuristics", "lostcontext"}, true, "the call does not end with ctx", ""},
		{[]string{tool, "-lwtresult=false", "lwtresult"}, true, "lwtunknown", "lwtresult: the answer"},
		{[]string{tool, "-fix", "-diff", "lostchain"}, false, "q = q.Filter(is)", ""},
	} {
		out, failed := run(test.args[0], test.args[1:]...)
		if failed != test.failed || !strings.Contains(out, test.contains) || test.lacks != "" && strings.Contains(out, test.lacks) {
			t.Errorf("%q failed: %t, and says:\n%s", test.args, failed, out)
		}
	}
}
