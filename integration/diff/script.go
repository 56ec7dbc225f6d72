package diff

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/datastax/go-cassandra-native-protocol/primitive"
)

// A Script is a list of statements that run in one fresh keyspace.
type Script struct {
	Name  string // base name of the file, without extension
	Steps []Step
}

// Keyspace returns the keyspace the script runs in. It depends on the script
// alone, so that messages naming it are the same on every server.
func (s *Script) Keyspace() string { return "d_" + s.Name }

// How says which frames carry a step.
type How int

const (
	Simple  How = iota // QUERY
	Bound              // PREPARE, then EXECUTE
	Prepare            // PREPARE alone
	Execute            // EXECUTE of a prepared statement by its name or its id in hexadecimal, which is the text
	Batch              // BATCH
)

// A Step is one request of a script.
type Step struct {
	Line int
	Area string
	Text string // the statement; empty for a batch
	How  How
	Options

	Kind     primitive.BatchType // of a batch
	Children []Step              // of a batch
}

// Options are what the directives before a statement set.
type Options struct {
	Values      []Value
	PageSize    int32
	Consistency primitive.ConsistencyLevel
	Serial      *primitive.ConsistencyLevel
	Timestamp   *int64
	SkipMeta    bool
	Mask        []string
	Conn        string
	Sleep       time.Duration
	State       []byte // paging state
	Name        string // of a prepared statement, for Execute
	Keyspace    string // of the request, from version 5 on
	Now         *int32 // seconds since the epoch, from version 5 on
}

// Title names the step on one line.
func (s *Step) Title() string {
	if s.How != Batch {
		return strings.ReplaceAll(s.Text, "\n", " ")
	}
	texts := make([]string, len(s.Children))
	for i := range s.Children {
		texts[i] = s.Children[i].Title()
	}
	return "BATCH: " + strings.Join(texts, "; ")
}

// Load reads one script.
func Load(path string) (*Script, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSuffix(filepath.Base(path), ".cql")
	return Parse(name, string(text))
}

// Parse reads a script from its text.
func Parse(name, text string) (*Script, error) {
	p := parser{script: &Script{Name: name}, area: name}
	p.reset()
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		p.line++
		if err := p.take(lines.Text()); err != nil {
			return nil, fmt.Errorf("%s.cql:%d: %w", name, p.line, err)
		}
	}
	if p.batch != nil {
		return nil, fmt.Errorf("%s.cql: batch without -- end", name)
	}
	return p.script, lines.Err()
}

type parser struct {
	script *Script
	line   int
	area   string
	how    How
	opts   Options
	batch  *Step
	last   *Step // the statement that an indented line continues
}

func (p *parser) reset() {
	p.how, p.opts = Simple, Options{Consistency: primitive.ConsistencyLevelOne}
}

func (p *parser) take(line string) error {
	switch {
	case strings.HasPrefix(line, "#"):
		return nil
	case strings.HasPrefix(line, "-- "):
		p.last = nil
		name, rest, _ := strings.Cut(line[3:], " ")
		return p.directive(name, strings.TrimSpace(rest))
	case line == ">", strings.HasPrefix(line, "> "):
		p.statement(strings.TrimPrefix(line[1:], " "))
		return nil
	case strings.TrimSpace(line) == "":
		p.last = nil
		return nil
	case line[0] == ' ' || line[0] == '\t':
		if p.last == nil {
			return fmt.Errorf("continues nothing: %q", line)
		}
		p.last.Text += "\n" + strings.TrimRight(line, " ")
		return nil
	}
	p.statement(strings.TrimSpace(line))
	return nil
}

func (p *parser) statement(text string) {
	step := Step{Line: p.line, Area: p.area, Text: text, How: p.how, Options: p.opts}
	into := &p.script.Steps
	if p.batch != nil {
		into = &p.batch.Children
	}
	*into = append(*into, step)
	p.last = &(*into)[len(*into)-1]
	p.reset()
}

func (p *parser) directive(name, rest string) (err error) {
	switch name {
	case "area":
		p.area = rest
	case "bind", "simple", "execute":
		p.how = map[string]How{"bind": Bound, "simple": Simple, "execute": Execute}[name]
		p.opts.Values, err = parseValues(rest)
	case "prepare":
		p.how, p.opts.Name = Prepare, rest
	case "state":
		p.opts.State, err = hex.DecodeString(rest)
	case "batch":
		kind := slices.Index([]string{"logged", "unlogged", "counter"}, rest)
		if kind < 0 {
			return fmt.Errorf("no batch type %q", rest)
		}
		p.batch = &Step{Line: p.line, Area: p.area, How: Batch, Options: p.opts, Kind: primitive.BatchType(kind)}
		p.reset()
	case "end":
		if p.batch == nil {
			return fmt.Errorf("end without batch")
		}
		p.script.Steps = append(p.script.Steps, *p.batch)
		p.batch = nil
	case "page":
		var n int64
		n, err = strconv.ParseInt(rest, 10, 32)
		p.opts.PageSize = int32(n)
	case "consistency":
		p.opts.Consistency, err = parseConsistency(rest)
	case "serial":
		var level primitive.ConsistencyLevel
		level, err = parseConsistency(rest)
		p.opts.Serial = &level
	case "timestamp":
		var micros int64
		micros, err = strconv.ParseInt(rest, 10, 64)
		p.opts.Timestamp = &micros
	case "keyspace":
		p.opts.Keyspace = rest
	case "now":
		var n int64
		n, err = strconv.ParseInt(rest, 10, 32)
		now := int32(n)
		p.opts.Now = &now
	case "skipmeta":
		p.opts.SkipMeta = true
	case "mask":
		p.opts.Mask = strings.Fields(rest)
	case "conn":
		p.opts.Conn = rest
	case "sleep":
		p.opts.Sleep, err = time.ParseDuration(rest)
	default:
		return fmt.Errorf("no directive %q", name)
	}
	return err
}

var consistencies = strings.Fields("ANY ONE TWO THREE QUORUM ALL LOCAL_QUORUM EACH_QUORUM SERIAL LOCAL_SERIAL LOCAL_ONE")

func parseConsistency(name string) (primitive.ConsistencyLevel, error) {
	level := slices.Index(consistencies, name)
	if level < 0 {
		return 0, fmt.Errorf("no consistency level %q", name)
	}
	return primitive.ConsistencyLevel(level), nil
}
