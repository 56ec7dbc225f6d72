package catalog

import (
	"net"

	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// Row is a row of a system table: Go values by column name.
type Row map[string]any

// Fill makes rows up.
func Fill(t *schema.Table, rows []Row) *store.View {
	data := t.NewData()
	for _, r := range rows {
		var key, clustering [][]byte
		for _, c := range t.Partition {
			key = append(key, encode(c.Type, r[c.Name]))
		}
		clustering = [][]byte{}
		for _, c := range t.Clustering {
			clustering = append(clustering, encode(c.Type, r[c.Name]))
		}
		raw := types.PartitionKey(key)
		u := &store.Update{Key: t.StoreKey(raw)}
		row := &store.Row{Clustering: clustering, Liveness: store.NewLiveness(0, 0, 0)}
		for _, c := range t.Regulars {
			if v := encode(c.Type, r[c.Name]); v != nil {
				putValue(row, c, v)
			}
		}
		u.Rows = []*store.Row{row}
		data.Apply(u)
	}
	return data.View()
}

// putValue stores a whole encoded value.
func putValue(row *store.Row, c *schema.Column, v []byte) {
	cell := func(b []byte) store.Cell { return store.NewCell(b, 0, 0, 0) }
	if !c.Type.IsMultiCell() {
		row.Put(c.ID, cell(v))
		return
	}
	if c.Type.Kind == types.KindMap {
		pairs, _ := types.UnpackMap(v)
		for i := 0; i+1 < len(pairs); i += 2 {
			row.PutElement(c.ID, c.Path(), pairs[i], cell(pairs[i+1]))
		}
		return
	}
	elems, _ := types.UnpackList(v)
	for i, e := range elems {
		if c.Type.Kind == types.KindSet {
			row.PutElement(c.ID, c.Path(), e, cell([]byte{}))
		} else {
			row.PutElement(c.ID, c.Path(), types.EncodeInt(int32(i)), cell(e))
		}
	}
}

// encode turns a Go value into one of type t.
func encode(t *types.Type, v any) []byte {
	switch v := v.(type) {
	case nil:
		return nil
	case []byte:
		return v
	case [16]byte:
		return v[:]
	case bool:
		return types.EncodeBoolean(v)
	case int:
		if t.Kind == types.KindBigint || t.Kind == types.KindTimestamp {
			return types.EncodeBigint(int64(v))
		}
		return types.EncodeInt(int32(v))
	case int64:
		return types.EncodeBigint(v)
	case float64:
		return types.EncodeDouble(v)
	case string:
		if t.Kind == types.KindInet {
			ip := net.ParseIP(v)
			if four := ip.To4(); four != nil {
				return four
			}
			return ip
		}
		return []byte(v)
	case []string:
		elems := make([][]byte, len(v))
		for i, s := range v {
			elems[i] = []byte(s)
		}
		return types.PackList(len(elems), elems)
	case map[string]string:
		var kvs [][]byte
		for k, val := range v {
			kvs = append(kvs, []byte(k), []byte(val))
		}
		return t.PackMap(kvs)
	}
	return nil
}
