// Package lint checks files of CQL, be they migrations or the queries of a program.
//
// The rules are:
//
//	syntax           the file is no CQL; it cannot be silenced
//	destructive      a statement destroys data: DROP, TRUNCATE
//	allow-filtering  a SELECT reads rows that it drops, of all partitions perhaps
//	dropped-name     a statement uses a column or table that was dropped or renamed before
//	reused-name      a column or table is made under a name that was dropped before: a DROP that comes late drops it again
//	lwt-plain        a plain write of a table that is written by LWT too: the two are not ordered
//	unknown-outcome  a data statement that can be neither repeated nor judged, if its answer is lost
//
// A comment on a line of its own before a statement silences rules for it:
//
//	-- coodie:allow destructive
//	DROP TABLE visits;
package lint

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

// The names of the rules.
const (
	Syntax         = "syntax"
	Destructive    = "destructive"
	AllowFiltering = "allow-filtering"
	DroppedName    = "dropped-name"
	ReusedName     = "reused-name"
	LWTPlain       = "lwt-plain"
	UnknownOutcome = "unknown-outcome"
)

var rules = []string{Syntax, Destructive, AllowFiltering, DroppedName, ReusedName, LWTPlain, UnknownOutcome}

// Finding is a place that violates a rule.
type Finding struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Rule    string `json:"rule"`
	Message string `json:"message"`
}

func (f Finding) String() string {
	return fmt.Sprintf("%s:%d:%d: %s [%s]", f.File, f.Line, f.Column, f.Message, f.Rule)
}

// Lint checks all .cql files of a file system, those in directories too. Migrations are read in the order of their numbers, and
// other files after them, as the queries that are run on the schema that they leave. The rules that need an
// order leave the .down.cql out. An error says that a file could not be read.
func Lint(fsys fs.FS) ([]Finding, error) {
	files, err := list(fsys)
	if err != nil {
		return nil, err
	}
	l := linter{dropped: map[string]dropped{}, lwt: map[string]Finding{}}
	for _, f := range files {
		text, err := fs.ReadFile(fsys, f.name)
		if err != nil {
			return nil, err
		}
		l.file = f
		l.read(string(text))
	}
	l.compare()
	slices.SortStableFunc(l.findings, func(a, b Finding) int {
		return cmp.Or(slices.IndexFunc(files, named(a.File))-slices.IndexFunc(files, named(b.File)), a.Line-b.Line, a.Column-b.Column)
	})
	return l.findings, nil
}

type file struct {
	name    string
	version int64 // of a migration; others come last
	down    bool
}

func named(name string) func(file) bool { return func(f file) bool { return f.name == name } }

var migration = regexp.MustCompile(`^(\d{8}_\d{3}|\d{1,18})_.*\.(up|down)\.cql$`)

// list are the files, in their order.
func list(fsys fs.FS) (files []file, err error) {
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".cql" {
			return err
		}
		f := file{name: name, version: 1<<63 - 1}
		if parts := migration.FindStringSubmatch(path.Base(name)); parts != nil {
			if n, err := strconv.ParseInt(strings.Replace(parts[1], "_", "", 1), 10, 64); err == nil {
				f.version, f.down = n, parts[2] == "down"
			}
		}
		files = append(files, f)
		return nil
	})
	slices.SortStableFunc(files, func(a, b file) int { return cmp.Or(cmp.Compare(a.version, b.version), cmp.Compare(a.name, b.name)) })
	return files, err
}

// dropped is where a name was dropped or renamed.
type dropped struct {
	at  string
	how string
}

type linter struct {
	file     file
	current  *cqlfile.Statement
	findings []Finding

	dropped map[string]dropped // by table, or table and column
	lwt     map[string]Finding // the first LWT of a table
	plain   []plain
}

// plain is a plain write of a table. Whether it is a finding is known at the end.
type plain struct {
	table string
	Finding
}

func (l *linter) add(pos cqlparse.Pos, rule, format string, args ...any) {
	if f := l.at(pos, rule); !l.allowed(rule) {
		f.Message = fmt.Sprintf(format, args...)
		l.findings = append(l.findings, f)
	}
}

func (l *linter) at(pos cqlparse.Pos, rule string) Finding {
	return Finding{File: l.file.name, Line: pos.Line, Column: pos.Col + 1, Rule: rule}
}

