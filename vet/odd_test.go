package vet_test

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"
)

// TestOddCode runs all analyzers on code that does not compile, or that nobody writes: none
// panics or fails.
func TestOddCode(t *testing.T) {
	dir, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	pkgs, err := packages.Load(&packages.Config{
		Mode: packages.LoadAllSyntax, Dir: dir,
		Env: append(os.Environ(), "GOPATH="+dir, "GO111MODULE=off", "GOWORK=off"),
	}, "odd")
	if err != nil {
		t.Fatal(err)
	}
	if len(pkgs) != 1 || len(pkgs[0].TypeErrors) < 20 {
		t.Fatalf("the odd code was not loaded: %v", pkgs)
	}
	graph, err := checker.Analyze(all(), pkgs, nil)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, act := range graph.Roots {
		if act.Err != nil {
			t.Errorf("%s: %v", act.Analyzer, act.Err)
		}
		found += len(act.Diagnostics)
	}
	if found == 0 {
		t.Error("nothing was found")
	}
}
