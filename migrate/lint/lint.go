// Package lint checks files of CQL, be they migrations or the queries of a program.
//
// The rules are:
//
//	syntax           the file is no CQL, or a migration without statements; it cannot be silenced
//	destructive      a statement destroys data: DROP, TRUNCATE
//	allow-filtering  a SELECT reads rows that it drops, of all partitions perhaps
//	dropped-name     a statement uses a column or table that was dropped or renamed before
//	reused-name      a name is used again: made after it was dropped, or, in one file, dropped after it was made or its option
//	                 set twice. A change of the schema that is executed late would undo the second one
//	lwt-plain        a plain write of a table that is written by LWT too: the two are not ordered
//	unknown-outcome  a data statement that can be neither repeated nor judged, if its answer is lost
//
// A comment on a line of its own before a statement silences rules for it:
//
//	-- coodie:allow destructive
//	DROP TABLE visits;
//
// users and app.users are one table, unless the files have a table users in another keyspace too.
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
	l := linter{keyspaces: map[string]map[string]bool{}, dropped: map[string]dropped{}, lwt: map[string]Finding{}}
	parsed := make([]parsed, len(files))
	for i, f := range files {
		text, err := fs.ReadFile(fsys, f.name)
		if err != nil {
			return nil, err
		}
		parsed[i].File, parsed[i].err = cqlfile.Parse(string(text))
		l.qualify(parsed[i].Statements)
	}
	for i, f := range files {
		l.file = f
		l.read(parsed[i])
	}
	l.compare()
	slices.SortStableFunc(l.findings, func(a, b Finding) int {
		return cmp.Or(slices.IndexFunc(files, named(a.File))-slices.IndexFunc(files, named(b.File)), a.Line-b.Line, a.Column-b.Column)
	})
	return l.findings, nil
}

// parsed is a file, or what of it could be read.
type parsed struct {
	cqlfile.File
	err error
}

type file struct {
	name    string
	version int64 // of a migration
	down    bool
}

// others is the version of files that are no migrations: they come last.
const others = 1<<63 - 1

func named(name string) func(file) bool { return func(f file) bool { return f.name == name } }

var migration = regexp.MustCompile(`^(\d{8}_\d{3}|\d{1,18})_.*\.(up|down)\.cql$`)

// list are the files, in their order.
func list(fsys fs.FS) (files []file, err error) {
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".cql" {
			return err
		}
		f := file{name: name, version: others}
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

	keyspaces map[string]map[string]bool // of the names of tables and the like
	dropped   map[string]dropped         // by name
	begun     map[string]string          // where the file makes a name, or sets an option
	lwt       map[string]Finding         // the first LWT of a table
	plain     []plain
}

// qualify notes the keyspaces of the names in statements.
func (l *linter) qualify(statements []cqlfile.Statement) {
	note := func(n cqlparse.QualifiedName) {
		if n.IsZero() || n.Keyspace.IsZero() {
			return
		}
		if l.keyspaces[n.Name.Name] == nil {
			l.keyspaces[n.Name.Name] = map[string]bool{}
		}
		l.keyspaces[n.Name.Name][n.Keyspace.Name] = true
	}
	for _, s := range statements {
		for _, u := range uses(s.Statement) {
			note(u.table)
		}
		_, makes, drops := changes(s.Statement)
		for _, n := range slices.Concat(makes, drops) {
			note(n.in)
		}
	}
}

