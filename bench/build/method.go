package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// method measures what one method more on QuerySet costs a program for a table, in bytes of code. The
// method is a copy of Limit, so that it is written as the others are. The program has one table, since
// tables of the same columns share a part of the code, and those of a real program do not.
func (b *builder) method() (bytes int64, err error) {
	before, err := b.build("coodie", 1, 1)
	if err != nil {
		return 0, err
	}
	source, err := twin(b.coodie, "QuerySet", "Limit")
	if err != nil {
		return 0, err
	}
	if err := b.place(filepath.Join(b.coodie, "one_method_more.go"), source); err != nil {
		return 0, err
	}
	after, err := b.build("coodie", 1, 1)
	return after.code - before.code, err
}

// code is how many bytes of code the package of the program has that was built last.
func (b *builder) code(library string) (bytes int64, err error) {
	_, out, err := b.goCommand("list", "-export", "-f", "{{.Export}}", b.at(library))
	if err != nil {
		return 0, err
	}
	symbols, err := exec.Command("go", "tool", "nm", "-size", strings.TrimSpace(string(out))).Output()
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(symbols)) {
		// address, size, type, name
		if f := strings.Fields(line); len(f) > 3 && strings.EqualFold(f[2], "t") {
			n, err := strconv.ParseInt(f[1], 10, 64)
			if err != nil {
				return 0, fmt.Errorf("go tool nm says %q: %w", line, err)
			}
			bytes += n
		}
	}
	return bytes, nil
}

// twin returns a source file with a copy of a method of the package in dir, under another name.
func twin(dir, receiver, method string) ([]byte, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	files := token.NewFileSet()
	for _, name := range names {
		file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Name.Name != method || f.Recv == nil || base(f.Recv.List[0].Type) != receiver {
				continue
			}
			f.Name.Name, f.Doc = method+"Twin", nil
			var out bytes.Buffer
			fmt.Fprintf(&out, "package %s\n\n", file.Name)
			err := printer.Fprint(&out, files, f)
			return out.Bytes(), err
		}
	}
	return nil, fmt.Errorf("%w: a method %s of %s", fs.ErrNotExist, method, receiver)
}

// base is the name of a receiver's type.
func base(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return base(t.X)
	case *ast.IndexExpr:
		return base(t.X)
	case *ast.IndexListExpr:
		return base(t.X)
	case *ast.Ident:
		return t.Name
	}
	return ""
}
