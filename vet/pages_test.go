package vet_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"
)

// prelude declares what the programs of the pages use.
const prelude = `package page

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"

	"github.com/cenkalti/backoff/v4"
	"github.com/coodie-go/coodie"
	"github.com/gocql/gocql"
)

type (
	Lock    struct{ Name, Owner string }
	Account struct{ Balance int }
)

var (
	db                     *coodie.DB
	locks                  *coodie.Table[Lock]
	accounts               *coodie.Table[Account]
	owner                  *coodie.Column[Lock, string]
	accountID              *coodie.Column[Account, string]
	session                *gocql.Session
	ctx                    = context.Background()
	who, id, before, state string

	_, _, _, _, _ = cmp.Or[error], errors.Is, fmt.Sprint, log.Println, backoff.Retry
	_ http.Handler
)

func deploy(context.Context) error                                    { return nil }
func mail(context.Context, string) error                              { return nil }
func list(http.ResponseWriter, *http.Request, *coodie.Table[Lock])    {}
`

var snippet = regexp.MustCompile("(?s)```go\n(.*?)```")

// program is a page's snippet with what it needs to compile.
func program(code string) string {
	for _, decl := range []string{"func ", "type ", "var "} {
		if strings.HasPrefix(code, decl) {
			return prelude + code
		}
	}
	return prelude + "func run() error {\n" + code + "return nil\n}\n"
}

// TestPages: each analyzer has a page, whose first program it reports as the page says, and whose second
// one no analyzer reports.
func TestPages(t *testing.T) {
	gopath := t.TempDir()
	var paths []string
	pages := map[string]string{}
	for _, a := range all() {
		page, err := os.ReadFile("../docs/vet/" + a.Name + ".md")
		if err != nil {
			t.Error(err)
			continue
		}
		pages[a.Name] = string(page)
		if !strings.HasPrefix(pages[a.Name], "# "+a.Name+"\n") || !strings.HasSuffix(a.URL, "docs/vet/"+a.Name+".md") {
			t.Errorf("the page of %s is another analyzer's, or %s is another page", a.Name, a.URL)
		}
		if !strings.Contains(pages[a.Name], "//coodievet:ignore ") {
			t.Errorf("the page of %s does not say how to silence it", a.Name)
		}
		for i, code := range snippet.FindAllStringSubmatch(pages[a.Name], -1) {
			path := fmt.Sprintf("%s%d", a.Name, i)
			paths = append(paths, path)
			if err := os.MkdirAll(filepath.Join(gopath, "src", path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(gopath, "src", path, "page.go"), []byte(program(code[1])), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	stubs, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	pkgs, err := packages.Load(&packages.Config{
		Mode: packages.LoadAllSyntax,
		Env:  append(os.Environ(), "GOPATH="+gopath+string(filepath.ListSeparator)+stubs, "GO111MODULE=off", "GOWORK=off"),
	}, paths...)
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range pkgs {
		for _, err := range pkg.Errors {
			if !strings.Contains(err.Msg, "declared and not used") {
				t.Errorf("%s: %v", pkg.PkgPath, err)
			}
		}
	}
	graph, err := checker.Analyze(all(), pkgs, nil)
	if err != nil {
		t.Fatal(err)
	}
	reports := map[string][]analysis.Diagnostic{}
	for _, act := range graph.Roots {
		path := act.Package.PkgPath
		if name := strings.TrimRight(path, "01"); name == act.Analyzer.Name || strings.HasSuffix(path, "1") {
			reports[path] = append(reports[path], act.Diagnostics...)
		}
	}
	for name, page := range pages {
		if name == "directive" {
			continue
		}
		found := reports[name+"0"]
		if len(found) == 0 {
			t.Errorf("%s does not report the mistake on its page", name)
			continue
		}
		says := strings.ReplaceAll(found[0].Message, name+"0.", "page.")
		if !strings.Contains(page, "> "+says+"\n") {
			t.Errorf("%s says: %s", name, says)
		}
		for _, d := range reports[name+"1"] {
			t.Errorf("the fix on the page of %s is reported: %s", name, d.Message)
		}
	}
}
