package gocqlv1

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
)

// A program may put ScyllaDB's fork in the place of gocql, by a replace in its go.mod. This file
// has the differences. It builds with both: a function or a method that only one of them has is
// found by a type assertion, a field by embedding. A field of an embedded struct hides a field of
// the same name that is embedded one level deeper, so the deeper one, which is always nil or "",
// is found only where the driver has none.

// nativeOf describes a type, and withClass a custom one: with gocql the class is an argument.
var nativeOf, withClass = func() (func(gocql.Type) gocql.NativeType, func(string) gocql.TypeInfo) {
	switch f := any(gocql.NewNativeType).(type) {
	case func(byte, gocql.Type, string) gocql.NativeType:
		return func(t gocql.Type) gocql.NativeType { return f(protocol, t, "") },
			func(class string) gocql.TypeInfo { return f(protocol, gocql.TypeCustom, class) }
	case func(byte, gocql.Type) gocql.NativeType:
		return func(t gocql.Type) gocql.NativeType { return f(protocol, t) },
			func(class string) gocql.TypeInfo { return classInfo{f(protocol, gocql.TypeCustom), class} }
	}
	panic("coodie: this version of gocql is not known")
}()

// classInfo describes a custom type where gocql.NewNativeType takes no class.
type classInfo struct {
	gocql.NativeType
	class string
}

func (c classInfo) Custom() string { return c.class }
func (c classInfo) String() string { return c.NativeType.String() + "(" + c.class + ")" }

// isFork reports whether the driver is ScyllaDB's fork.
var isFork = func() bool {
	_, yes := any(gocql.NewNativeType).(func(byte, gocql.Type) gocql.NativeType)
	return yes
}()

// addressOf is the address of a host as the config has it, or else its IP address.
func addressOf(h *gocql.HostInfo) string {
	if h, ok := any(h).(interface{ HostnameAndPort() string }); ok {
		return h.HostnameAndPort()
	}
	return net.JoinHostPort(h.ConnectAddress().String(), strconv.Itoa(h.Port()))
}

// errorFrame is an error of the server as the fork has it: it has no methods Code and Message, and
// so is no gocql.RequestError.
type errorFrame interface {
	error
	GetCode() int
	GetMessage() string
}

// answered makes a gocql.RequestError of an errorFrame, and unwraps to what the driver made of it.
type answered struct {
	frame errorFrame
	err   error
}

func (a *answered) Code() int       { return a.frame.GetCode() }
func (a *answered) Message() string { return a.frame.GetMessage() }
func (a *answered) Error() string   { return a.frame.Error() }
func (a *answered) Unwrap() error   { return a.err }

// answerOf finds what the server has said.
func answerOf(err error) (driver.Answer, bool) {
	var frame errorFrame
	if errors.As(err, &frame) {
		return &answered{frame, err}, true
	}
	return nil, false
}

// spoken is err with a gocql.RequestError in its chain if the server has sent it, with every driver.
func spoken(err error) error {
	if !isFork || err == nil {
		return err
	}
	return asAnswer(err)
}

// asAnswer is spoken of an error of the fork. Apart, since it allocates.
func asAnswer(err error) error {
	var answer gocql.RequestError
	var frame errorFrame
	if errors.As(err, &answer) || !errors.As(err, &frame) {
		return err
	}
	return &answered{frame, err}
}

// attemptError is the *QueryError of the fork, in which it wraps the error of every request. Its
// answer is false for an error that the server has sent, whatever that says of the write. So only
// true means something, except of an unreachable node.
type attemptError interface {
	error
	PotentiallyExecuted() bool
}

// unreachable reports whether the last thing that the fork tried was a node to which it had no
// connection. gocql passes over such a node in silence.
func unreachable(err error) bool {
	var attempt attemptError
	if !errors.As(err, &attempt) {
		return false
	}
	cause := errors.Unwrap(attempt)
	if cause == nil {
		return false
	}
	switch cause.Error() { // ErrHostDown, ErrNoPool, ErrNoConnectionsInPool
	case "gocql: host is nil or down", "gocql: host does not have a pool", "gocql: host pool does not have connections":
		return true
	}
	return false
}

