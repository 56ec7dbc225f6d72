package diff

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/datastax/go-cassandra-native-protocol/frame"
	"github.com/datastax/go-cassandra-native-protocol/message"
	"github.com/datastax/go-cassandra-native-protocol/primitive"
)

// superuser is a new server's user, and its password.
const superuser = "cassandra"

// maxPages bounds how often a step is continued.
const maxPages = 50

// Run runs a script in a fresh keyspace of the server at addr and returns one
// answer per step. Its error is about the harness; what the server refuses is
// an answer.
func Run(ctx context.Context, addr string, s *Script) ([]Answer, error) {
	r := runner{ctx: ctx, addr: addr, keyspace: s.Keyspace(), clients: map[string]*Client{}, prepared: map[string]preparedIDs{}}
	defer r.close()
	drop := "DROP KEYSPACE IF EXISTS " + r.keyspace
	create := "CREATE KEYSPACE " + r.keyspace + " WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}"
	if err := r.outside(drop, create); err != nil {
		return nil, err
	}
	answers := make([]Answer, len(s.Steps))
	for i := range s.Steps {
		var err error
		if answers[i], err = r.step(&s.Steps[i]); err != nil {
			return nil, fmt.Errorf("%s.cql:%d: %w", s.Name, s.Steps[i].Line, err)
		}
	}
	return answers, r.outside(drop)
}

type runner struct {
	ctx      context.Context
	addr     string
	keyspace string
	clients  map[string]*Client
	prepared map[string]preparedIDs // by the names that the script gives
}

// preparedIDs name a prepared statement and, from version 5 on, its columns.
type preparedIDs struct{ statement, columns []byte }

func (r *runner) close() {
	for _, c := range r.clients {
		c.Close()
	}
}

// client returns the connection of that name. The one without a name starts in
// the keyspace of the script.
func (r *runner) client(name string) (*Client, error) {
	if c := r.clients[name]; c != nil {
		return c, nil
	}
	version := primitive.ProtocolVersion4
	if strings.HasPrefix(name, "v5") {
		version = primitive.ProtocolVersion5
	}
	user, password, named := strings.Cut(name, ":")
	if !named {
		user, password = superuser, superuser
	}
	c, err := Dial(r.ctx, r.addr, version, user, password)
	if err != nil {
		return nil, err
	}
	if name == "" {
		if err := c.must("USE " + r.keyspace); err != nil {
			c.Close()
			return nil, err
		}
	}
	r.clients[name] = c
	return c, nil
}

