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
	all := flag.Bool("heuristics", false, "run the analyzers whose reports are often no mistakes, too")
	analyzers := vet.Analyzers()
	for _, a := range vet.Heuristics() {
		analyzers = append(analyzers, onDemand(a, all))
	}
	multichecker.Main(analyzers...)
}

// onDemand is the analyzer, which runs only under -heuristics or if its own flag is given.
func onDemand(a *analysis.Analyzer, all *bool) *analysis.Analyzer {
	wanted := *a
	wanted.Run = func(pass *analysis.Pass) (any, error) {
		own := false
		flag.Visit(func(f *flag.Flag) { own = own || f.Name == a.Name }) // if it is false, the analyzer does not run
		if !*all && !own {
			return nil, nil
		}
		return a.Run(pass)
	}
	return &wanted
}