func (l *linter) allowed(rule string) bool { return slices.Contains(l.current.Allow, rule) }

func (l *linter) read(text string) {
	statements, err := cqlfile.Parse(text)
	for i := range statements {
		l.current = &statements[i]
		l.statement()
	}
	var broken *cqlfile.Error
	if errors.As(err, &broken) {
		l.findings = append(l.findings, Finding{File: l.file.name, Line: broken.Line, Column: broken.Column, Rule: Syntax, Message: broken.Msg})
	}
}

// statement checks the current one.
func (l *linter) statement() {
	s := l.current
	for _, rule := range s.Allow {
		if !slices.Contains(rules, rule) {
			l.findings = append(l.findings, Finding{File: l.file.name, Line: s.Line, Column: s.Column, Rule: Syntax,
				Message: fmt.Sprintf("coodie:allow %s: there is no such rule; the rules are %s", rule, strings.Join(rules[1:], ", "))})
		}
	}
	l.filtering()
	l.repeats()
	if l.file.down {
		return
	}
	if what := cqlfile.Destroys(s.Statement); what != "" {
		l.add(s.Header().Pos, Destructive, "destroys %s", what)
	}
	for _, u := range uses(s.Statement) {
		l.use(u)
	}
	l.writes(s.Statement)
	l.change(s.Statement)
}

func (l *linter) filtering() {
	const message = "ALLOW FILTERING reads rows to drop them; filter by the partition key, or add an index or a table that is made for the query"
	if s, ok := l.current.Statement.(*cqlparse.Select); ok && s.AllowFiltering {
		l.add(s.Pos, AllowFiltering, message)
	}
}

// repeats looks for data statements whose unknown outcome would stop a migration.
func (l *linter) repeats() {
	s := l.current
	switch s.Statement.(type) {
	case *cqlparse.Insert, *cqlparse.Update, *cqlparse.Delete, *cqlparse.Batch, *cqlparse.Truncate:
	default:
		return
	}
	if l.file.version == 1<<63-1 || s.Check != "" {
		return
	}
	if safe, reason := s.Replay(); !safe {
		l.add(s.Header().Pos, UnknownOutcome, "if the answer is lost, Up stops here: %s; give it a coodie:check, or declare it coodie:repeatable", reason)
	}
}

// writes notes who writes a table by LWT, and who does not.
func (l *linter) writes(s cqlparse.Statement) {
	lwt := cqlparse.HasCondition(s)
	each := []cqlparse.Statement{s}
	if b, ok := s.(*cqlparse.Batch); ok {
		each = b.Statements
	}
	for _, w := range each {
		var table cqlparse.QualifiedName
		switch w := w.(type) {
		case *cqlparse.Insert:
			table = w.Table
		case *cqlparse.Update:
			table = w.Table
		case *cqlparse.Delete:
			table = w.Table
		default:
			continue
		}
		f := l.at(w.Header().Pos, LWTPlain)
		if !lwt {
			if !l.allowed(LWTPlain) {
				l.plain = append(l.plain, plain{table.String(), f})
			}
		} else if _, known := l.lwt[table.String()]; !known {
			l.lwt[table.String()] = f
		}
	}
}

// compare finds the plain writes of tables that are written by LWT.
func (l *linter) compare() {
	for _, p := range l.plain {
		if lwt, ok := l.lwt[p.table]; ok {
			p.Message = fmt.Sprintf("a plain write of table %s, which is written by LWT at %s:%d: the two are not ordered; give this one a condition too", p.table, lwt.File, lwt.Line)
			l.findings = append(l.findings, p.Finding)
		}
	}
}

// use is a table, or a column of it, that a statement uses.
type use struct {
	table  cqlparse.QualifiedName
	column cqlparse.Identifier // zero: the table itself
	pos    cqlparse.Pos
}

func (u use) key() string {
	if u.column.IsZero() {
		return u.table.String()
	}
	return u.table.String() + " " + u.column.String()
}

func (l *linter) use(u use) {
	d, gone := l.dropped[u.key()]
	switch {
	case !gone:
	case u.column.IsZero():
		l.add(u.pos, DroppedName, "table %s was %s at %s", u.table, d.how, d.at)
	default:
		l.add(u.pos, DroppedName, "column %s of table %s was %s at %s", u.column, u.table, d.how, d.at)
	}
}

