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
	empty      bool           // declared to have none
	noWayBack  *cqlfile.Error // declared of a .down.cql
	call       GoFunc
}

// unfilled says whether it is a file that has no statement yet.
func (s *source) unfilled() bool { return s.call == nil && len(s.statements) == 0 && !s.empty }

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
	CQL     string `json:"cql,omitempty"` // "" of a Go function; a password in it is '***'
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
		s.Line, s.Column, s.CQL = st.Line, st.Column, cqlparse.Redact(st.Text)
	}
	return s
}

func (m *migration) file() string {
	if m == nil { // taken as applied by Baseline, before there were files
		return ""
	}
	return m.up.file
}

// irreversible is why a migration cannot be reverted, or nil.
func (m *migration) irreversible() error {
	e := &Error{Kind: ErrNoWayBack, Version: m.version, File: m.file()}
	switch d := m.down; {
	case d == nil:
		e.Advice = "write a .down.cql for it, or a migration that undoes it"
	case d.noWayBack != nil:
		e.File, e.Line, e.Column, e.Advice = d.file, d.noWayBack.Line, d.noWayBack.Column, "undo it there and take coodie:no-way-back out, or write a migration that undoes it"
		if d.noWayBack.Msg != "" {
			e.Err = errors.New(d.noWayBack.Msg)
		}
	case d.unfilled():
		e.File, e.Err, e.Advice = d.file, ErrEmpty, "write the statements that undo the migration, or -- coodie:empty if there is nothing to undo"
	default:
		return nil
	}
	return e
}

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

// missing says that there would be nothing to do, although files were given: they are in another directory, or
// not filled in.
func missing(fsys fs.FS, all []*migration) error {
	var mistakes []error
	for _, m := range all {
		if m.up.unfilled() {
			mistakes = append(mistakes, &Error{Kind: ErrEmpty, Version: m.version, File: m.file(),
				Advice: "write what it does, or -- coodie:empty on a line of its own if that is nothing"})
		}
	}
	inFiles := func(m *migration) bool { return m.file() != "" }
	if fsys == nil || slices.ContainsFunc(all, inFiles) {
		return errors.Join(mistakes...)
	}
	count, first := map[string]int{}, ""
	_ = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error { // a directory that cannot be read has none
		if err == nil && !d.IsDir() && fileName.MatchString(path.Base(name)) {
			first = cmp.Or(first, path.Dir(name))
			count[path.Dir(name)]++
		}
		return nil
	})
	switch e := (&Error{Kind: ErrNoFiles}); {
	case first != "":
		e.Err = fmt.Errorf("the top directory has no files of migrations, and %s has %d", first, count[first])
		e.Advice = fmt.Sprintf("give that directory: fs.Sub(files, %q), or --dir", first)
		return e
	case len(all) == 0:
		e.Advice = "the first file is called like 0001_create_users.up.cql"
		return e
	}
	return nil
}

func readFiles(fsys fs.FS, entries []fs.DirEntry) (all []*migration, mistakes []error) {
	byVersion := map[int64]*migration{}
	downs := map[int64]string{}
	for _, e := range entries {
		file := e.Name()
		if e.IsDir() || !strings.EqualFold(path.Ext(file), ".cql") {
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
		if src.noWayBack != nil && !down {
			mistakes = append(mistakes, &Error{Kind: ErrSyntax, File: file, Line: src.noWayBack.Line, Column: src.noWayBack.Column, Advice: "coodie:no-way-back belongs into the .down.cql"})
		}
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
		src.empty = true // or not: nobody knows
		return src, []error{&Error{Kind: ErrFailed, File: file, Err: err}}
	}
	text := string(data)
	src.sum = cqlfile.Sum(text)
	parsed, err := cqlfile.Parse(text)
	src.statements, src.empty, src.noWayBack = parsed.Statements, parsed.Empty, parsed.NoWayBack
	var mistakes []error
	for i := range src.statements {
		if advice := misplaced(src.statements[i].Statement); advice != "" {
			mistakes = append(mistakes, &Error{Kind: ErrSyntax, File: file, Line: src.statements[i].Line, Column: src.statements[i].Column, Advice: advice})
		}
	}
	var syntax *cqlfile.Error
	if errors.As(err, &syntax) {
		src.empty = true // see above
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
