package vet

import (
	"go/types"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// load loads packages' types.
func load(t *testing.T, dir string, env []string, paths ...string) map[string]*types.Package {
	t.Helper()
	pkgs, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports | packages.NeedDeps, Dir: dir, Env: append(os.Environ(), env...)}, paths...)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*types.Package{}
	for _, pkg := range pkgs {
		if len(pkg.Errors) > 0 {
			t.Fatalf("%s: %v", pkg.PkgPath, pkg.Errors)
		}
		all[pkg.PkgPath] = pkg.Types
	}
	return all
}

// TestNames: coodie has every name that the analyzers know. After a rename there, change names.go.
func TestNames(t *testing.T) {
	api := load(t, "..", nil, coodiePath)[coodiePath]
	sets := reflect.ValueOf(coodie)
	for i := range sets.NumField() {
		for _, name := range sets.Field(i).MapKeys() {
			first, member, isMember := strings.Cut(name.String(), ".")
			obj := api.Scope().Lookup(first)
			if obj != nil && isMember {
				obj, _, _ = types.LookupFieldOrMethod(obj.Type(), true, api, member)
			}
			if obj == nil {
				t.Errorf("coodie has no %s", name)
			}
		}
	}
}

// TestStubs: what the stubs of the test data declare, the real packages declare, too.
func TestStubs(t *testing.T) {
	dir, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{coodiePath, coodieApachePath, gocqlPath, apachePath + "v2", gocqlxPath + "v2", gocqlxPath + "v2/qb", gocqlxPath + "v2/table"}
	stubs := load(t, dir, []string{"GOPATH=" + dir, "GO111MODULE=off", "GOWORK=off"}, paths...)
	real := load(t, "..", nil, paths...)
	for _, path := range paths {
		compare(t, stubs[path], real[path])
	}
}

func compare(t *testing.T, stub, real *types.Package) {
	t.Helper()
	for _, name := range stub.Scope().Names() {
		mine, its := stub.Scope().Lookup(name), real.Scope().Lookup(name)
		if its == nil || reflect.TypeOf(mine) != reflect.TypeOf(its) {
			t.Errorf("%s has no %s", stub.Path(), name)
			continue
		}
		if _, ok := mine.(*types.Func); ok {
			same(t, mine, its)
		}
		of, ok := mine.Type().(*types.Named)
		if !ok {
			continue
		}
		for m := range of.Methods() {
			compareMember(t, real, its, m)
		}
		if fields, ok := of.Underlying().(*types.Struct); ok {
			for f := range fields.Fields() {
				compareMember(t, real, its, f)
			}
		}
	}
}

func compareMember(t *testing.T, real *types.Package, of, member types.Object) {
	t.Helper()
	its, _, _ := types.LookupFieldOrMethod(of.Type(), true, real, member.Name())
	if its == nil {
		t.Errorf("%s.%s has no %s", real.Path(), of.Name(), member.Name())
		return
	}
	same(t, member, its)
}

func same(t *testing.T, mine, its types.Object) {
	t.Helper()
	text := func(obj types.Object) string {
		of := strings.ReplaceAll(types.TypeString(obj.Type(), nil), "interface{}", "any")
		return strings.ReplaceAll(of, "github.com/gocql/gocql.", "gocql.")
	}
	if text(mine) != text(its) {
		t.Errorf("the stub has %s %s, and the package %s", mine.Name(), text(mine), text(its))
	}
}

// TestStubOfGocqlx3: version 3 of gocqlx has the API of version 2, as far as the stubs go.
func TestStubOfGocqlx3(t *testing.T) {
	for _, file := range []string{"gocqlx.go", "qb/qb.go", "table/table.go"} {
		two, err := os.ReadFile("testdata/src/github.com/scylladb/gocqlx/v2/" + file)
		if err != nil {
			t.Fatal(err)
		}
		three, err := os.ReadFile("testdata/src/github.com/scylladb/gocqlx/v3/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.ReplaceAll(string(two), "gocqlx/v2", "gocqlx/v3") != string(three) {
			t.Errorf("the stubs of %s differ", file)
		}
	}
}
