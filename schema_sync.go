package coodie

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/ddl"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/pace"
	"github.com/coodie-go/coodie/internal/stmt"
)

// AnyTable is a *Table, a *View or a *Variants, whatever its type parameters.
type AnyTable interface{ opened() *table }

//lint:ignore U1000 called through AnyTable, which staticcheck does not see of a generic type
func (t *Table[T]) opened() *table { return (*table)(t) }

//lint:ignore U1000 called through AnyTable, which staticcheck does not see of a generic type
func (v *View[T]) opened() *table { return (*table)(v) }

//lint:ignore U1000 called through AnyTable, which staticcheck does not see of a generic type
func (v *Variants[T, I]) opened() *table {
	if v == nil {
		return nil
	}
	return v.core.table
}

// Tables are tables, views and variants with the user-defined types and indexes that they need: see Schema.
// It is immutable and safe for many goroutines.
type Tables struct {
	db     *DB
	tables []*table
	strict bool
}

// Schema is what tables need in the database, one table or all tables of a program: to make it, compare it, bring it
// up to date and remove it. It sends nothing. The tables are opened before, by Open, which sends nothing either.
//
//	tables := coodie.Schema(db, orders, ordersByDay, customers)
//	err := tables.Create(ctx)           // makes what is missing
//	changed, err := tables.Sync(ctx)    // and adds columns, fields, indexes and options to what is there
//	err = tables.Verify(ctx)            // a *MismatchError says what differs
//
// Statements go over db; nil is the DB of each table. It may be another session than the tables' own: that of a role
// that may change the schema. A table is in the keyspace that it was opened with, otherwise in that of db's session. Several
// structs of one table give it the columns of all.
func Schema(db *DB, tables ...AnyTable) *Tables {
	s := &Tables{db: db}
	for _, t := range tables {
		var of *table
		if t != nil {
			of = t.opened()
		}
		s.tables = append(s.tables, of)
	}
	return s
}

// Strict is the schema where Diff, Verify and Sync also report what only the server has: columns, fields,
// indexes, and tables, views and types of the keyspace.
func (s *Tables) Strict() *Tables {
	if s == nil {
		return nil
	}
	strict := *s
	strict.strict = true
	return &strict
}

// Difference is one between the structs and the server. String tells it on one line.
type Difference struct {
	// Kind is what differs: a "type", "field", "field type", "table", "view", "view filter", "column", "column type",
	// "column kind", "column position", "column order", "option", "index" or "index options".
	Kind   string
	Table  string // the table, view or user-defined type, as keyspace.name
	Name   string // the column, field, index or option; "" for the whole
	Field  string // the Go field, "" if there is none
	Struct string // what the struct says; "" if it does not have it
	Server string // what the server has; "" if it does not have it
	CQL    string // what would change the server; several statements are separated by "; "; "" if there is none
	Reason string // why Sync does not run it; "" if it does
}

// String is the difference in a line.
func (d Difference) String() string { return ddl.Difference(d).String() }

// MismatchError is what Verify found, and what Sync left: where the structs and the server differ.
type MismatchError struct{ Differences []Difference }

func (e *MismatchError) declaration() {}

// Error lists the differences, each with the CQL that would end it.
func (e *MismatchError) Error() string {
	s := "coodie: the schema of the server differs from the structs"
	for i, d := range e.Differences {
		if s += ":"; i > 0 {
			s = s[:len(s)-1]
		}
		s += "\n\t" + d.String()
		if d.Reason != "" {
			s += " (" + d.Reason + ")"
		}
	}
	return s
}

func mismatch(list []Difference) error {
	if len(list) == 0 {
		return nil
	}
	return &MismatchError{list}
}

// CQL is what Create runs, in its order. It needs no server. It is nil if the tables do not fit together; Create says why.
func (s *Tables) CQL() (out []string) {
	parts, err := s.parts("create", false)
	if err != nil {
		return nil
	}
	for _, p := range parts {
		out = append(out, p.Create()...)
	}
	return out
}

