package coodie

import (
	"context"
	"fmt"
	"reflect"
	"unsafe"
)

// BeforeSaver is a hook of a table's struct: a method of *T that may fill in fields.
//
// It runs where a whole row is written: Insert, Save, Replace, Create, Mutate once its
// function has changed something, and their forms in batches, where it runs within Exec.
// Update, which writes only what it is told, and Delete run no hook. Validate comes after it;
// before it comes, in an INSERT, the default (tag `default=`) of each column that is null.
//
// It runs on a copy of the document's Value, which becomes Value once the write is applied;
// slices and maps are not copied. Its error keeps the write from being sent and comes out as
// a *HookError.
type BeforeSaver interface {
	BeforeSave(ctx context.Context) error
}

// Validator is a hook of a table's struct: it says what is wrong with the row that is about
// to be written. It runs where BeforeSave runs, after it, and its error keeps the write from
// being sent.
type Validator interface {
	Validate() error
}

// AfterLoader is a hook of a table's struct: a method of *T that runs on each row that has
// been read, before anybody else sees it: by Get, First, All, Iter and every other read of
// rows, and before Mutate's function. It does not run on Existing, which may hold some of the
// columns only. Its error ends the read and comes out as a *HookError.
type AfterLoader interface {
	AfterLoad(ctx context.Context) error
}

// HookError is the error of a struct's BeforeSave, Validate or AfterLoad, to which it
// unwraps. Of a write nothing was sent.
type HookError struct {
	Op    string // "insert", "save", "replace", "mutate", "select"
	Table string
	Hook  string // the method
	Err   error
}

func (e *HookError) Error() string {
	return fmt.Sprintf("coodie: %s %s: %s: %v", e.Op, e.Table, e.Hook, e.Err)
}

func (e *HookError) Unwrap() error { return e.Err }

// hooks says which ones T has, so that a table without any pays nothing.
type hooks struct{ beforeSave, validate, afterLoad bool }

// hooksOf looks for T's hooks. A method of a hook's name that is none is a mistake, which
// would otherwise show by nothing happening.
func hooksOf[T any]() (h hooks, err error) {
	var v *T
	_, h.beforeSave = any(v).(BeforeSaver)
	_, h.validate = any(v).(Validator)
	_, h.afterLoad = any(v).(AfterLoader)
	for _, hook := range [...]struct {
		name, want string
		is         bool
	}{
		{"BeforeSave", "(ctx context.Context) error", h.beforeSave},
		{"Validate", "() error", h.validate},
		{"AfterLoad", "(ctx context.Context) error", h.afterLoad},
	} {
		if _, has := reflect.TypeFor[*T]().MethodByName(hook.name); has && !hook.is {
			return h, &SchemaError{Type: reflect.TypeFor[T](), Reason: fmt.Sprintf(
				"method %s is called by coodie if it is %s%s; it has another signature", hook.name, hook.name, hook.want)}
		}
	}
	return h, nil
}

// prepares reports whether anything happens to a row before it is written.
func (t *Table[T]) prepares() bool {
	return t != nil && (len(t.meta.Defaults) > 0 || t.hooks.beforeSave || t.hooks.validate)
}

// prepare returns v as it is to be written: v itself, or a copy that has passed the hooks, with
// its defaults filled in for an INSERT.
func (t *Table[T]) prepare(ctx context.Context, op string, v *T, fill bool) (*T, error) {
	if v == nil || !t.prepares() {
		return v, nil
	}
	own := *v
	if fill {
		for _, col := range t.meta.Defaults {
			if err := col.Fill(unsafe.Pointer(&own)); err != nil {
				return v, &UsageError{Op: op, Table: t.name, Column: col.Name, Reason: "its default could not be made", Err: err}
			}
		}
	}
	if t.hooks.beforeSave {
		if err := any(&own).(BeforeSaver).BeforeSave(ctx); err != nil {
			return v, &HookError{Op: op, Table: t.name, Hook: "BeforeSave", Err: err}
		}
	}
	if t.hooks.validate {
		if err := any(&own).(Validator).Validate(); err != nil {
			return v, &HookError{Op: op, Table: t.name, Hook: "Validate", Err: err}
		}
	}
	return &own, nil
}

const (
	opInsert  = "insert"
	opSave    = "save"
	opReplace = "replace"
	opMutate  = "mutate"
)

// loaded is what happens to a row after it has been read.
func (t *Table[T]) loaded(ctx context.Context, v *T) error {
	if !t.hooks.afterLoad {
		return nil
	}
	if err := any(v).(AfterLoader).AfterLoad(ctx); err != nil {
		return &HookError{Op: "select", Table: t.name, Hook: "AfterLoad", Err: err}
	}
	return nil
}

// adopt makes what was prepared from v the document's Value, once it is written.
func (d *Document[T]) adopt(written, v *T) {
	if d != nil && written != v {
		d.Value = *written
	}
}

// load decodes a row as a read returns it.
func (m *mutation[T]) load(ctx context.Context, v *T, row *Existing[T]) error {
	if err := m.chain.restore(v, row); err != nil {
		return err
	}
	return m.chain.table.loaded(ctx, v)
}

// hooked runs the hooks of the row that the function has changed, nil if it has changed nothing.
func (m *mutation[T]) hooked(ctx context.Context, row *Existing[T], value T) (*T, error) {
	t := m.chain.table
	if t.hooks == (hooks{}) {
		return &value, nil
	}
	var given T
	if err := m.load(ctx, &given, row); err != nil {
		return nil, err
	}
	if m.chain.differs(&given, &value, t.meta.Columns) == nil {
		m.res.Value = given
		return nil, nil
	}
	return t.prepare(ctx, opMutate, &value, false)
}
