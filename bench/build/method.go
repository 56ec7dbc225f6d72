package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// oneMore are copies of Limit under another name, so that they are written as other steps are. Query's reads are QuerySet's too.
var oneMore = map[string]string{
	"QuerySet": `package coodie

func (q *QuerySet[T]) LimitTwin(n int) *QuerySet[T] { return querySet[T](plainQuery(q).withLimit(n)) }`,
	"Query": `package coodie

func (q *Query[T]) LimitTwin(n int) *Query[T] { return (*Query[T])((*query)(q).withLimit(n)) }`,
}

// method measures what one method more on a type costs a program for a table, in bytes of code. The
// program has one table, since tables of the same columns share a part of the code, and those of a
// real program do not.
func (b *builder) method(of string) (bytes int64, err error) {
	const file = "one_method_more.go"
	if err := b.place(filepath.Join(b.coodie, file), []byte("package coodie")); err != nil {
		return 0, err
	}
	before, err := b.build("coodie", 1, 1)
	if err != nil {
		return 0, err
	}
	if err := b.place(filepath.Join(b.coodie, file), []byte(oneMore[of])); err != nil {
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