// Create makes what does not exist: user-defined types, tables, indexes, views, each after what it needs. It waits after
// each statement until all nodes agree on the schema. It changes nothing that exists: Sync does.
//
// Let one process do it: nodes that are asked to create the same table at the same
// time can disagree on it (CASSANDRA-5202).
func (s *Tables) Create(ctx context.Context) error {
	parts, err := s.parts("create", false)
	for _, p := range parts {
		for _, d := range p.Compare(new(ddl.Live), false) {
			if err := p.sends(d.Table).alter(ctx, "create", d.CQL); err != nil {
				return err
			}
		}
	}
	return err
}

// Drop removes the views, the tables with all their rows, and the user-defined types that nothing else in the keyspace uses,
// where they exist. It waits after each statement until all nodes agree on the schema.
func (s *Tables) Drop(ctx context.Context) error {
	parts, err := s.parts("drop", false)
	for _, p := range parts {
		live := new(ddl.Live)
		if len(p.Types) > 0 && p.Keyspace != "" {
			if live, err = p.live(ctx, "drop", true); err != nil {
				return err
			}
		}
		for _, statement := range p.Drop(live) {
			if err := p.tables[0].alter(ctx, "drop", statement); err != nil {
				return err
			}
		}
	}
	return err
}

// Diff compares the structs with the server: user-defined types and their fields, tables, columns with their types and
// kinds, the order of keys, indexes, views, and the options that were given by WithProperty and the like. What only the
// server has is no difference, unless it belongs to a key, or the schema is Strict.
func (s *Tables) Diff(ctx context.Context) ([]Difference, error) { return s.differences(ctx, "diff") }

