// Package program runs inside a user's module, to see structs as the user's program does. The command coodie holds its
// source, and builds it there with the user's package: it imports only what users import.
package program

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"syscall"

	"github.com/coodie-go/coodie"
)

// Request is what the command asks for.
type Request struct {
	Connection
	Sync, Strict bool
	Answer       string // the file to write
}

// Answer is what the program says.
type Answer struct {
	Tables []Table             `json:"tables"`
	Done   []coodie.Difference `json:"done"` // by Sync
	Left   []coodie.Difference `json:"left"`
	Errors []Mistake           `json:"errors"`
}

// Table says which struct describes a table or view.
type Table struct{ Name, Package, Struct string }

// Mistake is an error, and the field that it is about.
type Mistake struct{ Text, Package, Struct, Field string }

// List collects tables that are opened one by one.
type List struct {
	Tables []coodie.AnyTable
	errs   []error
}

// Open opens the table of a struct.
func Open[T any](db *coodie.DB, list *List) {
	t, err := coodie.Open[T](db)
	if err != nil {
		list.errs = append(list.errs, err)
		return
	}
	list.Tables = append(list.Tables, t)
}

// Err is the errors of all structs.
func (l *List) Err() error { return errors.Join(l.errs...) }

// Main reads the request from standard input, compares what open returns with the server, writes the answer and exits.
// open returns a *List, tables, a schema, or what has a method Schema.
func Main(open func(*coodie.DB) (any, error)) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var r Request
	err := json.NewDecoder(os.Stdin).Decode(&r)
	if err == nil {
		var answer []byte
		if answer, err = json.Marshal(r.run(ctx, open)); err == nil {
			err = os.WriteFile(r.Answer, answer, 0o600)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func (r *Request) run(ctx context.Context, open func(*coodie.DB) (any, error)) (a Answer) {
	db, err := r.Connect(ctx)
	if err != nil {
		a.fail(err)
		return a
	}
	defer db.Close()
	opened, err := open(db)
	if err != nil {
		a.fail(err)
		return a
	}
	var schema *coodie.Tables
	var tables []coodie.AnyTable
	switch o := opened.(type) {
	case *List:
		tables = o.Tables
	case []coodie.AnyTable:
		tables = o
	case *coodie.Tables:
		schema = o
	case interface {
		Schema(*coodie.DB) *coodie.Tables
	}:
		schema, tables = o.Schema(db), fields(o)
	default:
		a.fail(fmt.Errorf("the function returns a %T: it returns []coodie.AnyTable, *coodie.Tables, or what has a method Schema(*coodie.DB) *coodie.Tables", opened))
		return a
	}
	if schema == nil {
		schema = coodie.Schema(db, tables...)
	}
	for _, t := range tables {
		a.describe(t)
	}
	if r.Strict {
		schema = schema.Strict()
	}
	if !r.Sync {
		a.Left, err = schema.Diff(ctx)
		a.fail(err)
		return a
	}
	a.Done, err = schema.Sync(ctx)
	var mismatch *coodie.MismatchError
	if errors.As(err, &mismatch) {
		a.Left, err = mismatch.Differences, nil
	}
	a.fail(err)
	return a
}

// fields are the tables in the fields of a struct.
func fields(of any) (tables []coodie.AnyTable) {
	v := reflect.Indirect(reflect.ValueOf(of))
	if v.Kind() != reflect.Struct {
		return nil
	}
	for i := range v.NumField() {
		if f := v.Field(i); f.CanInterface() {
			if t, ok := f.Interface().(coodie.AnyTable); ok {
				tables = append(tables, t)
			}
		}
	}
	return tables
}

// describe notes the struct of a table.
func (a *Answer) describe(t coodie.AnyTable) {
	named, ok := t.(interface{ Name() string })
	_, of, generic := strings.Cut(strings.TrimSuffix(fmt.Sprintf("%T", t), "]"), "[")
	dot := strings.LastIndexByte(of, '.')
	if v := reflect.ValueOf(t); v.Kind() == reflect.Pointer && v.IsNil() {
		return
	}
	if !ok || !generic || dot < 0 || strings.ContainsAny(of, "[,") { // variants are several structs
		return
	}
	a.Tables = append(a.Tables, Table{named.Name(), of[:dot], of[dot+1:]})
}

// fail notes an error: those that are joined one by one.
func (a *Answer) fail(err error) {
	if err == nil {
		return
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			a.fail(e)
		}
		return
	}
	m := Mistake{Text: err.Error()}
	var e *coodie.SchemaError
	if errors.As(err, &e) && e.Type != nil {
		m.Package, m.Struct, m.Field = e.Type.PkgPath(), e.Type.Name(), e.Field
	}
	a.Errors = append(a.Errors, m)
}
