package wire

import (
	"encoding/binary"

	"github.com/datastax/go-cassandra-native-protocol/primitive"

	"github.com/coodie-go/coodie/cqltest/internal/exec"
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// Result is a RESULT message that answers QUERY, EXECUTE or BATCH. With
// SkipMetadata the columns are counted but not described.
type Result struct {
	*protocol.Result
	SkipMetadata bool
	// MetadataID, if not nil, says that the columns are not those that the client
	// knows, and names them. Versions before 5 cannot say so.
	MetadataID []byte
}

// Prepared is the RESULT message that answers PREPARE.
type Prepared struct {
	*exec.Prepared
	// MarkLWT sets the bit that ScyllaDB's drivers know a conditional statement by.
	MarkLWT bool
}

// LWTMark is the flag in a prepared statement's metadata that MarkLWT sets.
const LWTMark uint32 = 1 << 31

func (Result) opcode() primitive.OpCode   { return primitive.OpCodeResult }
func (Prepared) opcode() primitive.OpCode { return primitive.OpCodeResult }

func (r Result) append(b []byte, version int) []byte {
	switch r.Kind {
	case protocol.Rows:
		return r.appendRows(b, version)
	case protocol.SetKeyspace:
		b = appendInt(b, int(primitive.ResultTypeSetKeyspace))
		return appendString(b, r.Keyspace)
	case protocol.SchemaChanged:
		if r.Change != nil {
			b = appendInt(b, int(primitive.ResultTypeSchemaChange))
			return appendSchemaChange(b, r.Change)
		}
	}
	return appendInt(b, int(primitive.ResultTypeVoid))
}

func (r Result) appendRows(b []byte, version int) []byte {
	b = appendInt(b, int(primitive.ResultTypeRows))
	changed := r.MetadataID
	if version < 5 {
		changed = nil
	}
	b = appendRowsMetadata(b, r.Columns, r.PagingState, changed, r.SkipMetadata && changed == nil, version)
	b = appendInt(b, len(r.Rows))
	for _, row := range r.Rows {
		for _, cell := range row {
			b = appendBytes(b, cell)
		}
	}
	return b
}

func (p Prepared) append(b []byte, version int) []byte {
	b = appendInt(b, int(primitive.ResultTypePrepared))
	b = appendShort(b, len(p.ID))
	b = append(b, p.ID...)
	if version >= 5 {
		id := exec.MetadataID(p.Columns)
		b = appendShort(b, len(id))
		b = append(b, id...)
	}

	var flags uint32
	if oneTable(p.Binds) {
		flags |= uint32(primitive.VariablesFlagGlobalTablesSpec)
	}
	if p.MarkLWT && p.Info.Conditional {
		flags |= LWTMark
	}
	b = binary.BigEndian.AppendUint32(b, flags)
	b = appendInt(b, len(p.Binds))
	if version >= 4 {
		b = appendInt(b, len(p.PKIndexes))
		for _, i := range p.PKIndexes {
			b = appendShort(b, int(i))
		}
	}
	b = appendColumns(b, p.Binds, version)
	return appendRowsMetadata(b, p.Columns, nil, nil, len(p.Columns) == 0, version)
}

func appendRowsMetadata(b []byte, columns []protocol.ColumnSpec, paging, changed []byte, skip bool, version int) []byte {
	flags := primitive.RowsFlag(0)
	if paging != nil {
		flags |= primitive.RowsFlagHasMorePages
	}
	if skip {
		flags |= primitive.RowsFlagNoMetadata
	}
	if changed != nil {
		flags |= primitive.RowsFlagMetadataChanged
	}
	if oneTable(columns) {
		flags |= primitive.RowsFlagGlobalTablesSpec
	}
	b = appendInt(b, int(flags))
	b = appendInt(b, len(columns))
	if paging != nil {
		b = appendBytes(b, paging)
	}
	if changed != nil {
		b = appendShort(b, len(changed))
		b = append(b, changed...)
	}
	if skip {
		return b
	}
	return appendColumns(b, columns, version)
}

// oneTable says whether the columns' table need be named only once.
func oneTable(columns []protocol.ColumnSpec) bool {
	for _, c := range columns {
		if c.Table != columns[0].Table || c.Keyspace != columns[0].Keyspace {
			return false
		}
	}
	return len(columns) > 0
}

func appendColumns(b []byte, columns []protocol.ColumnSpec, version int) []byte {
	global := oneTable(columns)
	for i, c := range columns {
		if i == 0 || !global {
			b = appendString(b, c.Keyspace)
			b = appendString(b, c.Table)
		}
		b = appendString(b, c.Name)
		b = appendType(b, c.Type, version)
	}
	return b
}

// appendType appends an [option]. What the version has no id for travels under
// the name of its Java class.
func appendType(b []byte, t *types.Type, version int) []byte {
	if !hasID(t.Kind, version) {
		b = appendShort(b, int(types.KindCustom))
		if t.Kind == types.KindCustom {
			return appendString(b, t.Class)
		}
		return appendString(b, t.ClassName())
	}
	b = appendShort(b, int(t.Kind))
	switch t.Kind {
	case types.KindList, types.KindSet, types.KindMap:
		for _, e := range t.Elems {
			b = appendType(b, e, version)
		}
	case types.KindTuple:
		b = appendShort(b, len(t.Elems))
		for _, e := range t.Elems {
			b = appendType(b, e, version)
		}
	case types.KindUDT:
		b = appendString(b, t.Keyspace)
		b = appendString(b, t.Name)
		b = appendShort(b, len(t.Elems))
		for i, e := range t.Elems {
			b = appendString(b, t.Fields[i])
			b = appendType(b, e, version)
		}
	}
	return b
}

func hasID(k types.Kind, version int) bool {
	switch k {
	case types.KindCustom, types.KindVector, types.KindEmpty:
		return false
	case types.KindDuration:
		return version >= 5
	case types.KindDate, types.KindTime, types.KindSmallint, types.KindTinyint:
		return version >= 4
	}
	return true
}