// key is a name for maps: without its keyspace if there is only one that can be meant.
func (l *linter) key(n cqlparse.QualifiedName) string {
	if len(l.keyspaces[n.Name.Name]) < 2 {
		n.Keyspace = cqlparse.Identifier{}
	}
	n.Keyspace.Quoted, n.Name.Quoted = false, false
	return n.String()
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

func (l *linter) read(f parsed) {
	l.begun = map[string]string{}
	for i := range f.Statements {
		l.current = &f.Statements[i]
		l.statement()
	}
	broken := &cqlfile.Error{Line: 1, Column: 1, Msg: "the migration has no statement: write what it does, or -- coodie:empty"}
	isEmpty := l.file.version < others && !l.file.down && len(f.Statements) == 0 && !f.Empty
	if errors.As(f.err, &broken) || isEmpty {
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
	if l.file.version == others || s.Check != "" {
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
				l.plain = append(l.plain, plain{l.key(table), f})
			}
		} else if _, known := l.lwt[l.key(table)]; !known {
			l.lwt[l.key(table)] = f
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

// name is what it uses.
func (u use) name() name {
	if u.column.IsZero() {
		return name{"table", u.table, u.column, u.pos}
	}
	return name{"column", u.table, u.column, u.pos}
}

func (l *linter) use(u use) {
	if d, gone := l.dropped[l.id(u.name())]; gone {
		l.add(u.pos, DroppedName, "%s was %s at %s", u.name(), d.how, d.at)
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

// name is a name that a statement makes or drops, or the option that it sets.
type name struct {
	kind   string // table, type, index, view, trigger, column, field, option
	in     cqlparse.QualifiedName
	member cqlparse.Identifier // a column, field, option or trigger; zero: the thing itself
	pos    cqlparse.Pos
}

func (n name) String() string {
	switch {
	case n.member.IsZero():
		return n.kind + " " + n.in.String()
	case n.kind == "field":
		return "field " + n.member.String() + " of type " + n.in.String()
	}
	return n.kind + " " + n.member.String() + " of table " + n.in.String()
}

// id is a name for maps.
func (l *linter) id(n name) string {
	kind := n.kind
	if kind == "view" {
		kind = "table" // they share their names
	}
	return kind + " " + l.key(n.in) + " " + cqlparse.Identifier{Name: n.member.Name}.String()
}

// changes are the names that a statement makes and drops. A renamed one is both.
func changes(s cqlparse.Statement) (renamed bool, makes, drops []name) {
	whole := func(kind string, n cqlparse.QualifiedName) []name { return []name{{kind: kind, in: n, pos: n.Pos}} }
	switch s := s.(type) {
	case *cqlparse.CreateTable:
		makes = whole("table", s.Table)
	case *cqlparse.DropTable:
		drops = whole("table", s.Table)
	case *cqlparse.CreateView:
		makes = whole("view", s.Name)
	case *cqlparse.DropView:
		drops = whole("view", s.Name)
	case *cqlparse.CreateType:
		makes = whole("type", s.Name)
	case *cqlparse.DropType:
		drops = whole("type", s.Name)
	case *cqlparse.CreateIndex:
		if !s.Name.IsZero() {
			makes = whole("index", cqlparse.QualifiedName{Pos: s.Pos, Keyspace: s.Table.Keyspace, Name: s.Name})
		}
	case *cqlparse.DropIndex:
		drops = whole("index", s.Name)
	case *cqlparse.CreateTrigger:
		makes = []name{{"trigger", s.Table, s.Name, s.Pos}}
	case *cqlparse.DropTrigger:
		drops = []name{{"trigger", s.Table, s.Name, s.Pos}}
	case *cqlparse.AlterType:
		if s.Op == cqlparse.AlterAddField {
			makes = []name{{"field", s.Name, s.Field.Name, s.Field.Pos}}
		}
		renamed = len(s.Renames) > 0
		for _, r := range s.Renames {
			makes, drops = append(makes, name{"field", s.Name, r.To, r.To.Pos}), append(drops, name{"field", s.Name, r.From, r.From.Pos})
		}
	case *cqlparse.AlterTable:
		for _, c := range s.Columns {
			if s.Op == cqlparse.AlterAddColumns {
				makes = append(makes, name{"column", s.Table, c.Name, c.Pos})
			}
		}
		for _, c := range s.Drops {
			drops = append(drops, name{"column", s.Table, c, c.Pos})
		}
		renamed = len(s.Renames) > 0
		for _, r := range s.Renames {
			makes, drops = append(makes, name{"column", s.Table, r.To, r.To.Pos}), append(drops, name{"column", s.Table, r.From, r.From.Pos})
		}
	}
	return renamed, makes, drops
}

// change notes the names that a statement makes and drops, and the options that it sets.
func (l *linter) change(s cqlparse.Statement) {
	at := fmt.Sprintf("%s:%d", l.file.name, l.current.Line)
	renamed, makes, drops := changes(s)
	for _, n := range makes {
		id := l.id(n)
		d, gone := l.dropped[id]
		switch {
		case gone && !renamed && d.how == "dropped":
			l.add(n.pos, ReusedName, "%s was dropped at %s: a DROP that is executed late drops it again; use another name", n, d.at)
		case gone && renamed && d.how != "dropped":
			l.add(n.pos, ReusedName, "%s was %s at %s: a RENAME that is executed late renames it again; use another name", n, d.how, d.at)
		}
		delete(l.dropped, id)
		l.begun[id] = at
		if member := map[string]string{"table": "column ", "type": "field "}[n.kind]; member != "" {
			for key := range l.dropped {
				if strings.HasPrefix(key, member+l.key(n.in)+" ") {
					delete(l.dropped, key) // of another table
				}
			}
		}
	}
	for i, n := range drops {
		id := l.id(n)
		if made, ok := l.begun[id]; ok && !renamed {
			l.add(n.pos, ReusedName, "%s is made at %s: a statement there that is executed late makes it again; leave both out, or drop it in a later migration", n, made)
		}
		d := dropped{at, "dropped"}
		if renamed {
			d.how = "renamed to " + makes[i].member.String()
		}
		l.dropped[id] = d
	}
	for _, n := range options(s) {
		if set, ok := l.begun[l.id(n)]; ok {
			l.add(n.pos, ReusedName, "%s is set at %s too: that statement, executed late, sets it again; set it once", n, set)
		}
		l.begun[l.id(n)] = at
	}
}

// options are those that a statement changes.
func options(s cqlparse.Statement) (set []name) {
	var of cqlparse.QualifiedName
	var all []*cqlparse.Property
	switch s := s.(type) {
	case *cqlparse.AlterTable:
		of, all = s.Table, s.Options
	case *cqlparse.AlterView:
		of, all = s.Name, s.Options
	}
	for _, o := range all {
		set = append(set, name{"option", of, o.Name, o.Pos})
	}
	return set
}
