package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cmd/coodie/internal/program"
	"github.com/coodie-go/coodie/internal/gen"
)

// structs are the flags of the commands that compare structs with the live keyspace.
type structs struct {
	app               *app
	pkg, open, tags   string
	types             []string
	strict, sync, dry bool
}

// difference is a coodie.Difference and where its field stands.
type difference struct {
	Kind   string `json:"kind"`
	Table  string `json:"table"`
	Name   string `json:"name,omitempty"`
	Field  string `json:"field,omitempty"`
	Struct string `json:"struct,omitempty"`
	Server string `json:"server,omitempty"`
	CQL    string `json:"cql,omitempty"`
	Reason string `json:"reason,omitempty"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`

	text string
}

const structsHelp = `

The tables are those that the function Tables of the package opens, or another one (--open):

	func Tables(db *coodie.DB) ([]coodie.AnyTable, error)

It may also return *coodie.Tables, or what has a method Schema(*coodie.DB) *coodie.Tables, as coodie gen writes it.
Without such a function they are the structs with a partition key, or those of --types; views, and options such as
WithProperty, need the function.

The package is built by the go command, with a program around it that is not written into its directory.`

func (a *app) structs(name, short, long string, run func(*structs, context.Context) error) *cobra.Command {
	s := &structs{app: a}
	cmd := &cobra.Command{
		Use:   name + " [PACKAGE]",
		Short: short,
		Long:  long + structsHelp,
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				s.pkg = args[0]
			}
			return run(s, cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringVar(&s.pkg, "package", ".", "`package` of the structs, as for go build: ./store")
	f.StringVar(&s.open, "open", "", "`function` of the package that opens the tables (default: Tables, if there is one)")
	f.StringSliceVar(&s.types, "types", nil, "`structs` whose tables to take (default: all with a partition key)")
	f.StringVar(&s.tags, "tags", "", "build `tags`, separated by commas")
	f.BoolVar(&s.strict, "strict", false, "also report what only the server has")
	if name == "sync" {
		f.BoolVar(&s.dry, "dry-run", false, "print the CQL, and exit with 1 if there is any")
	}
	return cmd
}

func (a *app) diff() *cobra.Command {
	return a.structs("diff", "Compare structs with the live keyspace",
		"diff prints where the structs and the live keyspace differ, with the CQL that would change the server, and exits with 1\nif they do.",
		func(s *structs, ctx context.Context) error {
			_, left, err := s.run(ctx)
			return s.print(nil, left, true, err)
		})
}

func (a *app) verify() *cobra.Command {
	return a.structs("verify", "Fail if the live keyspace differs from structs",
		"verify prints a line for each difference between the structs and the live keyspace, and exits with 1 if there is any.",
		func(s *structs, ctx context.Context) error {
			_, left, err := s.run(ctx)
			return s.print(nil, left, false, err)
		})
}

func (a *app) sync() *cobra.Command {
	return a.structs("sync", "Add to the live keyspace what structs have",
		"sync adds to the live keyspace the types, fields, tables, columns, indexes, views and options that the structs have. It\nremoves and replaces nothing: it prints such differences, and exits with 1.",
		func(s *structs, ctx context.Context) error {
			s.sync = !s.dry
			done, left, err := s.run(ctx)
			if s.dry && err == nil {
				return s.printCQL(left)
			}
			return s.print(done, left, true, err)
		})
}

// print prints what was done and what is left.
func (s *structs) print(done, left []difference, cql bool, err error) error {
	if err != nil && done == nil {
		return err
	}
	all := map[string]any{"differences": left}
	if s.sync {
		all["done"] = done
	}
	printed := s.app.out.plain(all, func(out io.Writer) error {
		w := bufio.NewWriter(out)
		for _, d := range done {
			fmt.Fprintf(w, "%s\n", d.CQL)
		}
		for _, d := range left {
			fmt.Fprintf(w, "%s\n", d.text)
			if cql && d.CQL != "" {
				fmt.Fprintf(w, "    %s\n", d.CQL)
			}
			if cql && d.Reason != "" {
				fmt.Fprintf(w, "    sync leaves it: %s\n", d.Reason)
			}
		}
		if s.sync && err == nil && len(done)+len(left) == 0 {
			fmt.Fprintf(w, "nothing to do\n")
		}
		return w.Flush()
	})
	switch {
	case err != nil:
		return err
	case printed != nil:
		return printed
	case len(left) > 0:
		return errDifferences
	}
	return nil
}

// printCQL prints what Sync would run.
func (s *structs) printCQL(left []difference) error {
	statements := []string{}
	for _, d := range left {
		if d.Reason == "" {
			statements = append(statements, d.CQL)
		}
	}
	err := s.app.out.plain(map[string]any{"statements": statements, "differences": left}, func(out io.Writer) error {
		w := bufio.NewWriter(out)
		for _, d := range left {
			if d.Reason == "" {
				fmt.Fprintf(w, "%s;\n", d.CQL)
			} else {
				fmt.Fprintf(w, "-- %s\n--     sync leaves it: %s\n", d.text, d.Reason)
			}
		}
		return w.Flush()
	})
	if err == nil && len(left) > 0 {
		err = errDifferences
	}
	return err
}

// goPackage is what the go command says of the user's package.
type goPackage struct {
	Dir, ImportPath, Name string
	GoFiles, CgoFiles     []string
	Error                 *struct{ Err, Pos string }

	set   *token.FileSet
	files []*ast.File
}

// run builds the program and runs it.
func (s *structs) run(ctx context.Context) (done, left []difference, err error) {
	if err := s.app.config.check(); err != nil {
		return nil, nil, err
	}
	pkg, err := s.load(ctx)
	if err != nil {
		return nil, nil, err
	}
	source, err := s.opener(pkg)
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "coodie")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	binary, err := s.build(ctx, pkg, source, dir)
	if err != nil {
		return nil, nil, err
	}
	answer, err := s.ask(ctx, binary, dir)
	if err != nil {
		return nil, nil, err
	}
	done, left = pkg.located(answer.Tables, answer.Done), pkg.located(answer.Tables, answer.Left)
	var mistakes []error
	for _, m := range answer.Errors {
		text := strings.TrimPrefix(m.Text, "coodie: ")
		if at := pkg.field(m.Package, m.Struct, m.Field); at.IsValid() {
			text = at.String() + ": " + text
		}
		mistakes = append(mistakes, errors.New(text))
	}
	return done, left, errors.Join(mistakes...)
}