// potentiallyExecuted reports whether the fork says so of an error.
func potentiallyExecuted(err error) bool {
	var attempt attemptError
	return errors.As(err, &attempt) && attempt.PotentiallyExecuted()
}

// made is a new query of a request. The fork reads a further page under a context of its
// own, which does not count frames. A binding function is called once for each of them.
func (s session) made(ctx context.Context, r *driver.Request, args []any) *gocql.Query {
	text := r.Statement + r.Marks
	if isFork && r.Kind == driver.Read && len(r.Values) == 0 {
		return s.Bind(text, func(*gocql.QueryInfo) ([]any, error) { return nil, driver.NextFrame(ctx) })
	}
	return s.Query(text, args...)
}

// keyspaceMetadata is what the driver knows of a keyspace. The fork drops a table's description
// when the table has changed, until somebody asks for that table.
func keyspaceMetadata(session *gocql.Session, name string, tables []string) (*gocql.KeyspaceMetadata, error) {
	m, err := session.KeyspaceMetadata(name)
	s, ok := any(session).(interface {
		TableMetadata(keyspace, table string) (*gocql.TableMetadata, error)
	})
	if err != nil || !ok {
		return m, err
	}
	asked := false
	for _, table := range tables {
		if m.Tables[table] == nil {
			_, _ = s.TableMetadata(name, table) // it may have been dropped
			asked = true
		}
	}
	if !asked {
		return m, nil
	}
	return session.KeyspaceMetadata(name)
}

// The names of fields that only one of the drivers has.
type (
	columnOf struct {
		*gocql.ColumnMetadata
		noColumn
	}
	noColumn struct{ deeperColumn }

	deeperColumn struct{ Validator string }

	keyspaceOf struct {
		*gocql.KeyspaceMetadata
		noKeyspace
	}
	noKeyspace struct{ deeperKeyspace }

	deeperKeyspace struct {
		UserTypes map[string]*userType[gocql.TypeInfo] // gocql's
		Types     map[string]*userType[string]         // the fork's
	}
)

// userType is a user-defined type as both drivers have it: T is a gocql.TypeInfo, or CQL.
type userType[T any] struct {
	Keyspace   string
	Name       string
	FieldNames []string
	FieldTypes []T
}

// validatorOf is the type of a column in CQL.
func validatorOf(c *gocql.ColumnMetadata) string {
	if text, ok := any(c.Type).(string); ok {
		return text
	}
	return columnOf{ColumnMetadata: c}.Validator
}

func userTypesOf(m *gocql.KeyspaceMetadata) (all []driver.UserType) {
	k := keyspaceOf{KeyspaceMetadata: m}
	all = appendTypes(all, k.UserTypes, func(live gocql.TypeInfo, declared *codec.Type) bool {
		return live.Type() == gocql.TypeCustom || same(declared, live) // of a user-defined type gocql knows the name alone
	})
	return appendTypes(all, k.Types, func(live string, declared *codec.Type) bool {
		t, err := codec.ParseType(live)
		if err != nil || declared == nil {
			return false
		}
		t.Frozen = declared.Frozen
		return declared.Equal(t)
	})
}

func appendTypes[U ~struct {
	Keyspace   string
	Name       string
	FieldNames []string
	FieldTypes []T
}, T any](all []driver.UserType, types map[string]*U, same func(live T, declared *codec.Type) bool) []driver.UserType {
	for _, of := range types {
		t := userType[T](*of)
		all = append(all, driver.UserType{Name: t.Name, Fields: t.FieldNames, Text: fmt.Sprint(t.FieldNames, t.FieldTypes), Same: func(i int, declared *codec.Type) bool {
			return same(t.FieldTypes[i], declared)
		}})
	}
	return all
}
