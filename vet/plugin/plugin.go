// Package plugin makes coodie's analyzers a module plugin of golangci-lint. docs/vet.md shows the
// two files that it takes.
package plugin

import (
	"fmt"
	"slices"

	"github.com/golangci/plugin-module-register/register"
	"golang.org/x/tools/go/analysis"

	"github.com/coodie-go/coodie/vet"
)

func init() { register.Plugin("coodievet", New) }

// Settings are those of the plugin in .golangci.yml.
type Settings struct {
	// Heuristics adds analyzers whose reports are often no mistakes.
	Heuristics bool `json:"heuristics"`
	// Disable leaves analyzers out, by name.
	Disable []string `json:"disable"`
}

type plugin struct{ settings Settings }

// New makes the plugin of its settings.
func New(settings any) (register.LinterPlugin, error) {
	s, err := register.DecodeSettings[Settings](settings)
	if err != nil {
		return nil, err
	}
	return &plugin{s}, nil
}

// BuildAnalyzers returns the analyzers that the settings ask for.
func (p *plugin) BuildAnalyzers() ([]*analysis.Analyzer, error) {
	all := vet.Analyzers()
	if p.settings.Heuristics {
		all = append(all, vet.Heuristics()...)
	}
	return without(all, p.settings.Disable)
}

// GetLoadMode says that the analyzers need types.
func (p *plugin) GetLoadMode() string { return register.LoadModeTypesInfo }

func without(all []*analysis.Analyzer, names []string) ([]*analysis.Analyzer, error) {
	for _, name := range names {
		i := slices.IndexFunc(all, func(a *analysis.Analyzer) bool { return a.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("coodievet: disable names %q, which is no analyzer", name)
		}
		all = slices.Delete(all, i, i+1)
	}
	return all, nil
}
