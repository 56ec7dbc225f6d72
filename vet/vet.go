// Package vet finds mistakes in programs that use coodie, gocql or gocqlx, before they run: a
// conditional write whose answer nobody reads, a lost answer taken for a failure, a batch that
// is never executed.
//
// The command coodievet runs all analyzers:
//
//	go run github.com/coodie-go/coodie/vet/cmd/coodievet@latest ./...
//
// docs/vet.md has a page for each.
package vet

import "golang.org/x/tools/go/analysis"

// analyzerNames are the names that a directive can have.
var analyzerNames = []string{
	"lwtresult", "lwtunknown", "lwtretry", "lostchain", "lostbatch", "mixedwrites", "perrequest", "columnkind",
	"casexec", "casscan", "casretry", "cqlvalue", "selectstar", "mutateeffect", "lostcontext",
}

// Analyzers are those whose reports are mistakes, or nearly always.
func Analyzers() []*analysis.Analyzer {
	return []*analysis.Analyzer{
		LWTResult, LWTUnknown, LWTRetry, LostChain, LostBatch, MixedWrites, PerRequest, ColumnKind,
		CASExec, CASScan, CASRetry, CQLValue, SelectStar, Directive,
	}
}

// Heuristics are those that report what is often right. They are off unless asked for.
func Heuristics() []*analysis.Analyzer {
	return []*analysis.Analyzer{MutateEffect, LostContext}
}
