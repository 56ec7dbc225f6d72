package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"text/template"
)

//go:embed programs/*.tmpl
var files embed.FS

var programs = template.Must(template.ParseFS(files, "programs/*.tmpl"))

// source writes the program on a library, with so many tables. No two are equal, so that no build of
// it is cached.
func source(library string, tables int) ([]byte, error) {
	var b bytes.Buffer
	err := programs.ExecuteTemplate(&b, library+".go.tmpl", struct {
		Tables  int
		Touched string
	}{tables, fmt.Sprint(rand.Uint64())})
	return b.Bytes(), err
}

// builder builds the programs where they are not: the go command finds them in an overlay of the
// bench module, which has all that they import. The checkout stays as it is.
type builder struct {
	dir           string // where the files are
	bench, coodie string // the modules
	overlay       map[string]string
}

func newBuilder() (*builder, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/coodie-go/coodie/bench", "github.com/coodie-go/coodie").Output()
	if err != nil {
		return nil, fmt.Errorf("run this in the bench module: %w", err)
	}
	modules := strings.Fields(string(out))
	dir, err := os.MkdirTemp("", "coodie-build")
	return &builder{dir: dir, bench: modules[0], coodie: modules[1], overlay: map[string]string{}}, err
}

func (b *builder) close() error { return os.RemoveAll(b.dir) }

// place has the go command see a file at path.
func (b *builder) place(path string, content []byte) error {
	file := filepath.Join(b.dir, fmt.Sprintf("%d.go", len(b.overlay)))
	if known, ok := b.overlay[path]; ok {
		file = known
	}
	b.overlay[path] = file
	list, err := json.Marshal(map[string]any{"Replace": b.overlay})
	return errors.Join(err, os.WriteFile(file, content, 0o644), os.WriteFile(b.list(), list, 0o644))
}

func (b *builder) list() string { return filepath.Join(b.dir, "overlay.json") }

// spent is what building a program took: CPU seconds of the go command and its children, and in bytes
// the memory of the largest of them, the size of the binary, and the code in the program's own package,
// whether or not the linker drops it.
type spent struct {
	cpu                float64
	peak, binary, code int64
}

// build compiles and links the program's package anew; the best of several times, because what else the
// machine does only adds.
func (b *builder) build(library string, tables, times int) (best spent, err error) {
	for i := range times {
		s, err := b.buildOnce(library, tables)
		if err != nil {
			return s, fmt.Errorf("the program on %s: %w", library, err)
		}
		if i == 0 || s.cpu < best.cpu {
			best = s
		}
	}
	best.code, err = b.code(library)
	return best, err
}

func (b *builder) buildOnce(library string, tables int) (spent, error) {
	text, err := source(library, tables)
	if err != nil {
		return spent{}, err
	}
	if err := b.place(filepath.Join(b.at(library), "main.go"), text); err != nil {
		return spent{}, err
	}
	binary := filepath.Join(b.dir, library)
	state, _, err := b.goCommand("build", "-p", "1", "-o", binary, b.at(library))
	if err != nil {
		return spent{}, err
	}
	file, err := os.Stat(binary)
	if err != nil {
		return spent{}, err
	}
	usage := state.SysUsage().(*syscall.Rusage)
	return spent{
		cpu:    (state.UserTime() + state.SystemTime()).Seconds(),
		peak:   usage.Maxrss << 10, // the kernel counts KiB
		binary: file.Size(),
	}, nil
}

// at is the directory in which the program on a library seems to be.
func (b *builder) at(library string) string {
	return filepath.Join(b.bench, "build", "program", library)
}

func (b *builder) goCommand(verb string, args ...string) (*os.ProcessState, []byte, error) {
	command := exec.Command("go", append([]string{verb, "-overlay", b.list()}, args...)...)
	command.Dir, command.Stderr = b.bench, os.Stderr
	out, err := command.Output()
	return command.ProcessState, out, err
}
