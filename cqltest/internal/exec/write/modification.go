// Package write is INSERT, UPDATE, DELETE and batches, conditional ones too, and what
// they do to materialized views.
package write

import (
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/roles"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/exec/where"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// Modification is an INSERT, UPDATE or DELETE.
type Modification struct {
	verb                    string // INSERT, UPDATE, DELETE
	table                   *schema.Table
	timestamp, ttl, timeout terms.Term
	regularOps              []*operation
	staticOps               []*operation
	where                   *where.Restrictions

	ifExists, ifNotExists bool
	regularIf, staticIf   []*condition // the conditions of IF, in order
	conditions            []*condition // all of them, as written
	dialect               protocol.Dialect
}

func (m *Modification) Info() protocol.StatementInfo {
	kind := map[string]string{"INSERT": "insert", "UPDATE": "update", "DELETE": "delete"}[m.verb]
	return protocol.StatementInfo{Kind: kind, Keyspace: m.table.Keyspace, Table: m.table.Name, Conditional: m.conditional(), Counter: m.table.Counter}
}

func (m *Modification) Columns() []protocol.ColumnSpec {
	return casColumns(m.dialect, []*Modification{m}, false)
}

func (m *Modification) conditional() bool {
	return m.ifExists || m.ifNotExists || len(m.conditions) > 0
}

// updatesRows says whether rows, not only the static one, are written.
func (m *Modification) updatesRows() bool {
	return len(m.table.Clustering) == 0 || !m.where.Clustering.Empty()
}

// onlyStatic says whether operations and conditions concern static columns only.
func (m *Modification) onlyStatic() bool {
	if m.verb == "DELETE" && len(m.regularOps)+len(m.staticOps) == 0 {
		return false // deletes whole rows
	}
	return len(m.regularOps) == 0 && len(m.regularIf) == 0 && (len(m.staticOps) > 0 || len(m.staticIf) > 0)
}

func (m *Modification) addOperation(o *operation) {
	if o.col.Kind == schema.StaticColumn {
		m.staticOps = append(m.staticOps, o)
	} else {
		m.regularOps = append(m.regularOps, o)
	}
}

func (m *Modification) reads() bool {
	for _, ops := range [][]*operation{m.regularOps, m.staticOps} {
		for _, o := range ops {
			if o.reads() {
				return true
			}
		}
	}
	return false
}

// Prepare prepares an INSERT, UPDATE or DELETE.
func Prepare(p *server.Preparer, ast cqlparse.Statement) (*Modification, error) {
	switch s := ast.(type) {
	case *cqlparse.Insert:
		return prepareInsert(p, s)
	case *cqlparse.Update:
		return prepareUpdate(p, s)
	}
	return prepareDelete(p, ast.(*cqlparse.Delete))
}

// begin prepares what all modifications share.
func begin(p *server.Preparer, verb string, name cqlparse.QualifiedName, using cqlparse.Using, ifExists, ifNotExists bool, conds []*cqlparse.Condition) (*Modification, *terms.Scope, error) {
	t, err := p.Table(name)
	if err != nil {
		return nil, nil, err
	}
	sc := p.Scope(t)
	m := &Modification{verb: verb, table: t, ifExists: ifExists, ifNotExists: ifNotExists, dialect: p.Dialect}
	if ts := using.Timestamp(); ts != nil {
		recv := types.Column{Keyspace: t.Keyspace, Table: t.Name, Name: "[timestamp]", Type: types.Bigint}
		if m.timestamp, err = terms.Prepare(sc, ts, recv); err != nil {
			return nil, nil, err
		}
	}
	if ttl := using.TTL(); ttl != nil {
		recv := types.Column{Keyspace: t.Keyspace, Table: t.Name, Name: "[ttl]", Type: types.Int}
		if m.ttl, err = terms.Prepare(sc, ttl, recv); err != nil {
			return nil, nil, err
		}
	}
	if m.timeout, err = p.Timeout(sc, t, using); err != nil {
		return nil, nil, err
	}
	if len(conds) > 0 && m.timestamp != nil {
		return nil, nil, protocol.Invalid("Cannot provide custom timestamp for conditional updates")
	}
	for _, c := range conds {
		cond, err := prepareCondition(p, sc, t, c)
		if err != nil {
			return nil, nil, err
		}
		if cond.col.PrimaryKey() {
			return nil, nil, protocol.Invalid("PRIMARY KEY column '%s' cannot have IF conditions", cond.col.Name)
		}
		m.conditions = append(m.conditions, cond)
		if cond.col.Kind == schema.StaticColumn {
			m.staticIf = append(m.staticIf, cond)
		} else {
			m.regularIf = append(m.regularIf, cond)
		}
	}
	return m, sc, nil
}

// finish checks what can only be checked of the whole statement.
func (m *Modification) finish() error {
	if m.table.Data == nil {
		return protocol.Invalid("Modification is not supported by table %s", m.table)
	}
	if m.conditional() {
		if m.table.Counter {
			return protocol.Invalid("Conditional updates are not supported on counter tables")
		}
		if m.timestamp != nil {
			return protocol.Invalid("Cannot provide custom timestamp for conditional updates")
		}
	}
	return nil
}

// Validate checks what the server checks after preparation.
func (m *Modification) Validate() error {
	switch {
	case m.table.Counter && m.timestamp != nil:
		return protocol.Invalid("Cannot provide custom timestamp for counter updates")
	case m.table.Counter && m.ttl != nil:
		return protocol.Invalid("Cannot provide custom TTL for counter updates")
	case m.table.IsView():
		return protocol.Invalid("Cannot directly modify a materialized view")
	}
	return nil
}

func prepareInsert(p *server.Preparer, s *cqlparse.Insert) (*Modification, error) {
	m, sc, err := begin(p, "INSERT", s.Table, s.Using, false, s.IfNotExists, nil)
	if err != nil {
		return nil, err
	}
	defer p.Done(sc)
	t := m.table
	if t.Counter {
		return nil, protocol.Invalid("INSERT statements are not allowed on counter tables, use UPDATE instead")
	}
	if s.JSON != nil {
		return m, prepareInsertJSON(p, m, sc, s)
	}
	if len(s.Columns) != len(s.Values) {
		return nil, protocol.Invalid("Unmatched column names/values")
	}
	seen := map[string]bool{}
	for _, id := range s.Columns {
		if seen[id.Name] {
			return nil, protocol.Invalid("The column names contains duplicates")
		}
		seen[id.Name] = true
	}
	var keys []*cqlparse.Relation
	clustered := false
	for i, id := range s.Columns {
		col, err := t.Column(id.Name)
		if err != nil {
			return nil, err
		}
		clustered = clustered || col.Kind == schema.ClusteringKey
		if col.PrimaryKey() {
			keys = append(keys, &cqlparse.Relation{Columns: []cqlparse.Identifier{id}, Op: cqlparse.OpEQ, Value: s.Values[i]})
			continue
		}
		o, err := prepareAssignment(p, sc, t, &cqlparse.Assignment{Column: id, Value: s.Values[i]}, col, m.conditional())
		if err != nil {
			return nil, err
		}
		m.addOperation(o)
	}
	m.where, err = where.Prepare(p, sc, t, "INSERT", keys, !clustered && m.onlyStatic(), false)
	if err != nil {
		return nil, err
	}
	return m, m.finish()
}

func prepareUpdate(p *server.Preparer, s *cqlparse.Update) (*Modification, error) {
	m, sc, err := begin(p, "UPDATE", s.Table, s.Using, s.IfExists, false, s.If)
	if err != nil {
		return nil, err
	}
	defer p.Done(sc)
	for _, a := range s.Assignments {
		col, err := m.table.Column(a.Column.Name)
		if err != nil {
			return nil, err
		}
		if col.PrimaryKey() {
			return nil, protocol.Invalid("PRIMARY KEY part %s found in SET part", col.Name)
		}
		o, err := prepareAssignment(p, sc, m.table, a, col, m.conditional())
		if err != nil {
			return nil, err
		}
		m.addOperation(o)
	}
	m.where, err = where.Prepare(p, sc, m.table, "UPDATE", s.Where, m.onlyStatic(), false)
	if err != nil {
		return nil, err
	}
	return m, m.finish()
}

func prepareDelete(p *server.Preparer, s *cqlparse.Delete) (*Modification, error) {
	m, sc, err := begin(p, "DELETE", s.Table, s.Using, s.IfExists, false, s.If)
	if err != nil {
		return nil, err
	}
	defer p.Done(sc)
	for _, d := range s.Columns {
		col, err := m.table.Column(d.Column.Name)
		if err != nil {
			return nil, err
		}
		if col.PrimaryKey() {
			return nil, protocol.Invalid("Invalid identifier %s for deletion (should not be a PRIMARY KEY part)", col.Name)
		}
		o, err := prepareDeletion(p, sc, m.table, d, col)
		if err != nil {
			return nil, err
		}
		m.addOperation(o)
	}
	m.where, err = where.Prepare(p, sc, m.table, "DELETE", s.Where, m.onlyStatic(), false)
	if err != nil {
		return nil, err
	}
	if err := m.finish(); err != nil {
		return nil, err
	}
	if m.conditional() && !m.where.AllKeysByEquality() {
		const all = "DELETE statements must restrict all PRIMARY KEY columns with equality relations"
		deletesRows := len(m.regularOps) > 0 || len(m.staticOps) == 0
		if deletesRows {
			return nil, protocol.Invalid(all + " in order to delete non static columns")
		}
		if len(m.regularIf) > 0 {
			return nil, protocol.Invalid(all + " in order to use IF condition on non static columns")
		}
	}
	return m, nil
}

func (m *Modification) Allowed(x *server.Execution) error {
	on := roles.TableResource(m.table.Keyspace, m.table.Name)
	if err := x.Ensure("MODIFY", on); err != nil {
		return err
	}
	if m.conditional() || len(m.table.Views) > 0 {
		if err := x.Ensure("SELECT", on); err != nil {
			return err
		}
	}
	for _, v := range m.table.Views {
		if err := x.Ensure("MODIFY", roles.TableResource(m.table.Keyspace, v)); err != nil {
			return err
		}
	}
	return nil
}
