package migrate

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/coodie-go/coodie/internal/cqlparse"
	"github.com/coodie-go/coodie/migrate/internal/cqlfile"
)

// migration is a step of the schema's life, and the way back.
type migration struct {
	version  int64
	name     string
	up, down *source // down is nil if there is no way back
}

// source is one direction of a migration: a file, or a function.
type source struct {
	file       string
	sum        string // of the file
	statements []cqlfile.Statement
	call       GoFunc
}

// steps is how many steps the progress is counted in.
func (s *source) steps() int {
	if s.call != nil {
		return 1
	}
	return len(s.statements)
}

// sums are the checksums of the first n steps.
func (s *source) sums(n int) []string {
	sums := make([]string, 0, n)
	for i := range min(n, len(s.statements)) {
		sums = append(sums, s.statements[i].Sum)
	}
	return sums
}

// Step is a statement of a migration, or a Go function.
type Step struct {
	Version int64  `json:"version"`
	Name    string `json:"name"`
	Down    bool   `json:"down,omitempty"`
	Number  int    `json:"number"` // in its file, from 1
	Of      int    `json:"of"`
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	CQL     string `json:"cql,omitempty"` // "" of a Go function
	// Resumed says that the step may have been executed before: its outcome is looked at first.
	Resumed bool `json:"resumed,omitempty"`
}

// Position is file:line:column, or the name of a Go function's migration.
func (s Step) Position() string {
	if s.File == "" {
		return fmt.Sprintf("%04d_%s (Go)", s.Version, s.Name)
	}
	return position(s.File, s.Line, s.Column)
}

func (m *migration) source(down bool) *source {
	if down {
		return m.down
	}
	return m.up
}

// step is step i, from 0.
func (m *migration) step(down bool, i int) Step {
	src := m.source(down)
	s := Step{Version: m.version, Name: m.name, Down: down, Number: i + 1, Of: src.steps(), File: src.file}
	if src.call == nil && i < len(src.statements) {
		st := &src.statements[i]
		s.Line, s.Column, s.CQL = st.Line, st.Column, st.Text
	}
	return s
}

func (m *migration) file() string { return m.up.file }

// fileName is that of a migration. Python's coodie counts 20260115_001, which is one number here.
var fileName = regexp.MustCompile(`^(\d{8}_\d{3}|\d+)_([^.].*)\.(up|down)\.cql$`)

// read reads the migrations of a file system, in their order. All mistakes in the files are found at once.
func read(fsys fs.FS, functions []*migration) ([]*migration, error) {
	var all []*migration
	var mistakes []error
	if fsys != nil {
		entries, err := fs.ReadDir(fsys, ".")
		if err != nil {
			return nil, &Error{Kind: ErrFailed, Err: err, Advice: "give the directory that holds the migrations"}
		}
		all, mistakes = readFiles(fsys, entries)
	}
	for _, f := range functions {
		if at := slices.IndexFunc(all, func(m *migration) bool { return m.version == f.version }); at >= 0 {
			mistakes = append(mistakes, duplicate(all[at], f))
			continue
		}
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b *migration) int { return cmp.Compare(a.version, b.version) })
	mistakes = append(mistakes, gaps(all)...)
	return all, errors.Join(mistakes...)
}

func readFiles(fsys fs.FS, entries []fs.DirEntry) (all []*migration, mistakes []error) {
	byVersion := map[int64]*migration{}
	downs := map[int64]string{}
	for _, e := range entries {
		file := e.Name()
		if e.IsDir() || path.Ext(file) != ".cql" {
			continue
		}
		parts := fileName.FindStringSubmatch(file)
		if parts == nil {
			mistakes = append(mistakes, &Error{Kind: ErrName, File: file, Advice: "call it like 0001_create_users.up.cql, or keep it in another directory"})
			continue
		}
		version, err := strconv.ParseInt(strings.Replace(parts[1], "_", "", 1), 10, 64)
		if err != nil || version == 0 {
			mistakes = append(mistakes, &Error{Kind: ErrName, File: file, Advice: "number migrations from 1 to 9223372036854775807"})
			continue
		}
		m := byVersion[version]
		if m == nil {
			m = &migration{version: version, name: parts[2]}
			byVersion[version] = m
		}
		down := parts[3] == "down"
		if earlier := m.source(down); m.name != parts[2] || earlier != nil {
			other := &migration{version: version, name: parts[2], up: &source{file: file}}
			mistakes = append(mistakes, duplicate(m, other))
			continue
		}
		src, wrong := readFile(fsys, file)
		mistakes = append(mistakes, wrong...)
		if down {
			m.down, downs[version] = src, file
		} else {
			m.up = src
		}
	}
	for version, m := range byVersion {
		if m.up == nil {
			mistakes = append(mistakes, &Error{Kind: ErrName, Version: version, File: downs[version],
				Advice: "a way back needs a way there: add " + strings.TrimSuffix(downs[version], "down.cql") + "up.cql"})
			continue
		}
		all = append(all, m)
	}
	return all, mistakes
}

func duplicate(a, b *migration) error {
	first, second := a.up, b.up
	if first == nil {
		first = a.down
	}
	e := &Error{Kind: ErrDuplicate, Version: b.version, File: second.file, Advice: "give one of them a number of its own, greater than all others"}
	if first.file != "" {
		e.Err = fmt.Errorf("%s has number %d too", first.file, b.version)
	} else {
		e.Err = fmt.Errorf("the Go function %q has number %d too", a.name, b.version)
	}
	return e
}

// readFile reads a file, and refuses statements that make no sense in a migration.
func readFile(fsys fs.FS, file string) (*source, []error) {
	src := &source{file: file}
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		return src, []error{&Error{Kind: ErrFailed, File: file, Err: err}}
	}
	text := string(data)
	src.sum = cqlfile.Sum(text)
	src.statements, err = cqlfile.Parse(text)
	var mistakes []error
	for i := range src.statements {
		if advice := misplaced(src.statements[i].Statement); advice != "" {
			mistakes = append(mistakes, &Error{Kind: ErrSyntax, File: file, Line: src.statements[i].Line, Column: src.statements[i].Column, Advice: advice})
		}
	}
	var syntax *cqlfile.Error
	if errors.As(err, &syntax) {
		mistakes = append(mistakes, &Error{Kind: ErrSyntax, File: file, Line: syntax.Line, Column: syntax.Column, Err: errors.New(syntax.Msg)})
	}
	return src, mistakes
}

// misplaced says why a statement does not belong into a migration; "" if it does.
func misplaced(s cqlparse.Statement) string {
	switch s.(type) {
	case *cqlparse.Use:
		return "each statement may go to another connection: connect with the keyspace, or write keyspace.table"
	case *cqlparse.Select, *cqlparse.Describe, *cqlparse.ListPermissions, *cqlparse.ListRoles:
		return "a migration only writes; read in a Go function, or in a coodie:check"
	}
	if len(s.Header().Markers) > 0 {
		return "there is no value for a marker: write the value, or use a Go function"
	}
	return ""
}

// timestamped is where numbers are dates, between which others are missing naturally.
const timestamped = 10_000_000

// gaps looks for missing numbers.
func gaps(all []*migration) (mistakes []error) {
	for i, m := range all[:max(len(all)-1, 0)] {
		if next := all[i+1]; next.version != m.version+1 && next.version < timestamped {
			mistakes = append(mistakes, &Error{Kind: ErrGap, Version: next.version, File: next.file(), Err: fmt.Errorf("%d comes after %d", next.version, m.version),
				Advice: "count migrations 1, 2, 3, …, or use dates such as 20260131120000"})
		}
	}
	return mistakes
}
