package coodie_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// Prefs is stored as JSON.
type Prefs struct {
	Theme string         `json:"theme"`
	Flags map[string]int `json:"flags,omitempty"`
}

// Coded has columns that are stored in another way than their Go types' own.
type Coded struct {
	ID     string          `cql:"id,partition"`
	Prefs  Prefs           `cql:"prefs,json"`
	Extra  *Prefs          `cql:"extra,json"`
	Hist   []Prefs         `cql:"hist,json"`
	Raw    json.RawMessage `cql:"raw,json"`
	Any    any             `cql:"anything,json"`
	Upper  string          `cql:"upper,type=text,codec=test-upper"`
	Bytes  *string         `cql:"bytes,type=blob,codec=test-bytes"`
	Path   []string        `cql:"path,type=text,codec=test-path"`
	Plain  string          `cql:"plain"`
	Backup *Prefs          `cql:"backup,json,default={\"theme\":\"dark\"}"`
}

var errCodec = errors.New("codec says no")

func (Coded) Codecs() []coodie.Codec {
	return []coodie.Codec{
		coodie.CodecOf("test-upper", func(s string) (string, error) {
			if s == "bad" {
				return "", errCodec
			}
			return strings.ToUpper(s), nil
		}, func(s string) (string, error) {
			if s == "BROKEN" {
				return "", errCodec
			}
			return strings.ToLower(s), nil
		}),
		coodie.CodecOf("test-bytes", func(s string) ([]byte, error) { return []byte("<" + s + ">"), nil },
			func(b []byte) (string, error) { return strings.Trim(string(b), "<>"), nil }),
		coodie.CodecOf("test-path", func(p []string) (*string, error) {
			if p == nil {
				return nil, nil
			}
			s := strings.Join(p, "/")
			return &s, nil
		}, func(s *string) ([]string, error) { return strings.Split(*s, "/"), nil }),
	}
}

var (
	codedID    = coodie.Col(func(c *Coded) *string { return &c.ID })
	codedPrefs = coodie.Col(func(c *Coded) *Prefs { return &c.Prefs })
	codedExtra = coodie.NullCol(func(c *Coded) **Prefs { return &c.Extra })
	codedUpper = coodie.Col(func(c *Coded) *string { return &c.Upper })
	codedBytes = coodie.NullCol(func(c *Coded) **string { return &c.Bytes })
	codedPath  = coodie.Col(func(c *Coded) *[]string { return &c.Path })
	codedPlain = coodie.Col(func(c *Coded) *string { return &c.Plain })
)

func TestCodecs(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	table := open[Coded](t, session)
	require.NoError(t, coodie.Schema(nil, table).Verify(ctx))
	require.Equal(t, "CREATE TABLE IF NOT EXISTS coded (id text, prefs text, extra text, hist text, raw text, anything text, upper text, bytes blob, path text, plain text, backup text, PRIMARY KEY (id))",
		coodie.Schema(nil, table).CQL()[0])

	secret := "s"
	full := Coded{
		ID: "a", Prefs: Prefs{"<light>", map[string]int{"b": 2, "a": 1}}, Extra: &Prefs{Theme: "x"}, Hist: []Prefs{{Theme: "1"}, {}}, Raw: json.RawMessage("null"),
		Any: map[string]any{"n": 1.0}, Upper: "abc", Bytes: &secret, Path: []string{"a", "b"}, Backup: &Prefs{Theme: "dark"},
	}
	doc := table.New(full)
	doc.Value.Backup = nil
	res, err := doc.Insert(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)
	require.Equal(t, full, doc.Value)
	require.Equal(t, []cqltest.Row{{
		"prefs": `{"theme":"<light>","flags":{"a":1,"b":2}}`, "extra": `{"theme":"x"}`, "hist": `[{"theme":"1"},{"theme":""}]`, "raw": "null",
		"anything": `{"n":1}`, "upper": "ABC", "bytes": []byte("<s>"), "path": "a/b", "backup": `{"theme":"dark"}`,
	}}, srv.MustRows("SELECT prefs, extra, hist, raw, anything, upper, bytes, path, backup FROM app.coded"), "keys of maps in order, nothing escaped for HTML")

	row := table.Find(codedID.Eq("a"))
	got, err := row.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, full, got)

	// An answer, its parts, and conditions go the same way.
	res, err = doc.If(codedPrefs.Eq(full.Prefs), codedExtra.In(Prefs{Theme: "y"}, *full.Extra), codedUpper.Eq("abc"), codedBytes.Ne("s"), codedPath.Eq(full.Path),
		coodie.AnyCol(table, "raw").IsNotNull(), coodie.AnyCol(table, "upper").Eq("abc"), coodie.AnyCol(table, "bytes").Ne(nil)).Update(ctx, codedPlain.Set("no"))
	require.NoError(t, err)
	require.False(t, res.Applied)
	for _, c := range res.Conditions() {
		require.Equal(t, c.Text != "bytes != ?" && c.Held || c.Text == "bytes != ?", true, "%v", c)
	}
	require.Equal(t, full.Prefs, res.Existing.Value.Prefs)
	theme, presence := codedExtra.From(res.Existing)
	require.Equal(t, coodie.StatePresent, presence)
	require.Equal(t, *full.Extra, theme)
	require.Equal(t, "abc", res.Existing.Map()["upper"])

	res, err = doc.If(codedUpper.Eq("abc")).Update(ctx, codedPrefs.Set(Prefs{Theme: "new"}), codedUpper.Set("def"), codedBytes.SetNull(), coodie.AnyCol(table, "path").Set([]string{"c"}))
	require.NoError(t, err)
	require.True(t, res.Applied)
	full.Prefs, full.Upper, full.Bytes, full.Path = Prefs{Theme: "new"}, "def", nil, []string{"c"}
	require.Equal(t, full, doc.Value)

	mutated, err := row.Mutate(ctx, func(_ context.Context, c *Coded) error { c.Prefs.Flags = map[string]int{"m": 1}; return nil })
	require.NoError(t, err)
	require.True(t, mutated.Changed)
	mutated, err = row.Mutate(ctx, func(_ context.Context, c *Coded) error { c.Prefs.Flags = map[string]int{"m": 1}; return nil })
	require.NoError(t, err)
	require.False(t, mutated.Changed, "equal values have equal texts")
	n, err := table.Find(codedUpper.Eq("def")).AllowFiltering().Count(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 1, n, "a filter as well")
}

