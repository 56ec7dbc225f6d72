package vet_test

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/coodie-go/coodie/vet"
)

func all() []*analysis.Analyzer { return append(vet.Analyzers(), vet.Heuristics()...) }

// TestAnalyzers runs each analyzer on its test data, and applies its fixes where there is a golden file.
func TestAnalyzers(t *testing.T) {
	for _, a := range all() {
		t.Run(a.Name, func(t *testing.T) {
			dir := analysistest.TestData()
			if _, err := os.Stat(filepath.Join(dir, "src", a.Name, "a.go.golden")); err == nil {
				analysistest.RunWithSuggestedFixes(t, dir, a, a.Name)
			} else {
				analysistest.Run(t, dir, a, a.Name)
			}
		})
	}
}
