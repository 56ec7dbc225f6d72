package coodie

import (
	"context"
	"reflect"

	"github.com/coodie-go/coodie/internal/answer"
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/stmt"
)

// BeforeSaver is a hook of a table's struct: a method of *T that may fill in fields.
//
// It runs where a whole row is written: Insert, Save, Replace, Create, Mutate once its
// function has changed something, and their templates in batches, where it runs within Exec.
// Update, which writes only what it is told, and Delete run no hook. Validate comes after it;
// before it comes, in an INSERT, the default (tag `default=`) of each column that is null.
//
// It runs on a copy of the document's Value, which becomes Value once the write is applied;
// slices and maps are not copied. Its error keeps the write from being sent and comes out as
// an error of KindHook.
type BeforeSaver interface {
	BeforeSave(ctx context.Context) error
}

// Validator is a hook of a table's struct: it says what is wrong with the row that is about
// to be written. It runs where BeforeSave runs, after it, and its error keeps the write from
// being sent. The method may take the call's context: Validate(ctx context.Context) error.
// WithoutValidate keeps it from being called.
type Validator interface {
	Validate() error
}

// contextValidator is Validator with the call's context.
type contextValidator interface {
	Validate(ctx context.Context) error
}

// WithoutValidate keeps coodie from calling the struct's Validate method. It is for structs whose
// Validate has another purpose, or another signature than those of Validator: Open
// refuses such a struct without it.
func WithoutValidate() Option { return option(func(s *settings) { s.noValidate = true }) }

// AfterLoader is a hook of a table's struct: a method of *T that runs on each row that has
// been read, before anybody else sees it: by Get, First, All, Iter and every other read of
// rows, and before Mutate's function. It does not run on Existing, which may hold some of the
// columns only. Its error ends the read and comes out as an error of KindHook.
type AfterLoader interface {
	AfterLoad(ctx context.Context) error
}

// hooks says which ones T has, so that a table without any pays nothing.
type hooks struct {
	beforeSave, validate, afterLoad bool

	kind *kindOfRow // of a variant; nil: it is none
}

// hooksOf looks for T's hooks. A method of a hook's name that is none is a mistake, which
// would otherwise show by nothing happening.
//
// The names are constants where MethodByName gets them: with a variable the linker would keep all
// exported methods of the whole program.
func hooksOf(typ reflect.Type, noValidate bool) (h hooks, err error) {
	p := reflect.PointerTo(typ)
	h.beforeSave = p.Implements(reflect.TypeFor[BeforeSaver]())
	h.validate = p.Implements(reflect.TypeFor[Validator]()) || p.Implements(reflect.TypeFor[contextValidator]())
	h.afterLoad = p.Implements(reflect.TypeFor[AfterLoader]())
	other := func(method, want string) error {
		return &SchemaError{Type: typ, Reason: "method " + method + " has another signature than coodie calls: " + want}
	}
	if _, has := p.MethodByName("BeforeSave"); has && !h.beforeSave {
		return h, other("BeforeSave", "BeforeSave(ctx context.Context) error")
	}
	if _, has := p.MethodByName("AfterLoad"); has && !h.afterLoad {
		return h, other("AfterLoad", "AfterLoad(ctx context.Context) error")
	}
	if noValidate {
		h.validate = false
	} else if _, has := p.MethodByName("Validate"); has && !h.validate {
		return h, other("Validate", "Validate() error or Validate(ctx context.Context) error; if it is not meant for coodie, open the table with WithoutValidate()")
	}
	return h, nil
}

// prepares reports whether anything happens to a row before it is written.
func (t *table) prepares() bool {
	return t != nil && (len(t.schema.Meta.Defaults) > 0 || t.hooks.beforeSave || t.hooks.validate || t.hooks.kind != nil)
}

// prepare is table.prepare under the Timeout that the chain names, if it does.
func (c *call) prepare(ctx context.Context, op string, v codec.Addr, fill bool) (codec.Addr, error) {
	if v.None() || !c.table.prepares() {
		return v, nil
	}
	ctx, cancel := within(ctx, c.spec.Per)
	defer cancel()
	row, err := c.table.prepare(ctx, op, v, fill)
	named := c.table.call()
	named.spec.Value = v
	return row, named.locate(err)
}

