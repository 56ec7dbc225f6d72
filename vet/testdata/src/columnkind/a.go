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
	Skips   []string  `cql:"-"`
	Note    *string   `cql:"note"`
}

var (
	id    = coodie.Col(func(r *Row) *string { return &r.ID })
	tags  = coodie.Col(func(r *Row) *[]string { return &r.Tags })
	note  = coodie.NullCol(func(r *Row) **string { return &r.Note })
	typed = coodie.Col(func(r *Row) *[]string { return &r.Typed })
	steps = coodie.Col(func(r *Row) *[]string { return &r.Steps })
	props = coodie.Col(func(r *Row) *map[string]string { return &r.Props })
	slice = coodie.Col(func(r *Row) *[]float32 { return &r.Slice })
	blob  = coodie.Col(func(r *Row) *[]byte { return &r.Blob })
	whole = coodie.Col(func(r *Row) *[]string { return &r.Any })
	seen  = coodie.Col(func(r *Row) *map[string]struct{} { return &r.Seen })
	skips = coodie.Col(func(r *Row) *[]string { return &r.Skips }) // want `the field Skips is no column: its tag is "-"`
	_     = coodie.Increment(coodie.Col(func(r *Row) *int64 { return &r.Views }), 1)
	_     = coodie.Col(func(r *Row) *[3]float32 { return &r.Vector })
	_     = coodie.Add(tags, "x")
	_     = coodie.Add(typed, "x")
	_     = coodie.Append(steps, "x")
	_     = coodie.Remove(steps, "x")
	_     = coodie.Remove(tags, "x")
	_     = coodie.At(steps, 0)
	_     = coodie.Entry(props, "x")
	_     = coodie.Append(skips, "x") // which its own line tells

	_ = coodie.Append(slice, 1)                                                   // want `Append of the field Slice, which is a vector`
	_ = coodie.Append(tags, "x")                                                  // want `Append of the field Tags, which is a set: use Add, or remove "set" from its tag`
	_ = coodie.At(tags, 0)                                                        // want `At of the field Tags, which is a set`
	_ = coodie.Append(typed, "x")                                                 // want `Append of the field Typed, which is a set`
	_ = coodie.Add(steps, "x")                                                    // want `Add of the field Steps, which is a list: use Append, or tag it "set"`
	_ = coodie.Remove(blob, 1)                                                    // want `Remove of the field Blob, which is a blob`
	_ = coodie.Append(whole, "x")                                                 // want `Append of a column of JSON or with a codec`
	_ = coodie.Put(seen, nil)                                                     // want `Put of the field Seen, which is a set`
	_ = coodie.Append[Row](tags, "x")                                             // want `Append of the field Tags, which is a set`
	_ = coodie.Append(coodie.Col(func(r *Row) *[]string { return &r.Tags }), "x") // want `Append of the field Tags, which is a set`
	_ = coodie.Increment(coodie.Col(func(r *Row) *int64 { return &r.Count }), 1)  // want `Increment of the field Count, which is a plain column: tag it "type=counter"`
	_ = coodie.Col(func(r *Row) *string { return &r.Skipped })                    // want `the field Skipped is no column: its tag is "-"`
	_ = coodie.Col(func(r *Row) *string { return &r.Address.City })               // want `the selector points into the column Address: use coodie.Field`
	_ = coodie.Col(func(r *Row) *string { return &other.ID })                     // want `the selector returns no address of a field`
	_ = coodie.Col(func(r *Row) *string { return &global })                       // want `the selector returns no address of a field`
	_ = coodie.Col(func(r *Row) *string { return nil })
	_ = coodie.Col(selector)
)

var (
	other  Row
	global string
)

func selector(r *Row) *string { return &r.ID }

func generic[T any](f func(*T) *string) { coodie.Col(f) }