// outside runs statements that are no part of the script.
func (r *runner) outside(statements ...string) error {
	c, err := Dial(r.ctx, r.addr, primitive.ProtocolVersion4, superuser, superuser)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, cql := range statements {
		if err := c.must(cql); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) must(cql string) error {
	f, err := c.Do(&message.Query{Query: cql, Options: &message.QueryOptions{Consistency: primitive.ConsistencyLevelOne}})
	if err == nil && f.Header.OpCode == primitive.OpCodeError {
		err = fmt.Errorf("refused: %v", f.Body.Message)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", cql, err)
	}
	return nil
}

func (r *runner) step(s *Step) (Answer, error) {
	if s.Sleep > 0 {
		time.Sleep(s.Sleep)
	}
	a := recorder{mask: s.Mask}
	c, err := r.client(s.Conn)
	if refused := new(LoginError); errors.As(err, &refused) {
		a.frame(refused.Answer)
		return a.answer, nil
	}
	if err != nil {
		return nil, err
	}
	switch s.How {
	case Simple:
		err = a.pages(c, s, func(o *message.QueryOptions) message.Message {
			return &message.Query{Query: s.Text, Options: o}
		})
	case Prepare, Bound:
		var prepared *message.PreparedResult
		if prepared, err = a.prepare(c, s); err != nil || prepared == nil {
			if s.Name != "" {
				r.prepared[s.Name] = preparedIDs{}
			}
			break
		}
		if s.Name != "" {
			a.line("id %x", prepared.PreparedQueryId)
			if prepared.ResultMetadataId != nil {
				a.line("columns' id %x", prepared.ResultMetadataId)
			}
			r.prepared[s.Name] = preparedIDs{prepared.PreparedQueryId, prepared.ResultMetadataId}
		}
		if s.How == Prepare {
			break
		}
		a.columns = prepared.ResultMetadata.Columns
		err = a.pages(c, s, func(o *message.QueryOptions) message.Message {
			return &message.Execute{QueryId: prepared.PreparedQueryId, ResultMetadataId: prepared.ResultMetadataId, Options: o}
		})
	case Execute:
		ids, named := r.prepared[s.Text]
		id := ids.statement
		if !named {
			if id, err = hex.DecodeString(s.Text); err != nil {
				return nil, fmt.Errorf("nothing is prepared under that name: %w", err)
			}
		}
		if id == nil {
			a.line("nothing was prepared")
			break
		}
		err = a.pages(c, s, func(o *message.QueryOptions) message.Message {
			return &message.Execute{QueryId: id, ResultMetadataId: ids.columns, Options: o}
		})
	case Batch:
		err = a.batch(c, s)
	}
	if err != nil { // the server hung up or fell silent
		c.Close()
		delete(r.clients, s.Conn)
		a.line("lost %s", "the connection")
	}
	return a.answer, nil
}

func (s *Step) queryOptions() *message.QueryOptions {
	o := &message.QueryOptions{
		Consistency:       s.Consistency,
		SerialConsistency: s.Serial,
		DefaultTimestamp:  s.Timestamp,
		SkipMetadata:      s.SkipMeta,
		PageSize:          s.PageSize,
		PagingState:       s.State,
		Keyspace:          s.Keyspace,
		NowInSeconds:      s.Now,
	}
	for _, v := range s.Values {
		if v.Name == "" {
			o.PositionalValues = append(o.PositionalValues, v.Wire)
			continue
		}
		if o.NamedValues == nil {
			o.NamedValues = map[string]*primitive.Value{}
		}
		o.NamedValues[v.Name] = v.Wire
	}
	return o
}

// A recorder writes down what a server answers to one step.
type recorder struct {
	answer  Answer
	mask    []string
	columns []*message.ColumnMetadata // of the rows, when they come without
}

func (a *recorder) line(format string, args ...any) {
	a.answer = append(a.answer, fmt.Sprintf(format, args...))
}

// pages sends a request until its last page.
func (a *recorder) pages(c *Client, s *Step, request func(*message.QueryOptions) message.Message) error {
	options := s.queryOptions()
	for range maxPages {
		f, err := c.Do(request(options))
		if err != nil {
			return err
		}
		a.frame(f)
		rows, ok := f.Body.Message.(*message.RowsResult)
		if !ok || rows.Metadata.PagingState == nil {
			return nil
		}
		a.line("more")
		options.PagingState = rows.Metadata.PagingState
	}
	a.line("lost in more than %d pages", maxPages)
	return nil
}

func (a *recorder) prepare(c *Client, s *Step) (*message.PreparedResult, error) {
	f, err := c.Do(&message.Prepare{Query: s.Text, Keyspace: s.Keyspace})
	if err != nil {
		return nil, err
	}
	a.frame(f)
	prepared, _ := f.Body.Message.(*message.PreparedResult)
	return prepared, nil
}

func (a *recorder) batch(c *Client, s *Step) error {
	batch := &message.Batch{
		Type:              s.Kind,
		Consistency:       s.Consistency,
		SerialConsistency: s.Serial,
		DefaultTimestamp:  s.Timestamp,
		Keyspace:          s.Keyspace,
		NowInSeconds:      s.Now,
	}
	for i := range s.Children {
		child := &s.Children[i]
		entry := &message.BatchChild{Query: child.Text, Values: child.queryOptions().PositionalValues}
		if child.How == Bound {
			prepared, err := a.prepare(c, child)
			if err != nil || prepared == nil {
				return err
			}
			entry.Query, entry.Id = "", prepared.PreparedQueryId
		}
		batch.Children = append(batch.Children, entry)
	}
	f, err := c.Do(batch)
	if err != nil {
		return err
	}
	a.frame(f)
	return nil
}

func (a *recorder) frame(f *frame.Frame) {
	switch m := f.Body.Message.(type) {
	case *message.VoidResult:
		a.line("void")
	case *message.SetKeyspaceResult:
		a.line("keyspace %s", m.Keyspace)
	case *message.SchemaChangeResult:
		a.line("%s", strings.TrimSpace(fmt.Sprintf("schema %s %s %s %s %s", m.ChangeType, m.Target, m.Keyspace, m.Object, strings.Join(m.Arguments, ", "))))
	case *message.PreparedResult:
		a.line("prepared %d %s -> %s", m.VariablesMetadata.PkIndices, renderColumns(m.VariablesMetadata.Columns), renderColumns(m.ResultMetadata.Columns))
	case *message.RowsResult:
		a.rows(m)
	case message.Error:
		a.line("error %04x%s", int32(m.GetErrorCode()), errorDetail(m))
		a.line("message %s", steady(oneLine(m.GetErrorMessage())))
	default:
		a.line("%T", m)
	}
	for _, w := range f.Body.Warnings {
		a.line("warning %s", oneLine(w))
	}
}

func (a *recorder) rows(m *message.RowsResult) {
	columns := m.Metadata.Columns
	if columns == nil {
		columns = a.columns
		a.line("rows without metadata, %d columns", m.Metadata.ColumnCount)
	} else {
		a.line("rows %s", renderColumns(columns))
	}
	if id := m.Metadata.NewResultMetadataId; id != nil {
		a.line("columns' id %x", id)
	}
	for _, row := range m.Data {
		cells := make([]string, len(row))
		for i, cell := range row {
			switch {
			case i >= len(columns):
				cells[i] = fmt.Sprintf("%#x", []byte(cell))
			case cell != nil && (slices.Contains(a.mask, columns[i].Name) || slices.Contains(a.mask, "*")):
				cells[i] = "*"
			default:
				cells[i] = renderCell(columns[i].Type, cell)
			}
		}
		a.line("| %s", strings.Join(cells, " | "))
	}
}

func errorDetail(e message.Error) string {
	switch e := e.(type) {
	case *message.AlreadyExists:
		return fmt.Sprintf(" keyspace %q table %q", e.Keyspace, e.Table)
	case *message.FunctionFailure:
		name := strings.Replace(e.Function, "fromjson", "from_json", 1)
		return fmt.Sprintf(" function %s.%s%q", e.Keyspace, name, e.Arguments)
	case *message.Unavailable:
		return fmt.Sprintf(" consistency %s required %d alive %d", consistencies[e.Consistency], e.Required, e.Alive)
	case *message.WriteFailure:
		return fmt.Sprintf(" consistency %s received %d required %d failures %d type %s", consistencies[e.Consistency], e.Received, e.BlockFor, e.NumFailures, e.WriteType)
	case *message.ReadFailure:
		return fmt.Sprintf(" consistency %s received %d required %d failures %d data %t", consistencies[e.Consistency], e.Received, e.BlockFor, e.NumFailures, e.DataPresent)
	case *message.Unprepared:
		return fmt.Sprintf(" id of %d bytes", len(e.Id))
	}
	return ""
}
