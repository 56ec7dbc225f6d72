// Command platforms type-checks packages and their tests for platforms other than
// this machine's, so that a constant that overflows a 32-bit int, or a call that
// one system lacks, shows up without a machine of that kind.
//
//	platforms PACKAGE... -- GOOS/GOARCH...
//
// It compiles nothing: vetting for a platform would first have to compile the
// standard library for it, which takes a minute each.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	args := os.Args[1:]
	split := slices.Index(args, "--")
	if split < 0 {
		fmt.Fprintln(os.Stderr, "usage: platforms PACKAGE... -- GOOS/GOARCH...")
		os.Exit(2)
	}
	failed := false
	for _, platform := range args[split+1:] {
		goos, goarch, _ := strings.Cut(platform, "/")
		for _, err := range check(goos, goarch, args[:split]) {
			fmt.Fprintf(os.Stderr, "%s: %v\n", platform, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

// listed is a package as go list describes it.
type listed struct {
	ImportPath, Dir string
	GoFiles         []string
	ImportMap       map[string]string
	DepOnly         bool
	Error           *struct{ Err string }
}

// check type-checks the packages, each after what it imports.
func check(goos, goarch string, patterns []string) (errs []error) {
	list := exec.Command("go", append([]string{"list", "-deps", "-test", "-json=ImportPath,Dir,GoFiles,ImportMap,DepOnly,Error"}, patterns...)...)
	list.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		return []error{err}
	}
	known := map[string]*types.Package{"unsafe": types.Unsafe}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return errs
		} else if err != nil {
			return append(errs, err)
		}
		switch {
		case p.Error != nil:
			errs = append(errs, errors.New(p.Error.Err))
		case p.ImportPath != "unsafe" && !strings.HasSuffix(p.ImportPath, ".test"): // whose main is generated
			errs = append(errs, p.check(goarch, known)...)
		}
	}
}

// check type-checks one package and adds it to known. Of a dependency only the
// declarations count.
func (p *listed) check(goarch string, known map[string]*types.Package) (errs []error) {
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		files = append(files, f)
	}
	config := types.Config{
		IgnoreFuncBodies: p.DepOnly,
		FakeImportC:      true,
		Sizes:            types.SizesFor("gc", goarch),
		Error: func(err error) {
			if !p.DepOnly {
				errs = append(errs, err)
			}
		},
		Importer: importer(func(path string) (*types.Package, error) {
			if mapped, ok := p.ImportMap[path]; ok {
				path = mapped
			}
			if pkg := known[path]; pkg != nil {
				return pkg, nil
			}
			return nil, fmt.Errorf("%s is not listed", path)
		}),
	}
	path, _, _ := strings.Cut(p.ImportPath, " ") // of a test's variant
	pkg, _ := config.Check(path, fset, files, nil)
	known[p.ImportPath] = pkg
	return errs
}

type importer func(path string) (*types.Package, error)

func (i importer) Import(path string) (*types.Package, error) { return i(path) }
