package vet_test

import (
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/coodie-go/coodie/vet"
)

func all() []*analysis.Analyzer { return append(vet.Analyzers(), vet.Heuristics()...) }

// TestAnalyzers runs each analyzer on the package of its name, and compares what its fixes make with a golden file.
// All packages are loaded at once, for most of the time goes into the standard library.
func TestAnalyzers(t *testing.T) {
	byName := map[string]*analysis.Analyzer{}
	var names []string
	for _, a := range all() {
		byName[a.Name] = a
		names = append(names, a.Name)
	}
	each := *all()[0]
	each.Name = "each"
	each.Run = func(pass *analysis.Pass) (any, error) {
		own := *pass
		if own.Analyzer = byName[pass.Pkg.Name()]; own.Analyzer == nil { // the main function of a test
			return nil, nil
		}
		return own.Analyzer.Run(&own)
	}
	analysistest.RunWithSuggestedFixes(t, analysistest.TestData(), &each, names...)
}
