// Coodievet finds mistakes in programs that use coodie, gocql or gocqlx:
//
//	coodievet ./...
//	go vet -vettool=$(which coodievet) ./...
//
// -fix applies the fixes that are certain. -heuristics adds analyzers whose reports are
// often no mistakes; one of them alone runs by its name. docs/vet.md tells more.
package main

import (
	"flag"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/multichecker"

	"github.com/coodie-go/coodie/vet"
)

func main() {
	heuristics := flag.Bool("heuristics", false, "run the analyzers whose reports are often no mistakes, too")
	var all []*analysis.Analyzer
	for _, a := range vet.Analyzers() {
		all = append(all, named(a, func() bool { return true }))
	}
	for _, a := range vet.Heuristics() {
		all = append(all, named(a, func() bool {
			own := false
			flag.Visit(func(f *flag.Flag) { own = own || f.Name == a.Name }) // if it is false, the analyzer does not run
			return *heuristics || own
		}))
	}
	multichecker.Main(all...)
}

// named is the analyzer, which names itself in its reports, and runs only if it is wanted.
func named(a *analysis.Analyzer, wanted func() bool) *analysis.Analyzer {
	of := *a
	of.Run = func(pass *analysis.Pass) (any, error) {
		if !wanted() {
			return nil, nil
		}
		own := *pass
		own.Report = func(d analysis.Diagnostic) {
			d.Message = a.Name + ": " + d.Message
			pass.Report(d)
		}
		return a.Run(&own)
	}
	return &of
}
