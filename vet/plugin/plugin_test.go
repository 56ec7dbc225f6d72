package plugin_test

import (
	"testing"

	"github.com/golangci/plugin-module-register/register"

	_ "github.com/coodie-go/coodie/vet/plugin"
)

func analyzers(t *testing.T, settings any) (names map[string]bool, err error) {
	t.Helper()
	create, err := register.GetPlugin("coodievet")
	if err != nil {
		t.Fatal(err)
	}
	p, err := create(settings)
	if err != nil {
		return nil, err
	}
	if p.GetLoadMode() != register.LoadModeTypesInfo {
		t.Error("the analyzers need types")
	}
	list, err := p.BuildAnalyzers()
	names = map[string]bool{}
	for _, a := range list {
		names[a.Name] = true
	}
	return names, err
}

// TestPlugin: golangci-lint finds the plugin by its name, and settings choose the analyzers.
func TestPlugin(t *testing.T) {
	usual, err := analyzers(t, nil)
	if err != nil || !usual["lwtresult"] || usual["lostcontext"] {
		t.Errorf("by default: %v %v", usual, err)
	}
	chosen, err := analyzers(t, map[string]any{"heuristics": true, "disable": []string{"lwtresult"}})
	if err != nil || chosen["lwtresult"] || !chosen["lostcontext"] || len(chosen) != len(usual)+1 {
		t.Errorf("with heuristics, without lwtresult: %v %v", chosen, err)
	}
	for _, wrong := range []any{map[string]any{"disable": []string{"nope"}}, map[string]any{"nope": 1}} {
		if _, err := analyzers(t, wrong); err == nil {
			t.Errorf("%v is taken", wrong)
		}
	}
}