// prepare returns v as it is to be written: v itself, or a copy that has passed the hooks, with
// its defaults filled in for an INSERT.
func (t *table) prepare(ctx context.Context, op string, v codec.Addr, fill bool) (codec.Addr, error) {
	if v.None() || !t.prepares() {
		return v, nil
	}
	own := t.schema.Copy(v)
	if t.hooks.kind != nil {
		if err := t.hooks.kind.mark(t, op, own); err != nil {
			return v, err
		}
	}
	if fill {
		for _, col := range t.schema.Meta.Defaults {
			if err := col.Fill(own); err != nil {
				return v, misuse(op, t.schema.Name, col.Name, "its default could not be made", err)
			}
		}
	}
	if t.hooks.beforeSave {
		if err := t.hooked(own).(BeforeSaver).BeforeSave(ctx); err != nil {
			return v, &Error{Kind: KindHook, Op: op, Table: t.schema.Name, Reason: "BeforeSave", Err: err}
		}
	}
	if t.hooks.validate {
		var err error
		switch v := t.hooked(own).(type) {
		case Validator:
			err = v.Validate()
		case contextValidator:
			err = v.Validate(ctx)
		}
		if err != nil {
			return v, &Error{Kind: KindHook, Op: op, Table: t.schema.Name, Reason: "Validate", Err: err}
		}
	}
	return own, nil
}

const (
	opInsert  = "insert"
	opSave    = "save"
	opReplace = "replace"
	opMutate  = "mutate"
	opRaw     = "raw"
	opConnect = "connect"
)

// loaded is what happens to a row after it has been read.
func (t *table) loaded(ctx context.Context, v codec.Addr) error {
	if t.hooks.kind != nil {
		if err := t.hooks.kind.check(t, v); err != nil {
			return err
		}
	}
	if !t.hooks.afterLoad {
		return nil
	}
	if err := t.hooked(v).(AfterLoader).AfterLoad(ctx); err != nil {
		return &Error{Kind: KindHook, Op: "select", Table: t.schema.Name, Reason: "AfterLoad", Err: err}
	}
	return nil
}

// hooked is the row at p as a *T, which has the hooks.
func (t *table) hooked(p codec.Addr) any { return p.Value(t.schema.Meta.Go).Addr().Interface() }

// adopt makes what was prepared from v the document's Value, once it is written.
func (c *call) adopt(written, v codec.Addr) {
	if c.doc == nil || c.table == nil {
		return
	}
	if written != v {
		c.table.schema.Set(c.held, written)
	}
	c.doc.see(written)
}

// load decodes a row as a read returns it.
func (m *mutation) load(ctx context.Context, v codec.Addr, row *answer.Row) error {
	if err := m.call.table.source.Restore(v, row); err != nil {
		return err
	}
	ctx, cancel := within(ctx, m.call.spec.Per)
	defer cancel()
	if !m.call.table.hooks.afterLoad {
		return m.call.table.loaded(ctx, v)
	}
	return m.outside(ctx, func(ctx context.Context) error { return m.call.table.loaded(ctx, v) })
}

// prepare is call.prepare of a row that Mutate writes.
func (m *mutation) prepare(ctx context.Context, op string, v codec.Addr, fill bool) (row codec.Addr, err error) {
	err = m.outside(ctx, func(ctx context.Context) (err error) {
		row, err = m.call.prepare(ctx, op, v, fill)
		return err
	})
	return row, err
}

// hooked runs the hooks of the row that the function has changed, nil if it has changed nothing. loaded
// is the row as the function was given it; nil if there are no hooks.
func (m *mutation) hooked(ctx context.Context, row *answer.Row, changed codec.Addr) (value, loaded codec.Addr, err error) {
	t := m.call.table
	if t.hooks == (hooks{}) {
		return changed, codec.Addr{}, nil
	}
	loaded = t.schema.New()
	if err := m.load(ctx, loaded, row); err != nil {
		return codec.Addr{}, codec.Addr{}, err
	}
	if stmt.Differs(loaded, changed, t.schema.Meta.Columns) == nil {
		m.res.value = loaded
		return codec.Addr{}, codec.Addr{}, nil
	}
	value, err = m.prepare(ctx, opMutate, changed, false)
	return value, loaded, err
}