// Null, the text null and the empty text are three things.
func TestCodecsOfNull(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	table := open[Coded](t, session)
	require.NoError(t, table.New(Coded{ID: "a", Backup: &Prefs{}}).Save(ctx))
	require.Equal(t, []cqltest.Row{{"prefs": `{"theme":""}`, "extra": nil, "hist": nil, "raw": nil, "anything": nil, "upper": "", "bytes": nil, "path": nil}},
		srv.MustRows("SELECT prefs, extra, hist, raw, anything, upper, bytes, path FROM app.coded"))
	row := table.Find(codedID.Eq("a"))
	got, err := row.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, Coded{ID: "a", Backup: &Prefs{}}, got)

	srv.MustExec("UPDATE app.coded SET prefs = null, extra = 'null', hist = 'null', raw = 'null', anything = 'null', upper = null, bytes = 0x, path = '' WHERE id = 'a'")
	got, err = row.Get(ctx)
	require.NoError(t, err)
	empty := ""
	require.Equal(t, Coded{ID: "a", Extra: &Prefs{}, Raw: json.RawMessage("null"), Bytes: &empty, Path: []string{""}, Backup: &Prefs{}}, got,
		"the text null is a value: a pointer to one, not nil")

	for column, text := range map[string]string{"prefs": "''", "extra": "'{'", "upper": "'BROKEN'"} {
		srv.MustExec("INSERT INTO app.coded (id, " + column + ") VALUES ('" + column + "', " + text + ")")
		_, err = table.Find(codedID.Eq(column)).Get(ctx)
		var decode *coodie.Error
		require.ErrorAs(t, err, &decode, column)
		require.Equal(t, coodie.KindDecode, decode.Kind)
		require.Equal(t, column, decode.Column)
		require.NotContains(t, err.Error(), "BROKEN")
	}
	require.ErrorIs(t, func() error { _, err := table.Find(codedID.Eq("upper")).Get(ctx); return err }(), errCodec)
}