// load finds the package, and parses its files.
func (s *structs) load(ctx context.Context) (*goPackage, error) {
	out, err := s.golang(ctx, "list", "-e", "-json=Dir,ImportPath,Name,GoFiles,CgoFiles,Error", "--", s.pkg)
	if err != nil {
		return nil, err
	}
	pkg := &goPackage{set: token.NewFileSet()}
	decoder := json.NewDecoder(bytes.NewReader(out))
	if err := decoder.Decode(pkg); err != nil || decoder.More() {
		return nil, usageError{fmt.Errorf("%s is not one package: name one, such as ./store", s.pkg)}
	}
	if e := pkg.Error; e != nil {
		if e.Pos != "" {
			return nil, errors.New(relative(e.Pos) + ": " + e.Err)
		}
		return nil, usageError{errors.New(e.Err)}
	}
	for _, name := range slices.Concat(pkg.GoFiles, pkg.CgoFiles) {
		path := filepath.Join(pkg.Dir, name)
		file, err := parser.ParseFile(pkg.set, relative(path), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		pkg.files = append(pkg.files, file)
	}
	return pkg, nil
}

// relative is a path as seen from the working directory, if it lies there.
func relative(path string) string {
	if dir, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(dir, path); err == nil && !strings.HasPrefix(rel, "..") {
			return rel
		}
	}
	return path
}

// golang runs the go command. Its error has a line for each place.
func (s *structs) golang(ctx context.Context, verb string, args ...string) ([]byte, error) {
	if s.tags != "" { // an empty one would hide those of GOFLAGS
		args = append([]string{"-tags=" + s.tags}, args...)
	}
	args = append([]string{verb}, args...)
	cmd := exec.CommandContext(ctx, "go", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, errors.New("structs are read by building their package, and there is no go command in the PATH")
	}
	if err == nil {
		return out, nil
	}
	var mistakes []error
	for line := range strings.Lines(stderr.String()) {
		if line = strings.TrimRight(line, "\r\n"); line != "" && !strings.HasPrefix(line, "# ") {
			mistakes = append(mistakes, errors.New(strings.TrimPrefix(line, "./")))
		}
	}
	return nil, cmp.Or(errors.Join(mistakes...), err)
}

