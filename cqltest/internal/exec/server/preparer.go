package server

import (
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// Preparer turns one syntax tree into a statement.
type Preparer struct {
	Server  *Server
	Schema  *schema.Schema
	Client  *protocol.Client
	Dialect protocol.Dialect

	Markers   []types.Column         // by marker position
	Tables    []*schema.Table        // the tables the statement concerns
	Called    []schema.TableName     // the users' functions it calls
	keyMarker map[*schema.Column]int // which marker a component of the partition key equals
}

// KeyspaceOf returns the keyspace a name means.
func (p *Preparer) KeyspaceOf(name cqlparse.QualifiedName) (string, error) {
	if !name.Keyspace.IsZero() {
		return name.Keyspace.Name, nil
	}
	if p.Client.Keyspace == "" {
		return "", protocol.Invalid("No keyspace has been specified. USE a keyspace, or explicitly specify keyspace.tablename")
	}
	return p.Client.Keyspace, nil
}

// Table finds the table that a statement names, and remembers it.
func (p *Preparer) Table(name cqlparse.QualifiedName) (*schema.Table, error) {
	ks, err := p.KeyspaceOf(name)
	if err != nil {
		return nil, err
	}
	t, err := p.Schema.Table(ks, name.Name.Name)
	if err != nil {
		return nil, err
	}
	p.Tables = append(p.Tables, t)
	return t, nil
}

// Scope returns what the terms of a statement on t may refer to. Markers are
// gathered in p when done is called.
func (p *Preparer) Scope(t *schema.Table) *terms.Scope {
	return &terms.Scope{
		Keyspace: t.Keyspace, Table: t.Name, UDT: p.Schema.UDT, Functions: p.functions,
		Columns: t.Scope, PartitionKey: t.PK, Markers: p.Markers,
		IsKey: func(i int) bool { return t.Columns[i].PrimaryKey() },
	}
}

// Done takes over the markers that scope has gathered.
func (p *Preparer) Done(s *terms.Scope) { p.Markers = s.Markers }

// BindSpecs describes the bind markers.
func (p *Preparer) BindSpecs(markers []*cqlparse.Marker) []protocol.ColumnSpec {
	specs := make([]protocol.ColumnSpec, len(markers))
	for i, m := range markers {
		if m.Index >= len(p.Markers) || m.Index >= len(specs) {
			continue
		}
		c := p.Markers[m.Index]
		specs[i] = protocol.ColumnSpec{Keyspace: c.Keyspace, Table: c.Table, Name: c.Name, Type: c.Type}
		if !m.Name.IsZero() {
			specs[i].Name = m.Name.Name
		}
	}
	return specs
}

// BoundKey remembers that v is compared with a component of the partition key.
func (p *Preparer) BoundKey(c *schema.Column, v cqlparse.Term) {
	m, marker := v.(*cqlparse.Marker)
	if !marker || c.Kind != schema.PartitionKey {
		return
	}
	if p.keyMarker == nil {
		p.keyMarker = map[*schema.Column]int{}
	}
	p.keyMarker[c] = m.Index
}

// PKIndexes returns which markers are the components of the partition key; nil
// if markers concern several tables.
func (p *Preparer) PKIndexes() []uint16 {
	if len(p.Tables) == 0 {
		return nil
	}
	t := p.Tables[0]
	for _, m := range p.Markers {
		if m.Keyspace != t.Keyspace || m.Table != t.Name {
			return nil
		}
	}
	idx := make([]uint16, len(t.Partition))
	for i, c := range t.Partition {
		m, ok := p.keyMarker[c]
		if !ok {
			return nil
		}
		idx[i] = uint16(m)
	}
	return idx
}
