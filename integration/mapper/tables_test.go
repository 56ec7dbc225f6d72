package mapper_test

import "github.com/coodie-go/coodie"

// Thing has a column of every kind that a condition or an assignment can reach into.
type Thing struct {
	P      string            `cql:"p,partition"`
	C      int               `cql:"c,clustering"`
	Owner  *string           `cql:"owner,static"`
	Mark   int               `cql:"mark"`
	N      *int              `cql:"n"`
	Name   *string           `cql:"name"`
	Tags   []string          `cql:"tags"`
	Labels []string          `cql:"labels,set"`
	Attrs  map[string]int    `cql:"attrs"`
	Addr   *Address          `cql:"addr"`
	Home   *Address          `cql:"home,frozen"`
	Fixed  []string          `cql:"fixed,frozen"`
	Pair   *Pair             `cql:"pair,tuple"`
	Data   map[string]string `cql:"data,frozen"`
}

// Address is a user-defined type.
type Address struct {
	Street *string
	City   *string
}

// Pair is a tuple.
type Pair struct {
	A int
	B *string
}

var (
	p      = coodie.Col(func(t *Thing) *string { return &t.P })
	c      = coodie.Col(func(t *Thing) *int { return &t.C })
	owner  = coodie.NullCol(func(t *Thing) **string { return &t.Owner })
	mark   = coodie.Col(func(t *Thing) *int { return &t.Mark })
	n      = coodie.NullCol(func(t *Thing) **int { return &t.N })
	name   = coodie.NullCol(func(t *Thing) **string { return &t.Name })
	tags   = coodie.Col(func(t *Thing) *[]string { return &t.Tags })
	labels = coodie.Col(func(t *Thing) *[]string { return &t.Labels })
	attrs  = coodie.Col(func(t *Thing) *map[string]int { return &t.Attrs })
	addr   = coodie.NullCol(func(t *Thing) **Address { return &t.Addr })
	street = coodie.Field(addr, func(a *Address) **string { return &a.Street })
	city   = coodie.Field(addr, func(a *Address) **string { return &a.City })
	home   = coodie.NullCol(func(t *Thing) **Address { return &t.Home })
	in     = coodie.Field(home, func(a *Address) **string { return &a.City })
	fixed  = coodie.Col(func(t *Thing) *[]string { return &t.Fixed })
	pair   = coodie.NullCol(func(t *Thing) **Pair { return &t.Pair })
	data   = coodie.Col(func(t *Thing) *map[string]string { return &t.Data })
)

// full is a row whose every column has a value.
func full(p string) Thing {
	return Thing{
		P: p, C: 1, Owner: ptr("ann"), Mark: 1, N: ptr(5), Name: ptr("bob"),
		Tags: []string{"a", "b", "a"}, Labels: []string{"x", "y"}, Attrs: map[string]int{"k": 1, "l": 2},
		Addr: rome(), Home: rome(), Fixed: []string{"f"}, Pair: &Pair{A: 1, B: ptr("x")},
		Data: map[string]string{"d": "e"},
	}
}

// bare is a row that has only what it must.
func bare(p string) Thing { return Thing{P: p, C: 1, Mark: 1} }

func rome() *Address { return &Address{Street: ptr("Via Appia"), City: ptr("Rome")} }
func oslo() *Address { return &Address{City: ptr("Oslo")} }

// Simple is the table of the worked statements.
type Simple struct {
	K int  `cql:"k,partition"`
	V *int `cql:"v"`
	X *int `cql:"x"`
}

func (Simple) TableName() string { return "t" }

var (
	simpleK = coodie.Col(func(s *Simple) *int { return &s.K })
	simpleV = coodie.NullCol(func(s *Simple) **int { return &s.V })
	simpleX = coodie.NullCol(func(s *Simple) **int { return &s.X })
)