// programName is the directory of the program beneath the package's own. Neither exists but for the go command.
const programName = "coodie_command"

// programFiles are the source of the program.
//
//go:embed internal/program/connection.go internal/program/program.go
var programFiles embed.FS

// opener is a file for the user's package that opens the tables. Its names are none that a package would have.
func (s *structs) opener(pkg *goPackage) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "package %s\n\nimport (\n\tcoodie_library \"github.com/coodie-go/coodie\"\n\tcoodie_program %q\n)\n\n", pkg.Name, pkg.ImportPath+"/"+programName)
	if pkg.Name == "main" { // nobody can import it, so that it runs the program before its own main
		b.WriteString("func init() { coodie_program.Main(CoodieCommandOpen) }\n\n")
	} else {
		b.WriteString("var CoodieCommandMain = coodie_program.Main\n\n")
	}
	name := cmp.Or(s.open, "Tables")
	f := pkg.function(name)
	switch {
	case s.open != "" && len(s.types) > 0:
		return "", usageError{errors.New("--open and --types exclude each other")}
	case s.open != "" && f == nil:
		return "", usageError{fmt.Errorf("the package %s has no function %s", pkg.ImportPath, name)}
	case f != nil && len(s.types) == 0:
		if f.Type.Params.NumFields() != 1 || f.Type.Results.NumFields() != 2 {
			return "", fmt.Errorf("%s: %s is not func %s(db *coodie.DB) ([]coodie.AnyTable, error)", pkg.set.Position(f.Pos()), name, name)
		}
		fmt.Fprintf(&b, "func CoodieCommandOpen(coodie_db *coodie_library.DB) (interface{}, error) { return %s(coodie_db) }\n", name)
		return b.String(), nil
	}
	types := s.types
	for _, name := range types {
		if pkg.structs()[name] == nil {
			return "", usageError{fmt.Errorf("the package %s has no struct %s", pkg.ImportPath, name)}
		}
	}
	if len(types) == 0 {
		types = pkg.keyed()
	}
	if len(types) == 0 {
		return "", usageError{fmt.Errorf("the package %s has neither a function Tables nor a struct with a partition key: name a function by --open, or structs by --types", pkg.ImportPath)}
	}
	b.WriteString("func CoodieCommandOpen(coodie_db *coodie_library.DB) (interface{}, error) {\n\tvar coodie_list coodie_program.List\n")
	for _, name := range types {
		fmt.Fprintf(&b, "\tcoodie_program.Open[%s](coodie_db, &coodie_list)\n", name)
	}
	b.WriteString("\treturn &coodie_list, coodie_list.Err()\n}\n")
	return b.String(), nil
}

// build builds the program within the user's module. Its files stand in dir, and by an overlay beneath the package.
func (s *structs) build(ctx context.Context, pkg *goPackage, opener, dir string) (binary string, err error) {
	replace := map[string]string{}
	put := func(at, text string) {
		file := filepath.Join(dir, strconv.Itoa(len(replace))+".go")
		replace[filepath.Join(pkg.Dir, at)] = file
		err = errors.Join(err, os.WriteFile(file, []byte(text), 0o600))
	}
	put("a_"+programName+".go", opener) // the first file, so that its init comes first
	for _, name := range []string{"connection.go", "program.go"} {
		text, _ := programFiles.ReadFile("internal/program/" + name)
		put(filepath.Join(programName, name), string(text))
	}
	target := pkg.ImportPath
	if pkg.Name != "main" {
		target += "/" + programName + "/run"
		put(filepath.Join(programName, "run", "main.go"),
			fmt.Sprintf("package main\n\nimport tables %q\n\nfunc main() { tables.CoodieCommandMain(tables.CoodieCommandOpen) }\n", pkg.ImportPath))
	}
	overlay, failed := json.Marshal(map[string]any{"Replace": replace})
	file := filepath.Join(dir, "overlay.json")
	if err = errors.Join(err, failed, os.WriteFile(file, overlay, 0o600)); err != nil {
		return "", err
	}
	binary = filepath.Join(dir, "program.exe")
	_, err = s.golang(ctx, "build", "-overlay="+file, "-o", binary, target)
	return binary, err
}

