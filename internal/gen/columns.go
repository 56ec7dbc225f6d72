package gen

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/printer"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/coodie-go/coodie/internal/codec"
)

// Columns writes the column variables of structs that were written by hand, for the package in dir:
//
//	//go:generate coodie gen columns
//
// Embedded structs of the package are flattened, as coodie does. Test files, generated files and those that a build leaves
// out are left out. If the directory has several packages, the Config names one.
func Columns(fsys fs.FS, cfg Config) ([]byte, error) {
	p := &handwritten{set: token.NewFileSet(), pkg: cfg.Package, structs: map[string]*declared{}, names: scope{}}
	if err := p.parse(fsys, cfg.Tags); err != nil {
		return nil, fmt.Errorf("gen: %w", err)
	}
	names := cfg.Types
	if len(names) == 0 {
		for _, name := range p.order {
			if p.table(name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("gen: no struct of the package has a cql tag with a partition key; name some")
	}
	imports := imports{}
	imports.name(coodiePath)
	var out bytes.Buffer
	for _, name := range names {
		if err := p.write(&out, name, cfg, imports); err != nil {
			return nil, fmt.Errorf("gen: %w", err)
		}
	}
	return finish(p.pkg, imports, out.Bytes())
}

// handwritten is the source of a package.
type handwritten struct {
	set     *token.FileSet
	pkg     string
	structs map[string]*declared
	order   []string
	names   scope // what the files declare
}

// declared is a struct and the file that it stands in.
type declared struct {
	fields *ast.FieldList
	file   *ast.File
	params bool // it has type parameters
}

func (p *handwritten) parse(fsys fs.FS, tags []string) error {
	build := build.Default
	build.BuildTags = tags
	build.JoinPath = path.Join
	build.OpenFile = func(name string) (io.ReadCloser, error) { return fsys.Open(name) }
	packages, out := map[string]string{}, 0
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() || path.Ext(e.Name()) != ".go" || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		if matches, err := build.MatchFile("", e.Name()); err != nil {
			return err
		} else if !matches {
			out++
			continue
		}
		text, err := fs.ReadFile(fsys, e.Name())
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(p.set, e.Name(), text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if ast.IsGenerated(file) && bytes.HasPrefix(text, []byte(Header)) {
			continue
		}
		packages[file.Name.Name] = e.Name()
		if p.pkg != "" && file.Name.Name != p.pkg {
			continue
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				p.names[f.Name.Name] = true
			}
			decl, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range decl.Specs {
				switch s := spec.(type) {
				case *ast.ValueSpec:
					for _, id := range s.Names {
						p.names[id.Name] = true
					}
				case *ast.TypeSpec:
					p.names[s.Name.Name] = true
					if of, ok := s.Type.(*ast.StructType); ok {
						p.structs[s.Name.Name] = &declared{of.Fields, file, s.TypeParams != nil}
						p.order = append(p.order, s.Name.Name)
					}
				}
			}
		}
	}
	names := slices.Sorted(maps.Keys(packages))
	switch {
	case len(packages) == 0 && out > 0:
		return fmt.Errorf("a build leaves out all Go files of the directory; see their build tags")
	case len(packages) == 0:
		return fmt.Errorf("the directory has no Go file")
	case p.pkg == "" && len(packages) > 1:
		return fmt.Errorf("%s is of package %s and %s of package %s; name the package", packages[names[0]], names[0], packages[names[1]], names[1])
	case p.pkg == "":
		p.pkg = names[0]
	case packages[p.pkg] == "":
		return fmt.Errorf("the directory has no file of package %s, but of %s", p.pkg, strings.Join(names, ", "))
	}
	return nil
}

// tagOf is a field's cql tag.
func tagOf(f *ast.Field) (tag string, ok bool) {
	if f.Tag == nil {
		return "", false
	}
	text, err := strconv.Unquote(f.Tag.Value)
	if err != nil {
		return "", false
	}
	return reflect.StructTag(text).Lookup("cql")
}

// Keyed reports whether a cql tag is that of a partition key.
func Keyed(tag string) bool {
	_, rest, _ := codec.CutName(tag)
	return slices.ContainsFunc(strings.Split(rest, ","), func(o string) bool {
		o, _, _ = strings.Cut(strings.TrimSpace(o), "=")
		return o == "partition"
	})
}

// table reports whether the struct is that of a table.
func (p *handwritten) table(name string) bool {
	if s := p.structs[name]; s == nil || s.params {
		return false
	}
	found := false
	_ = p.each(name, nil, func(_ string, f *ast.Field, _ *declared) error {
		tag, _ := tagOf(f)
		found = found || Keyed(tag)
		return nil
	})
	return found
}

// each hands over the fields that are columns, those of embedded structs in their place.
func (p *handwritten) each(name string, within []string, do func(field string, f *ast.Field, in *declared) error) error {
	s := p.structs[name]
	if slices.Contains(within, name) {
		return nil
	}
	for _, f := range s.fields.List {
		tag, tagged := tagOf(f)
		if tag == "-" {
			continue
		}
		if len(f.Names) == 0 && !tagged {
			id, ok := f.Type.(*ast.Ident)
			if !ok || p.structs[id.Name] == nil {
				return fmt.Errorf("%s: %s embeds a type of another package or file; its columns are not known here, so write them by hand and leave %s out of Types",
					p.set.Position(f.Pos()), name, name)
			}
			if err := p.each(id.Name, append(within, name), do); err != nil {
				return err
			}
			continue
		}
		names := f.Names
		if len(names) == 0 {
			if id, ok := f.Type.(*ast.Ident); ok {
				names = []*ast.Ident{id}
			}
		}
		for _, id := range names {
			if id.IsExported() {
				if err := do(id.Name, f, s); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (p *handwritten) write(out *bytes.Buffer, name string, cfg Config, imports imports) error {
	s := p.structs[name]
	if s == nil {
		return fmt.Errorf("the package has no struct %s", name)
	}
	if s.params {
		return fmt.Errorf("%s has type parameters; its columns are made where they are known", name)
	}
	fmt.Fprintf(out, "// The columns of %s.\nvar (\n", name)
	err := p.each(name, nil, func(field string, f *ast.Field, in *declared) error {
		var text bytes.Buffer
		if err := printer.Fprint(&text, p.set, f.Type); err != nil {
			return err
		}
		if err := p.imported(f.Type, in, imports); err != nil {
			return err
		}
		variable := unexported(name) + field
		if cfg.Exported {
			variable = name + field
		}
		if own := cfg.Names[name+"."+field]; own != "" {
			variable = own
		}
		variable = p.names.take(variable)
		fmt.Fprintf(out, "\t%s = %s\n", variable, columnOf(name, field, text.String()))
		return nil
	})
	out.WriteString(")\n\n")
	return err
}

// imported adds the packages that a field's type names, as its file imports them.
func (p *handwritten) imported(t ast.Expr, in *declared, imports imports) (err error) {
	ast.Inspect(t, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		id, ok := sel.X.(*ast.Ident)
		if !ok {
			return true
		}
		for _, i := range in.file.Imports {
			full, _ := strconv.Unquote(i.Path.Value)
			switch {
			case i.Name != nil && i.Name.Name == id.Name && packageName(full) != id.Name:
				err = fmt.Errorf("%s: the package %s is imported under another name; give the type a name in this package", p.set.Position(sel.Pos()), full)
			case i.Name == nil && packageName(full) == id.Name, i.Name != nil && i.Name.Name == id.Name:
				if imports.taken(id.Name, full) {
					err = fmt.Errorf("%s: another package is called %s too; give the type a name in this package", p.set.Position(sel.Pos()), id.Name)
				}
				imports[full] = id.Name
				return false
			}
		}
		if err == nil {
			err = fmt.Errorf("%s: no import of the file is called %s by its path; import it by that name", p.set.Position(sel.Pos()), id.Name)
		}
		return false
	})
	return err
}