// uses are the tables and columns that a statement uses.
func uses(s cqlparse.Statement) (all []use) {
	var table cqlparse.QualifiedName
	column := func(i cqlparse.Identifier, pos cqlparse.Pos) {
		if !i.IsZero() {
			all = append(all, use{table, i, pos})
		}
	}
	identifiers := func(names []cqlparse.Identifier) {
		for _, n := range names {
			column(n, n.Pos)
		}
	}
	relations := func(where []*cqlparse.Relation) {
		for _, r := range where {
			identifiers(r.Columns)
		}
	}
	conditions := func(conds []*cqlparse.Condition) {
		for _, c := range conds {
			column(c.Column, c.Pos)
		}
	}
	refs := func(n cqlparse.Node) {
		cqlparse.Walk(n, func(n cqlparse.Node) bool {
			if c, ok := n.(*cqlparse.ColumnRef); ok {
				column(c.Name, c.Pos)
			}
			return true
		})
	}
	begin := func(t cqlparse.QualifiedName) {
		table = t
		all = append(all, use{table: t, pos: t.Pos})
	}
	switch s := s.(type) {
	case *cqlparse.Select:
		begin(s.From)
		for _, x := range s.Selectors {
			refs(x)
		}
		relations(s.Where)
		for _, o := range s.OrderBy {
			column(o.Column, o.Pos)
		}
		for _, g := range s.GroupBy {
			refs(g)
		}
	case *cqlparse.Insert:
		begin(s.Table)
		identifiers(s.Columns)
	case *cqlparse.Update:
		begin(s.Table)
		for _, a := range s.Assignments {
			column(a.Column, a.Pos)
		}
		relations(s.Where)
		conditions(s.If)
	case *cqlparse.Delete:
		begin(s.Table)
		for _, d := range s.Columns {
			column(d.Column, d.Pos)
		}
		relations(s.Where)
		conditions(s.If)
	case *cqlparse.Batch:
		for _, inner := range s.Statements {
			all = append(all, uses(inner)...)
		}
	case *cqlparse.Truncate:
		begin(s.Table)
	case *cqlparse.CreateIndex:
		begin(s.Table)
		for _, t := range s.Targets {
			identifiers(t.Partition)
			column(t.Column, t.Pos)
		}
	case *cqlparse.CreateView:
		begin(s.Base)
		for _, x := range s.Selectors {
			refs(x)
		}
		relations(s.Where)
	case *cqlparse.AlterTable:
		begin(s.Table)
		if !s.IfColumnExists {
			identifiers(s.Drops)
			for _, r := range s.Renames {
				column(r.From, r.From.Pos)
			}
		}
	case *cqlparse.DropTable:
		if !s.IfExists {
			begin(s.Table)
		}
	}
	return all
}

// change notes the names that a statement drops, and those that it makes.
func (l *linter) change(s cqlparse.Statement) {
	at := fmt.Sprintf("%s:%d", l.file.name, l.current.Line)
	switch s := s.(type) {
	case *cqlparse.DropTable:
		l.dropped[use{table: s.Table}.key()] = dropped{at, "dropped"}
	case *cqlparse.CreateTable:
		l.made(use{table: s.Table, pos: s.Table.Pos})
		for key := range l.dropped {
			if strings.HasPrefix(key, s.Table.String()+" ") {
				delete(l.dropped, key) // it is another table
			}
		}
	case *cqlparse.AlterTable:
		for _, c := range s.Columns {
			if s.Op == cqlparse.AlterAddColumns {
				l.made(use{s.Table, c.Name, c.Pos})
			}
		}
		for _, name := range s.Drops {
			l.dropped[use{table: s.Table, column: name}.key()] = dropped{at, "dropped"}
		}
		for _, r := range s.Renames {
			l.dropped[use{table: s.Table, column: r.From}.key()] = dropped{at, "renamed to " + r.To.String()}
			delete(l.dropped, use{table: s.Table, column: r.To}.key())
		}
	}
}

// made notes that a name is in use.
func (l *linter) made(u use) {
	if d, gone := l.dropped[u.key()]; gone && d.how == "dropped" {
		what := "table " + u.table.String()
		if !u.column.IsZero() {
			what = "column " + u.column.String() + " of " + what
		}
		l.add(u.pos, ReusedName, "%s was dropped at %s: a DROP that is executed late drops it again; use another name", what, d.at)
	}
	delete(l.dropped, u.key())
}