// ask runs the program. What it prints itself goes to standard error.
func (s *structs) ask(ctx context.Context, binary, dir string) (answer program.Answer, err error) {
	file := filepath.Join(dir, "answer.json")
	request, err := json.Marshal(program.Request{Connection: s.app.config.Connection, Sync: s.sync, Strict: s.strict, Answer: file})
	if err != nil {
		return answer, err
	}
	cmd := exec.CommandContext(ctx, binary)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = s.app.config.Timeout
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(request), s.app.out.err, s.app.out.err
	if err := cmd.Run(); err != nil {
		return answer, fmt.Errorf("the program that reads the structs of %s failed: %w", s.pkg, err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return answer, err
	}
	return answer, json.Unmarshal(data, &answer)
}

// function is the function of that name, or nil.
func (p *goPackage) function(name string) *ast.FuncDecl {
	for _, file := range p.files {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == name {
				return f
			}
		}
	}
	return nil
}

// structs are the struct types of the package without type parameters, by name.
func (p *goPackage) structs() map[string]*ast.StructType {
	all := map[string]*ast.StructType{}
	for _, file := range p.files {
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range g.Specs {
				if t, ok := spec.(*ast.TypeSpec); ok && t.TypeParams == nil {
					if of, ok := t.Type.(*ast.StructType); ok {
						all[t.Name.Name] = of
					}
				}
			}
		}
	}
	return all
}

// keyed are the names of the structs with a partition key, also one of an embedded struct.
func (p *goPackage) keyed() (names []string) {
	all := p.structs()
	var keyed func(name string, depth int) bool
	keyed = func(name string, depth int) bool {
		of := all[name]
		return of != nil && depth < len(all) && slices.ContainsFunc(of.Fields.List, func(f *ast.Field) bool {
			if embedded, ok := f.Type.(*ast.Ident); ok && f.Names == nil && keyed(embedded.Name, depth+1) {
				return true
			}
			return gen.Keyed(cqlTag(f))
		})
	}
	embedded := map[string]bool{} // they are parts of tables
	for name, of := range all {
		if !keyed(name, 0) {
			continue
		}
		names = append(names, name)
		for _, f := range of.Fields.List {
			if part, ok := f.Type.(*ast.Ident); ok && f.Names == nil {
				embedded[part.Name] = true
			}
		}
	}
	slices.Sort(names)
	return slices.DeleteFunc(names, func(name string) bool { return embedded[name] })
}

func cqlTag(f *ast.Field) string {
	if f.Tag == nil {
		return ""
	}
	tag, _ := strconv.Unquote(f.Tag.Value)
	return reflect.StructTag(tag).Get("cql")
}

// field is where a field of a struct stands, or the struct if it has no such field; not valid of another package.
func (p *goPackage) field(pkg, of, name string) token.Position {
	s := p.structs()[of]
	if s == nil || pkg != p.ImportPath && pkg != "main" {
		return token.Position{}
	}
	at := s.Pos()
	for _, f := range s.Fields.List {
		for _, id := range f.Names {
			if id.Name == name {
				at = id.Pos()
			}
		}
	}
	return p.set.Position(at)
}

// located says where the fields of differences stand.
func (p *goPackage) located(tables []program.Table, list []coodie.Difference) []difference {
	out := []difference{}
	for _, d := range list {
		found := difference{Kind: d.Kind, Table: d.Table, Name: d.Name, Field: d.Field, Struct: d.Struct, Server: d.Server, CQL: d.CQL, Reason: d.Reason, text: d.String()}
		_, name, _ := strings.Cut(d.Table, ".")
		for _, t := range tables {
			if t.Name != name && t.Name != d.Table {
				continue
			}
			if at := p.field(t.Package, t.Struct, d.Field); at.IsValid() && found.File == "" {
				found.File, found.Line, found.Column = at.Filename, at.Line, at.Column
				found.text = at.String() + ": " + found.text
			}
		}
		out = append(out, found)
	}
	return out
}
