package codec

import (
	"reflect"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"gopkg.in/inf.v0"
)

// wide has the twelve columns by which coodie's speed is judged.
type wide struct {
	Text    string
	Int     int
	BigInt  int64
	ID      gocql.UUID
	At      time.Time
	Flag    bool
	Double  float64
	Blob    []byte
	List    []string
	Map     map[string]int
	Set     []string
	Decimal *inf.Dec
}

var wideRow = wide{
	Text: "some text", Int: 42, BigInt: 1 << 40, ID: someUUID, At: ms, Flag: true, Double: 2.5, Blob: []byte("blob of bytes"),
	List: []string{"alpha", "beta", "gamma"}, Map: map[string]int{"one": 1, "two": 2, "three": 3}, Set: []string{"a", "b", "c"},
	Decimal: inf.NewDec(123456, 2),
}

type wideColumn struct {
	name   string
	offset uintptr
	codec  *Codec
	info   gocql.TypeInfo
	field  int
}

func wideColumns(t testing.TB) []wideColumn {
	var cols []wideColumn
	rt := reflect.TypeFor[wide]()
	for i := range rt.NumField() {
		f := rt.Field(i)
		typ, err := Infer(f.Type, Options{Set: f.Name == "Set"})
		if err != nil {
			t.Fatal(err)
		}
		c, err := For(f.Type, typ)
		if err != nil {
			t.Fatal(err)
		}
		cols = append(cols, wideColumn{SnakeCase(f.Name), f.Offset, c, info(t, typ), i})
	}
	return cols
}

func BenchmarkEncodeWide(b *testing.B) {
	cols := wideColumns(b)
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buf = buf[:0]
		for i := range cols {
			var err error
			if buf, _, err = cols[i].codec.Append(buf, At(&wideRow).Field(cols[i].offset)); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkEncodeWideGocql(b *testing.B) {
	cols := wideColumns(b)
	row := reflect.ValueOf(wideRow)
	b.ReportAllocs()
	for b.Loop() {
		for i := range cols {
			if _, err := gocql.Marshal(cols[i].info, row.Field(cols[i].field).Interface()); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func wideCells(t testing.TB, cols []wideColumn) [][]byte {
	cells := make([][]byte, len(cols))
	for i := range cols {
		var err error
		if cells[i], _, err = cols[i].codec.Append(nil, At(&wideRow).Field(cols[i].offset)); err != nil {
			t.Fatal(err)
		}
	}
	return cells
}

func BenchmarkDecodeWide(b *testing.B) {
	cols := wideColumns(b)
	cells := wideCells(b, cols)
	var row wide
	b.ReportAllocs()
	for b.Loop() {
		for i := range cols {
			if err := cols[i].codec.Decode(At(&row).Field(cols[i].offset), cells[i]); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkDecodeWideGocql(b *testing.B) {
	cols := wideColumns(b)
	cells := wideCells(b, cols)
	var row wide
	row.Decimal = new(inf.Dec)
	dest := []any{&row.Text, &row.Int, &row.BigInt, &row.ID, &row.At, &row.Flag, &row.Double, &row.Blob, &row.List, &row.Map, &row.Set, row.Decimal}
	b.ReportAllocs()
	for b.Loop() {
		row.Blob, row.List, row.Map, row.Set = nil, nil, nil, nil
		for i := range cols {
			if err := gocql.Unmarshal(cols[i].info, cells[i], dest[i]); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkColumns(b *testing.B) {
	cols := wideColumns(b)
	cells := wideCells(b, cols)
	for i := range cols {
		p := At(&wideRow).Field(cols[i].offset)
		b.Run("encode/"+cols[i].name, func(b *testing.B) {
			buf := make([]byte, 0, 4096)
			b.ReportAllocs()
			for b.Loop() {
				buf, _, _ = cols[i].codec.Append(buf[:0], p)
			}
		})
		b.Run("decode/"+cols[i].name, func(b *testing.B) {
			var row wide
			p := At(&row).Field(cols[i].offset)
			b.ReportAllocs()
			for b.Loop() {
				_ = cols[i].codec.Decode(p, cells[i])
			}
		})
	}
}

func BenchmarkVector(b *testing.B) {
	v := make([]float32, 1536)
	typ := &Type{Kind: Vector, Elem: Native(Float), Len: len(v)}
	c, err := For(reflect.TypeOf(v), typ)
	if err != nil {
		b.Fatal(err)
	}
	cell, _, _ := c.Append(nil, At(&v))
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			cell, _, _ = c.Append(cell[:0], At(&v))
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = c.Decode(At(&v), cell)
		}
	})
}

// The allocations that performance rests on: none to write, ten to read.
func TestAllocations(t *testing.T) {
	cols := wideColumns(t)
	cells := wideCells(t, cols)
	buf := make([]byte, 0, 4096)
	for i := range cols {
		p := At(&wideRow).Field(cols[i].offset)
		if n := testing.AllocsPerRun(100, func() { buf, _, _ = cols[i].codec.Append(buf[:0], p) }); n != 0 {
			t.Errorf("writing %s allocates %v times", cols[i].name, n)
		}
	}
	var row wide
	limits := map[string]float64{"text": 1, "blob": 1, "list": 2, "set": 2, "map": 3, "decimal": 1}
	for i := range cols {
		p := At(&row).Field(cols[i].offset)
		if n := testing.AllocsPerRun(100, func() { _ = cols[i].codec.Decode(p, cells[i]) }); n > limits[cols[i].name] {
			t.Errorf("reading %s allocates %v times, not %v", cols[i].name, n, limits[cols[i].name])
		}
	}
}
