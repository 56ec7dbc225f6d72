package columnkind

import "github.com/coodie-go/coodie"

type Base struct {
	ID string `cql:"id,partition"`
}

type Address struct{ City string }

type Row struct {
	Base
	Tags    []string          `cql:"tags,set"`
	Steps   []string          `cql:"steps"`
	Typed   []string          `cql:"typed,type=frozen<set<text>>"`
	Blob    []byte            `cql:"blob"`
	Any     []string          `cql:"any,json"`
	Props   map[string]string `cql:"props"`
	Seen    map[string]struct{}
	Views   int64 `cql:"views,type=counter"`
	Count   int64 `cql:"count"`
	Vector  [3]float32
	Slice   []float32 `cql:"slice,type=vector<float, 3>"`
	Address Address   `cql:"address"`
	Skipped string    `cql:"-"`
	Note    *string   `cql:"note"`
}

var (
	_ = coodie.Col(func(r *Row) *string { return &r.ID })
	_ = coodie.Col(func(r *Row) *[]string { return &r.Tags })
	_ = coodie.NullCol(func(r *Row) **string { return &r.Note })
	_ = coodie.SetCol(func(r *Row) *[]string { return &r.Tags })
	_ = coodie.SetCol(func(r *Row) *[]string { return &r.Typed })
	_ = coodie.ListCol(func(r *Row) *[]string { return &r.Steps })
	_ = coodie.MapCol(func(r *Row) *map[string]string { return &r.Props })
	_ = coodie.CounterCol(func(r *Row) *int64 { return &r.Views })
	_ = coodie.Col(func(r *Row) *[3]float32 { return &r.Vector })
	_ = coodie.ListCol(func(r *Row) *[]float32 { return &r.Slice }) // want `ListCol of the field Slice, which is a vector`

	_ = coodie.ListCol(func(r *Row) *[]string { return &r.Tags })           // want `ListCol of the field Tags, which is a set: use SetCol, or remove "set" from its tag`
	_ = coodie.ListCol(func(r *Row) *[]string { return &r.Typed })          // want `ListCol of the field Typed, which is a set`
	_ = coodie.SetCol(func(r *Row) *[]string { return &r.Steps })           // want `SetCol of the field Steps, which is a list: use ListCol, or tag it "set"`
	_ = coodie.ListCol(func(r *Row) *[]byte { return &r.Blob })             // want `ListCol of the field Blob, which is a blob`
	_ = coodie.ListCol(func(r *Row) *[]string { return &r.Any })            // want `ListCol of a column of JSON or with a codec`
	_ = coodie.MapCol(func(r *Row) *map[string]struct{} { return &r.Seen }) // want `MapCol of the field Seen, which is a set`
	_ = coodie.CounterCol(func(r *Row) *int64 { return &r.Count })          // want `CounterCol of the field Count, which is a plain column: tag it "type=counter"`
	_ = coodie.Col(func(r *Row) *string { return &r.Skipped })              // want `the field Skipped is no column: its tag is "-"`
	_ = coodie.Col(func(r *Row) *string { return &r.Address.City })         // want `the selector points into the column Address: use coodie.Field`
	_ = coodie.Col(func(r *Row) *string { return &other.ID })               // want `the selector returns no address of a field`
	_ = coodie.Col(func(r *Row) *string { return &global })                 // want `the selector returns no address of a field`
	_ = coodie.Col(func(r *Row) *string { return nil })
	_ = coodie.Col(selector)
)

var (
	other  Row
	global string
)

func selector(r *Row) *string { return &r.ID }

func generic[T any](f func(*T) *string) { coodie.Col(f) }