func (s *Tables) differences(ctx context.Context, op string) ([]Difference, error) {
	var list []Difference
	parts, err := s.parts(op, true)
	for _, p := range parts {
		found, _, err := p.diff(ctx, op, s.strict)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, err
}

// DryRun is the CQL that Sync would run, in its order.
func (s *Tables) DryRun(ctx context.Context) ([]string, error) {
	list, err := s.Diff(ctx)
	var out []string
	for _, d := range list {
		if d.Reason == "" {
			out = append(out, d.CQL)
		}
	}
	return out, err
}

// Verify is Diff as an error: nil, or a *MismatchError with every difference.
func (s *Tables) Verify(ctx context.Context) error {
	list, err := s.differences(ctx, "verify")
	if err != nil {
		return err
	}
	return mismatch(list)
}

// Sync adds to the server what the structs have and it lacks: types, fields, tables, columns, indexes, views, and the given
// options. It waits before the first and after each statement until all nodes agree on the schema, and fails if they do not; at
// the end it waits until indexes and views are built. It returns what it has done.
//
// Nothing is removed or replaced. If such a difference is left, or an option that the server does not keep, the error is
// a *MismatchError with the CQL and the reason of each. Two processes may sync at once: what the other has added meanwhile is no error. If they may both have to create a
// table, let one begin, as for Create.
func (s *Tables) Sync(ctx context.Context) ([]Difference, error) {
	var done, left []Difference
	parts, err := s.parts("sync", true)
	for _, p := range parts {
		did, rest, err := p.sync(ctx, s.strict)
		done, left = append(done, did...), append(left, rest...)
		if err != nil {
			return done, err
		}
	}
	if err != nil {
		return nil, err
	}
	return done, mismatch(left)
}

// part is the part of a schema that is in one keyspace.
type part struct {
	*ddl.Schema
	tables []*table // on the schema's DB, if it has one
	opened []*table // as they were given
}

// parts are the tables by keyspace. A call that reads the schema needs its name.
func (s *Tables) parts(op string, named bool) ([]*part, error) {
	usage := func(table, reason string) error { return misuse(op, table, "", reason, nil) }
	switch {
	case s != nil && s.db != nil && s.db.sender == nil:
		return nil, usage("", "Schema needs a DB on a live session, or none")
	case s == nil || len(s.tables) == 0:
		return nil, usage("", "Schema got no tables")
	}
	var parts []*part
	byName := map[string]*part{}
	for _, t := range s.tables {
		if !t.ready() {
			return nil, usage("", "Schema got a nil table, or one that is a zero value; make it with Open")
		}
		on := t
		if s.db != nil {
			var err error
			if on, err = t.copyFor(s.db, t.keyspace); err != nil {
				return nil, err
			}
		}
		keyspace := on.ownKeyspace()
		if keyspace == "" && named {
			return nil, usage(t.schema.Name, "no keyspace is known; give the session one, or use WithKeyspace")
		}
		p := byName[keyspace]
		if p == nil {
			p = new(part)
			byName[keyspace], parts = p, append(parts, p)
		}
		p.tables, p.opened = append(p.tables, on), append(p.opened, t)
	}
	for _, p := range parts {
		all := make([]*ddl.Table, len(p.tables))
		for i, t := range p.tables {
			d := t.ddl()
			all[i] = &d
		}
		var err error
		if p.Schema, err = ddl.SchemaOf(p.tables[0].ownKeyspace(), all); err != nil {
			return nil, schemaError(err)
		}
	}
	return parts, nil
}

// sends is the table of that name, as keyspace.name; for a type the first one.
func (p *part) sends(name string) *table {
	first := p.tables[0]
	for _, t := range p.tables {
		if p.Keyspace+"."+t.settings.table == name {
			return t
		}
		if first.settings.viewOf != "" {
			first = t
		}
	}
	return first
}

// live reads what the server has: of the tables and types of the part, or of the whole keyspace.
func (p *part) live(ctx context.Context, op string, whole bool) (*ddl.Live, error) {
	t := p.tables[0]
	ctx, cancel := t.withDeadline(ctx)
	defer cancel()
	tables, types := p.Names()
	if whole {
		tables, types = nil, nil
	}
	return ddl.Load(func(query string, args []string, each func(map[string]any) error) error {
		return t.system(ctx, op, query, t.settings.consistency, args, each)
	}, p.Keyspace, tables, types)
}

func (p *part) diff(ctx context.Context, op string, strict bool) ([]Difference, *ddl.Live, error) {
	live, err := p.live(ctx, op, strict)
	if err != nil {
		return nil, nil, err
	}
	for i, t := range p.tables {
		if of := live.Tables[t.settings.table]; of != nil && of.Static() { // reads go by it: see stmt.RowMark
			t.schema.Statics.Store(true)
			p.opened[i].schema.Statics.Store(true)
		}
	}
	var list []Difference
	for _, d := range p.Compare(live, strict) {
		list = append(list, Difference(d))
	}
	return list, live, nil
}

// mostRounds is how often Sync compares again: once to do it, once to see that it is done, and once more for a type or
// table that another process has made meanwhile with less in it.
const mostRounds = 3

func (p *part) sync(ctx context.Context, strict bool) (done, left []Difference, err error) {
	var live *ddl.Live
	var kept []Difference // that were tried, and are as before
	if ended := driver.Ended(ctx); ended != nil {
		return nil, nil, queryError("sync", p.tables[0].schema.Name, "", &driver.NotSentError{Err: ended})
	}
	if err := p.agree(ctx); err != nil { // what one node shows is what all have
		return nil, nil, err
	}
	for range mostRounds {
		if left, live, err = p.diff(ctx, "sync", strict); err != nil {
			return done, nil, err
		}
		changed := false
		for i, d := range left {
			if d.Reason != "" {
				continue
			}
			if again := slices.Index(done, d); again >= 0 {
				done, kept = slices.Delete(done, again, again+1), append(kept, d)
			}
			if slices.Contains(kept, d) {
				left[i].Reason = whyKept
				continue
			}
			err := p.alter(ctx, strict, d)
			if err == nil || disagree(err) {
				done, changed = append(done, d), true
			}
			if err != nil {
				return done, nil, err
			}
		}
		if !changed {
			break
		}
	}
	return done, left, p.awaitBuilds(ctx, live)
}

// whyKept is the reason why Sync leaves what it has tried.
const whyKept = "the server has executed this and shows the same as before: it does not keep the value, or another process sets another one; give what the server shows, or nothing"

// alter settles a difference, and waits until all nodes know.
func (p *part) alter(ctx context.Context, strict bool, d Difference) error {
	err := p.sends(d.Table).alter(ctx, "sync", d.CQL)
	switch {
	case err == nil:
		return nil
	case !disagree(err) && !p.settled(ctx, strict, d):
		return err
	}
	if kind := KindOf(err); disagree(err) && kind != KindNoHost && kind != KindConnection {
		return err // it has waited
	}
	return p.agree(ctx)
}

// settled reports whether a difference is no more, although its statement failed: another process was first, or only
// the answer was lost.
func (p *part) settled(ctx context.Context, strict bool, d Difference) bool {
	var list []Difference
	err := connected(ctx, func() (err error) {
		list, _, err = p.diff(ctx, "sync", strict)
		return err
	})
	return err == nil && !slices.Contains(list, d)
}

// agree waits until all nodes have the same schema.
func (p *part) agree(ctx context.Context) error {
	t := p.tables[0]
	return connected(ctx, func() error {
		ctx, cancel := t.withDeadline(ctx)
		defer cancel()
		return t.disagreement(ctx, "sync", "", t.sender.AwaitSchema(ctx))
	})
}

// connected calls try again as long as the session has no connection, because it is about to connect again.
func connected(ctx context.Context, try func() error) error {
	const first, most = 20 * time.Millisecond, time.Second
	for wait := first; ; wait *= 2 {
		err := try()
		if kind := KindOf(err); err == nil || kind != KindNoHost && kind != KindConnection || wait > most || pace.Sleep(ctx, wait) != nil {
			return err
		}
	}
}

// awaitBuilds waits until the indexes and views are built.
func (p *part) awaitBuilds(ctx context.Context, live *ddl.Live) error {
	indexes := p.IndexNames(live)
	return awaitBuilt(ctx, p.Keyspace, longestBuild, func(waited time.Duration) (string, error) {
		return p.building(ctx, indexes, waited > goneAfter)
	})
}

// longestBuild is how long Sync waits for indexes and views, if its context does not end before.
const longestBuild = time.Hour

// awaitBuilt waits until nothing is pending.
func awaitBuilt(ctx context.Context, keyspace string, longest time.Duration, pending func(waited time.Duration) (string, error)) error {
	const most = time.Second
	for wait, begun := most/64, time.Now(); ; wait = min(2*wait, most) {
		name, err := pending(time.Since(begun))
		if err != nil || name == "" {
			return err
		}
		late := func(err error) error {
			return &Error{Kind: KindOther, Op: "sync", Table: keyspace, Err: fmt.Errorf("%s is not built yet: %w", name, err)}
		}
		if time.Since(begun) >= longest {
			return late(fmt.Errorf("Sync has waited for %v; the server goes on, and another Sync waits again", longest))
		}
		if err := pace.Sleep(ctx, wait); err != nil {
			return late(err)
		}
	}
}

// goneAfter is how long a node that says nothing of an index is waited for: it may be down.
const goneAfter = 10 * time.Second

// building names an index or view that is not built everywhere; "" if there is none.
func (p *part) building(ctx context.Context, indexes []string, without bool) (string, error) {
	t := p.tables[0]
	ctx, cancel := t.withDeadline(ctx)
	defer cancel()
	var status []string
	var built map[string]bool
	read := func(query string, args []string, column string, each func(string)) (known bool, err error) {
		err = t.system(ctx, "sync", query, driver.One, args, func(row map[string]any) error {
			s, _ := row[column].(string)
			each(s)
			return nil
		})
		if KindOf(err) == KindInvalid || KindOf(err) == KindUnavailable {
			return false, nil // this server has no such table
		}
		return err == nil, err
	}
	if len(indexes) > 0 {
		// The gossip has what each node says of its own part. Other servers tell of one node only.
		_, err := read("SELECT index_status FROM system_views.gossip_info", nil, "index_status", func(s string) {
			if s != "" {
				status = append(status, s)
			}
		})
		if err == nil && len(status) == 0 {
			names := map[string]bool{}
			known, failed := read(`SELECT index_name FROM system."IndexInfo" WHERE table_name = ?`, []string{p.Keyspace}, "index_name", func(s string) { names[s] = true })
			if err = failed; known {
				built = names
			}
		}
		if err != nil {
			return "", err
		}
	}
	for _, name := range indexes {
		state := ddl.Built
		if len(status) > 0 {
			state = ddl.IndexState(status, p.Keyspace, name, without)
		} else if built != nil && !built[name] {
			state = ddl.Building
		}
		switch state {
		case ddl.Building:
			return "index " + name, nil
		case ddl.Failed:
			return "", &Error{Kind: KindOther, Op: "sync", Table: p.Keyspace, Err: fmt.Errorf("a node could not build the index %s: see its log", name)}
		}
	}
	for _, v := range p.Views {
		started, pending := false, false
		known, err := read("SELECT status FROM system_distributed.view_build_status WHERE keyspace_name = ? AND view_name = ?", []string{p.Keyspace, v.Name}, "status", func(s string) {
			started, pending = true, pending || s != "SUCCESS"
		})
		if err != nil || known && (pending || !started && !without) {
			return "view " + v.Name, err
		}
	}
	return "", nil
}

// ddl is the table as its statements describe it.
func (t *table) ddl() ddl.Table {
	s := &t.settings
	return ddl.Table{Meta: t.schema.Meta, Keyspace: s.keyspace, Name: s.table, ViewOf: s.viewOf, Properties: s.properties}
}

// Truncate removes all rows of the table, on all nodes: it fails if one is down. It is
// for tests: LWTs under way may come after it or be lost.
func (t *Table[T]) Truncate(ctx context.Context) error { return (*table)(t).truncate(ctx) }

func (t *table) truncate(ctx context.Context) error {
	if !t.ready() {
		return noTable("truncate")
	}
	d := t.ddl()
	return t.alter(ctx, "truncate", d.Truncate())
}

// alter sends a statement that concerns the whole table.
func (t *table) alter(ctx context.Context, op, statement string) error {
	ctx, cancel := t.withDeadline(ctx)
	defer cancel()
	r := &driver.Request{Kind: driver.Schema, Statement: statement, Consistency: t.settings.consistency}
	ctx, w := t.begin(ctx, op, EventDDL, r)
	defer w.left(nil)
	err := t.failure(op, r, driver.Exec(ctx, t.sender, r))
	if err == nil {
		err = t.disagreement(ctx, op, statement, t.sender.AwaitSchema(ctx))
	}
	w.end(OutcomeDone, err, func(e *Event) { e.Warning = t.warns(r) })
	return err
}

// errDisagree is within the error of a statement that was executed.
var errDisagree = errors.New("the nodes do not agree on the schema")

func disagree(err error) bool { return errors.Is(err, errDisagree) }

// disagreement is the error of AwaitSchema. It tells which nodes have which version, if they can be asked.
func (t *table) disagreement(ctx context.Context, op, statement string, err error) error {
	if err == nil {
		return nil
	}
	told := errDisagree
	if nodes := t.schemaVersions(ctx, op); nodes != "" {
		told = fmt.Errorf("%w: %s", errDisagree, nodes)
	}
	return queryError(op, t.schema.Name, statement, fmt.Errorf("%w; see whether a node is down, and try again: %w", told, err))
}

// schemaVersions lists the nodes by the version of the schema that they have, as far as those that are asked know.
func (t *table) schemaVersions(ctx context.Context, op string) string {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ""
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	nodes := map[string][]string{}
	for _, query := range []string{
		"SELECT broadcast_address AS address, schema_version FROM system.local",
		"SELECT peer AS address, schema_version FROM system.peers",
	} {
		_ = t.system(ctx, op, query, driver.One, nil, func(row map[string]any) error {
			address, version := fmt.Sprint(row["address"]), fmt.Sprint(row["schema_version"])
			if !slices.Contains(nodes[version], address) {
				nodes[version] = append(nodes[version], address)
			}
			return nil
		})
	}
	var groups []string
	for version, addresses := range nodes {
		slices.Sort(addresses)
		groups = append(groups, strings.Join(addresses, ", ")+" with version "+version)
	}
	slices.Sort(groups)
	return strings.Join(groups, "; ")
}

func withProperty(name, value string, mistake error) TableOption {
	return withProperties(ddl.Property{Name: name, Value: value}, mistake)
}

func withProperties(p ddl.Property, mistake error) TableOption {
	return tableOption(func(s *settings) {
		s.properties = append(s.properties, p)
		if s.broken == nil {
			s.broken = mistake
		}
	})
}

// WithDefaultTTL is the table's default_time_to_live: what is written without a TTL
// expires after d, rounded up to whole seconds. WithTTL(0) makes a write without expiry.
//
// It counts from the write of each value, not of the row: an Update gives only what it
// writes a new lease of life. Sync sets it, and Verify compares it with the live table.
func WithDefaultTTL(d time.Duration) TableOption {
	var mistake error
	if d < 0 || d > stmt.MaxTTL {
		mistake = fmt.Errorf("a default TTL is between 0, which is none, and 20 years")
	}
	seconds := int64((d + time.Second - 1) / time.Second)
	return withProperty(ddl.DefaultTTL, strconv.FormatInt(seconds, 10), mistake)
}

// WithProperty is an option of CREATE TABLE: a text, bool, int, float64 or map[string]string. For default_time_to_live
// there is WithDefaultTTL.
//
//	coodie.WithProperty("comment", "who holds which lock")
//	coodie.WithProperty("compaction", map[string]string{"class": "LeveledCompactionStrategy"})
func WithProperty(name string, value any) TableOption {
	var text string
	var values map[string]string
	var mistake error
	switch v := value.(type) {
	case string:
		text = ddl.Text(v)
	case bool:
		text = strconv.FormatBool(v)
	case int:
		text = strconv.Itoa(v)
	case float64:
		text = strconv.FormatFloat(v, 'g', -1, 64)
	case map[string]string:
		text, values = ddl.MapText(v), maps.Clone(v)
	default:
		mistake = fmt.Errorf("property %s: a %T is none of string, bool, int, float64 and map[string]string", name, value)
	}
	switch {
	case name == ddl.DefaultTTL:
		mistake = fmt.Errorf("property %s has an option of its own, WithDefaultTTL", name)
	case name == "compaction" && values["class"] == "":
		mistake = fmt.Errorf(`property compaction is a map[string]string that names a "class"`)
	}
	if !propertyName.MatchString(name) {
		mistake = fmt.Errorf("%q is not the name of a table's property", name)
	}
	return withProperties(ddl.Property{Name: name, Value: text, Map: values}, mistake)
}

var propertyName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// checkProperties refuses what CREATE TABLE would.
func (s *settings) checkProperties(counter bool) error {
	if s.broken != nil {
		return s.broken
	}
	seen := map[string]bool{}
	for _, p := range s.properties {
		if seen[p.Name] {
			return fmt.Errorf("property %s is given twice", p.Name)
		}
		seen[p.Name] = true
		if counter && p.Name == ddl.DefaultTTL && p.Value != "0" {
			return fmt.Errorf("counters take no TTL, so a counter table has no default one")
		}
	}
	return nil
}

var textCodec = stmt.MustCodec(reflect.TypeFor[string](), &codec.Type{Kind: codec.Text})

// system reads a system table. Its rows have no nulls.
func (t *table) system(ctx context.Context, op, query string, level driver.Consistency, args []string, each func(map[string]any) error) error {
	var call driver.Call
	for i := range args {
		if _, _, err := call.Bind(textCodec, codec.At(&args[i]), false); err != nil {
			return err
		}
	}
	r := &driver.Request{Kind: driver.Read, Statement: query, Consistency: level}
	rows := call.Do(ctx, t.sender, r)
	var err error
	for err == nil && rows.Next() {
		var row map[string]any
		if row, err = newRow("", rows.Columns(), rows.Cells(), -1).Map(); err == nil {
			err = each(row)
		}
	}
	if failed := rows.Close(); failed != nil {
		err = failed
	}
	return t.failure(op, r, err)
}
