package driver

import (
	"context"
	"fmt"

	"github.com/coodie-go/coodie/internal/codec"
)

// ErrPlanned is why a write of a planning context was not sent.
var ErrPlanned = NewMark("coodie: planned, not sent")

type planKey struct{}

// Planning returns a context under which nothing is sent: each request is told to record
// instead, whose memory is the request's. A read then has no rows, and everything else
// fails with a *NotSentError of ErrPlanned.
func Planning(ctx context.Context, record func(*Request)) context.Context {
	return context.WithValue(ctx, planKey{}, record)
}

// IsPlanning reports whether nothing is sent under the context.
func IsPlanning(ctx context.Context) bool { return ctx.Value(planKey{}) != nil }

// planned tells the plan of a request, if there is one. It reports whether there is.
func planned(ctx context.Context, r *Request) (yes bool, err error) {
	record, yes := ctx.Value(planKey{}).(func(*Request))
	if !yes {
		return false, nil
	}
	record(r)
	if r.Kind != Read && r.Kind != SerialRead {
		err = &NotSentError{ErrPlanned}
	}
	return true, err
}

// Shown is the CQL type and the value of one of a request's values, of the natural Go type
// of its CQL type; nil is null. Where only the server knows the type, it is the Go type.
func Shown(v *Value) (typ string, value any) {
	t := v.typ
	switch {
	case v.state == unset:
		return "unset", Unset
	case v.call == nil:
		return fmt.Sprintf("%T", v.arg), v.arg
	case t == nil && v.state == null:
		return "null", nil
	case v.list:
		t = &codec.Type{Kind: codec.List, Elem: t}
	}
	if v.state != set {
		return t.String(), nil
	}
	cell := v.call.scratch[v.start:v.end:v.end]
	if cell == nil {
		cell = []byte{}
	}
	value, err := codec.DecodeAny(t, cell)
	if err != nil {
		value = cell
	}
	return t.String(), value
}