func TestCodecRefusals(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	table := open[Coded](t, session)
	row := table.Find(codedID.Eq("a"))
	before := len(srv.Log())
	list := coodie.Col(func(c *Coded) *[]string { return &c.Path })
	field := coodie.Field(codedPrefs, func(p *Prefs) *string { return &p.Theme })
	for name, err := range map[string]error{
		"encode":    row.Update(ctx, codedUpper.Set("bad")),
		"condition": func() error { _, err := row.If(codedUpper.Eq("bad")).Delete(ctx); return err }(),
		"add":       row.Update(ctx, coodie.AnyCol(table, "path").Add([]string{"x"})),
		"list":      row.Update(ctx, coodie.Append(list, "x")),
		"field":     row.Update(ctx, field.Set("x")),
		"by field":  row.Update(ctx, coodie.AnyCol(table, "prefs").Field("theme").Set("x")),
		"element":   row.Update(ctx, coodie.AnyCol(table, "path").At(0).Set("x")),
		"other":     row.Update(ctx, coodie.AnyCol(table, "upper").Set(1)),
		"no JSON":   row.Update(ctx, coodie.AnyCol(table, "anything").Set(make(chan int))),
		"NaN":       table.New(Coded{ID: "a", Any: func() {}}).Save(ctx),
	} {
		var usage *coodie.Error
		require.ErrorAs(t, err, &usage, name)
		require.Equal(t, coodie.KindUsage, usage.Kind)
	}
	require.ErrorIs(t, row.Update(ctx, codedUpper.Set("bad")), errCodec)
	require.Len(t, srv.Log(), before, "nothing was sent")
}

// Upper has a codec, which structs that embed it have for its field.
type Upper struct {
	Name string `cql:"name,type=text,codec=case"`
}

func (Upper) Codecs() []coodie.Codec {
	return []coodie.Codec{coodie.CodecOf("case", func(s string) (string, error) { return strings.ToUpper(s), nil },
		func(s string) (string, error) { return s, nil })}
}

// Cased has another codec of that name.
type Cased struct {
	ID string `cql:"id,partition"`
	Upper
	Lower string `cql:"lower,type=text,codec=case"`
}

func (Cased) Codecs() []coodie.Codec {
	return []coodie.Codec{coodie.CodecOf("case", func(s string) (string, error) { return strings.ToLower(s), nil },
		func(s string) (string, error) { return s, nil })}
}

// TestCodecsOfAStruct: a codec is that of the struct which declares the field.
func TestCodecsOfAStruct(t *testing.T) {
	srv, session := server(t)
	table := open[Cased](t, session)
	require.NoError(t, table.New(Cased{ID: "a", Upper: Upper{Name: "Mixed"}, Lower: "Mixed"}).Save(t.Context()))
	row := srv.MustRows("SELECT name, lower FROM app.cased")[0]
	require.Equal(t, "MIXED", row["name"])
	require.Equal(t, "mixed", row["lower"])
}

// codecsOf declares the codecs of a struct that embeds it.
type (
	noCodecs      struct{}
	twoCodecs     struct{}
	intCodec      struct{}
	panickyCodecs struct{}
)

func same(s string) (string, error) { return s, nil }

func (twoCodecs) Codecs() []coodie.Codec {
	return []coodie.Codec{coodie.CodecOf("x", same, same), coodie.CodecOf("x", same, same)}
}

func (intCodec) Codecs() []coodie.Codec {
	return []coodie.Codec{coodie.CodecOf("x", func(s string) (int, error) { return len(s), nil }, func(int) (string, error) { return "", nil })}
}

func (panickyCodecs) Codecs() []coodie.Codec { panic("not today") }

func TestCodecMistakes(t *testing.T) {
	_, session := server(t)
	db := coodie.New(session)
	_, unknown := coodie.Open[struct {
		noCodecs
		A string `cql:"a,partition"`
		B string `cql:"b,type=text,codec=x"`
	}](db, coodie.WithTable("t"))
	_, twice := coodie.Open[struct {
		twoCodecs
		A string `cql:"a,partition"`
		B string `cql:"b,type=text,codec=x"`
	}](db, coodie.WithTable("t"))
	_, other := coodie.Open[struct {
		intCodec
		A string `cql:"a,partition"`
		B int    `cql:"b,type=text,codec=x"`
	}](db, coodie.WithTable("t"))
	_, typ := coodie.Open[struct {
		intCodec
		A string  `cql:"a,partition"`
		B *string `cql:"b,type=text,codec=x"`
	}](db, coodie.WithTable("t"))
	_, panics := coodie.Open[struct {
		panickyCodecs
		A string  `cql:"a,partition"`
		B *string `cql:"b,type=text,codec=x"`
	}](db, coodie.WithTable("t"))
	for says, err := range map[string]error{
		`has no codec "x": make it with CodecOf`: unknown,
		`has two codecs "x"`:                     twice,
		`codec "x" is for string, not for int`:   other,
		`codec "x" makes int`:                    typ,
		`panics: not today`:                      panics,
	} {
		var schema *coodie.SchemaError
		require.ErrorAs(t, err, &schema, says)
		require.Equal(t, "B", schema.Field)
		require.ErrorContains(t, err, says)
	}
}
