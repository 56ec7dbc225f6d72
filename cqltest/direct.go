package cqltest

import (
	"context"
	"errors"
	"fmt"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// Row is one row of a result: its columns' values by name. A null is nil.
//
//	ascii, text        string           date, timestamp  time.Time, in UTC
//	tinyint … bigint   int8 int16 int int64             time             time.Duration
//	counter            int64            duration         gocql.Duration
//	varint             *big.Int         uuid, timeuuid   gocql.UUID
//	decimal            *inf.Dec         inet             net.IP
//	float, double      float32 float64  list, set, vector  []T
//	boolean            bool             map              map[K]V
//	blob               []byte           tuple            []any
//	                                    user-defined     map[string]any
//
// K is string, the key as a CQL literal, where keys are of a type that Go does
// not compare as CQL does, such as blob. A value of no bytes, where the type
// has none, is [Empty].
type Row map[string]any

// Error is what a server says when it refuses a statement.
type Error struct {
	Code    int // of the native protocol: 0x2200 is Invalid
	Message string
}

// Error returns the server's message.
func (e *Error) Error() string { return e.Message }

// Exec runs a statement without a client: faults do not strike it and the log
// does not show it. Without arguments cql may be a script of several
// statements, each ended by a semicolon. A USE lasts for later calls of Exec
// and Rows.
//
// An argument is of the type that [Row] lists for its bind marker's, or one like
// it: another number, any [16]byte for a UUID, netip.Addr, a slice of any, the
// text of a literal. A nil is null, [gocql.UnsetValue] leaves the marker unset
// and [Empty] binds a value of no bytes.
//
// An error of the server is an [*Error].
func (s *Server) Exec(cql string, args ...any) error {
	texts := []string{cql}
	if len(args) == 0 {
		var err error
		if texts, err = split(cql); err != nil {
			return err
		}
	}
	for _, text := range texts {
		if _, err := s.run(text, args); err != nil {
			if len(texts) > 1 {
				return fmt.Errorf("%s: %w", firstLine(text), err)
			}
			return err
		}
	}
	return nil
}

// Rows runs a statement as [Server.Exec] does and returns its rows: those of a
// SELECT, or what a conditional statement answers.
func (s *Server) Rows(cql string, args ...any) ([]Row, error) {
	result, err := s.run(cql, args)
	if err != nil {
		return nil, err
	}
	rows := make([]Row, len(result.Rows))
	for i, cells := range result.Rows {
		rows[i] = make(Row, len(cells))
		for j, c := range result.Columns {
			if rows[i][c.Name], err = goValue(c.Type, cells[j]); err != nil {
				return nil, fmt.Errorf("column %s: %w", c.Name, err)
			}
		}
	}
	return rows, nil
}

// MustExec is [Server.Exec] for set-up that has to work: an error ends the test
// that the server was started for by [RunT], and panics if there is none. It is
// to be called from the test's goroutine or in a [Do] step, where an error fails
// the test and leaves the client without an answer.
func (s *Server) MustExec(cql string, args ...any) {
	if s.t != nil {
		s.t.Helper()
	}
	if err := s.Exec(cql, args...); err != nil {
		s.fail(err)
	}
}

// MustRows is [Server.Rows] with [Server.MustExec]'s way with errors.
func (s *Server) MustRows(cql string, args ...any) []Row {
	if s.t != nil {
		s.t.Helper()
	}
	rows, err := s.Rows(cql, args...)
	if err != nil {
		s.fail(err)
	}
	return rows
}

func (s *Server) run(cql string, args []any) (*protocol.Result, error) {
	s.directMu.Lock()
	client := s.direct
	s.directMu.Unlock()
	result, err := s.execute(&client, cql, args)
	if err != nil {
		return nil, err
	}
	if result.Kind == protocol.SetKeyspace {
		s.directMu.Lock()
		s.direct.Keyspace = result.Keyspace
		s.directMu.Unlock()
	}
	return result, nil
}

func (s *Server) execute(client *protocol.Client, cql string, args []any) (*protocol.Result, error) {
	p, err := s.engine.Compile(client, cql)
	if err != nil {
		return nil, publicError(err)
	}
	values, err := bindAll(p.Binds, args)
	if err != nil {
		return nil, err
	}
	result, err := s.engine.Execute(context.Background(), client, p, protocol.Params{Consistency: protocol.One, Values: values})
	if err != nil {
		return nil, publicError(err)
	}
	return result, nil
}

func publicError(err error) error {
	var e *protocol.Error
	if errors.As(err, &e) {
		return &Error{Code: e.Code, Message: e.Message}
	}
	return err
}

// split cuts a script into the texts of its statements.
func split(script string) ([]string, error) {
	statements, err := cqlparse.ParseScript(script)
	if err != nil {
		return nil, &Error{Code: protocol.CodeSyntax, Message: err.Error()}
	}
	texts := make([]string, len(statements))
	for i, statement := range statements {
		head := statement.Header()
		texts[i] = script[head.Offset:head.End.Offset]
	}
	return texts, nil
}

func firstLine(s string) string {
	for i, r := range s {
		if r == '\n' || i >= 60 {
			return s[:i] + " …"
		}
	}
	return s
}
