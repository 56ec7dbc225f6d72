package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/internal/cqlparse"
	"github.com/coodie-go/coodie/internal/ddl"
	"github.com/coodie-go/coodie/internal/fanout"
	"github.com/coodie-go/coodie/internal/gen"
	"github.com/coodie-go/coodie/internal/ring"
)

// scan is a scan of a live table: its flags, and how far it is.
type scan struct {
	app                           *app
	count                         bool
	format, file, checkpoint      string
	atOnce, ranges, page          int
	every                         time.Duration
	table, statement, tokenPrefix string

	mu     sync.Mutex
	left   []ring.Range
	rows   int64
	bytes  int64 // of the file
	out    io.Writer
	saved  time.Time
	begun  time.Time
	before float64 // share of the ring that was done when it began
	read   int64   // rows since it began
	bar    *progressbar.ProgressBar
	told   time.Time
}

// scanned is the content of a checkpoint file.
type scanned struct {
	Scan  string `json:"scan"` // what is scanned, and how
	Left  string `json:"left"`
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes,omitempty"`
}

func (a *app) scan() *cobra.Command {
	s := &scan{app: a}
	cmd := &cobra.Command{
		Use:   "scan TABLE --count|--export jsonl",
		Short: "Count or export the rows of a table",
		Long: `scan reads a whole table or view by ranges of tokens, several at once. It needs no struct.

--export jsonl writes each row as a line of JSON, as SELECT JSON returns it and INSERT JSON takes it. A partition is held
in memory until it is read.

With --checkpoint the same command goes on where it ended before: after an interruption or an error each row is counted or
exported once. The file is removed at the end.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case s.count == (s.format != ""):
				return usageError{errors.New("either --count or --export jsonl")}
			case s.format != "" && s.format != "jsonl":
				return usageError{fmt.Errorf("unknown format %q: it is jsonl", s.format)}
			case s.file != "" && s.count:
				return usageError{errors.New("--out is for --export")}
			case s.checkpoint != "" && s.file == "" && !s.count:
				return usageError{errors.New("--checkpoint needs the file of the export: --out")}
			case s.atOnce < 1 || s.ranges < 1 || s.page < 1:
				return usageError{errors.New("--concurrency, --ranges and --page-size are at least 1")}
			}
			return s.run(cmd.Context(), args[0])
		},
	}
	f := cmd.Flags()
	f.BoolVar(&s.count, "count", false, "count the rows")
	f.StringVar(&s.format, "export", "", "write the rows in this `format`: jsonl")
	f.StringVarP(&s.file, "out", "o", "", "`file` of the export (default: standard output)")
	f.StringVar(&s.checkpoint, "checkpoint", "", "`file` that keeps how far the scan is")
	f.IntVar(&s.atOnce, "concurrency", 8, "how many ranges to read at once")
	f.IntVar(&s.ranges, "ranges", 256, "how many ranges to cut the ring into")
	f.IntVar(&s.page, "page-size", 1000, "how many rows to request at once")
	f.DurationVar(&s.every, "progress", 10*time.Second, "how often to print a line of progress where there is no terminal")
	return cmd
}

func (s *scan) run(ctx context.Context, table string) (err error) {
	keyspace, name, err := tableName(table)
	if err != nil {
		return err
	}
	if keyspace == "" {
		keyspace = s.app.config.Keyspace
	} else if s.app.config.Keyspace == "" {
		s.app.config.Keyspace = keyspace
	}
	db, err := s.app.connect(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	live, err := gen.Live(ctx, db, keyspace)
	if err != nil {
		return err
	}
	s.table = keyspace + "." + name
	of := live.Tables[name]
	if of == nil {
		return fmt.Errorf("there is no table or view %s", s.table)
	}
	s.statement = s.query(keyspace, of)
	left, err := s.resume()
	if err != nil {
		return err
	}
	closed, err := s.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closed()) }()

	s.left, s.begun, s.told = left.Cut(nil, s.ranges), time.Now(), time.Now()
	s.before = 1 - left.Share()
	if !left.Begun {
		s.before = 0
	}
	if s.app.out.bar() {
		s.bar = progressbar.NewOptions64(1000, progressbar.OptionSetWriter(s.app.out.err), progressbar.OptionSetPredictTime(false),
			progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetWidth(30))
	}
	err = s.all(ctx, db)
	if s.bar != nil {
		_ = s.bar.Finish()
	}
	if err != nil {
		return s.stopped(err)
	}
	return s.done()
}

// all reads all ranges. The first error ends it.
func (s *scan) all(ctx context.Context, db *coodie.DB) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	fanout.Each(len(s.left), s.atOnce, func(i int) {
		if ctx.Err() == nil {
			if err := s.part(ctx, db, i); err != nil {
				cancel(err)
			}
		}
	})
	return context.Cause(ctx)
}

// part reads a range. A token is done when the next one comes: until then it may have more rows.
func (s *scan) part(ctx context.Context, db *coodie.DB, i int) error {
	r := s.left[i] // only this call changes it
	last, rows := r.After, int64(0)
	var lines bytes.Buffer
	for row, err := range db.Raw(s.statement, r.After, r.UpTo).With(coodie.WithPageSize(s.page)).Rows(ctx) {
		if err != nil {
			return err
		}
		token, line, err := s.line(row)
		if err != nil {
			return err
		}
		if token != last && (rows >= 1000 || lines.Len() >= 1<<20) {
			if err := s.handled(i, last, rows, lines.Bytes()); err != nil {
				return err
			}
			rows = 0
			lines.Reset()
		}
		last = token
		rows++
		lines.WriteString(line)
	}
	return s.handled(i, r.UpTo, rows, lines.Bytes())
}

// handled writes rows, and notes that a range is read up to a token.
func (s *scan) handled(i int, upTo, rows int64, lines []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(lines) > 0 {
		if _, err := s.out.Write(lines); err != nil {
			return err
		}
	}
	s.left[i].After = upTo
	s.rows, s.read, s.bytes = s.rows+rows, s.read+rows, s.bytes+int64(len(lines))
	s.progress()
	if time.Since(s.saved) < time.Second {
		return nil
	}
	return s.save()
}

// line is the token of a row, and its line in the export.
func (s *scan) line(row coodie.Row) (token int64, line string, err error) {
	if s.count {
		return token, "", row.Get(tokenColumn, &token)
	}
	var text string
	if err := row.Get("[json]", &text); err != nil {
		return 0, "", err
	}
	// {"coodie_token": 1, "id": 7}
	number, rest, ok := strings.Cut(strings.TrimPrefix(text, s.tokenPrefix), ", ")
	if !ok || !strings.HasPrefix(text, s.tokenPrefix) {
		return 0, "", errors.New("the server's JSON does not begin with the token of the row")
	}
	return token, "{" + rest + "\n", json.Unmarshal([]byte(number), &token)
}

// tokenColumn is the name of the token in the statement.
const tokenColumn = "coodie_token"

// query is the statement that reads a range.
func (s *scan) query(keyspace string, of *ddl.LiveTable) string {
	var keys, columns []string
	var sorted []ddl.LiveColumn
	for _, c := range of.Columns {
		sorted = append(sorted, c)
	}
	slices.SortFunc(sorted, func(a, b ddl.LiveColumn) int {
		rank := map[string]int{"partition_key": 0, "clustering": 1}
		of := func(c ddl.LiveColumn) int {
			if r, ok := rank[c.Kind]; ok {
				return r<<16 + c.Position
			}
			return math.MaxInt
		}
		if d := of(a) - of(b); d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
	for _, c := range sorted {
		name := cqlparse.QuoteIdentifier(c.Name)
		if columns = append(columns, name); c.Kind == "partition_key" {
			keys = append(keys, name)
		}
	}
	token := "token(" + strings.Join(keys, ", ") + ")"
	what := token + " AS " + tokenColumn
	if !s.count {
		what = "JSON " + what + ", " + strings.Join(columns, ", ")
		s.tokenPrefix = `{"` + tokenColumn + `": `
	}
	return fmt.Sprintf("SELECT %s FROM %s.%s WHERE %s > ? AND %s <= ?", what, cqlparse.QuoteIdentifier(keyspace), cqlparse.QuoteIdentifier(of.Name), token, token)
}

// tableName reads users, app.users and "Users".
func tableName(text string) (keyspace, name string, err error) {
	st, err := cqlparse.Parse("TRUNCATE TABLE " + text)
	truncate, ok := st.(*cqlparse.Truncate)
	if err != nil || !ok {
		return "", "", usageError{fmt.Errorf("%q is not the name of a table, such as users or app.users", text)}
	}
	return truncate.Table.Keyspace.Name, truncate.Table.Name.Name, nil
}

// what is what the checkpoint is of.
func (s *scan) what() string {
	if s.count {
		return "count of " + s.table
	}
	file, err := filepath.Abs(s.file)
	if err != nil {
		file = s.file
	}
	return "export of " + s.table + " to " + file
}

// resume reads the checkpoint.
func (s *scan) resume() (left ring.Progress, err error) {
	if s.checkpoint == "" {
		return left, nil
	}
	data, err := os.ReadFile(s.checkpoint)
	if errors.Is(err, fs.ErrNotExist) {
		return left, nil
	}
	var from scanned
	var ok bool
	if err == nil {
		err = json.Unmarshal(data, &from)
	}
	if err == nil {
		left, ok = ring.Parse(from.Left)
	}
	switch {
	case err != nil || !ok:
		return left, usageError{fmt.Errorf("%s is no checkpoint of a scan: name another file by --checkpoint", s.checkpoint)}
	case from.Scan != s.what():
		return left, usageError{fmt.Errorf("%s is the checkpoint of another scan, the %s: name another file by --checkpoint", s.checkpoint, from.Scan)}
	}
	s.rows, s.bytes = from.Rows, from.Bytes
	return left, nil
}

// save writes the checkpoint.
func (s *scan) save() error {
	s.saved = time.Now()
	if s.checkpoint == "" {
		return nil
	}
	if f, ok := s.out.(*os.File); ok && s.file != "" {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	data, err := json.Marshal(scanned{s.what(), ring.New(s.table, s.left).String(), s.rows, s.bytes})
	if err != nil {
		return err
	}
	next := s.checkpoint + ".new"
	if err := os.WriteFile(next, data, 0o600); err != nil {
		return err
	}
	return os.Rename(next, s.checkpoint)
}

// open opens the file of the export, and cuts off what was written after the checkpoint.
func (s *scan) open() (closed func() error, err error) {
	s.out = s.app.out.out
	if s.file == "" {
		return func() error { return nil }, nil
	}
	f, err := os.OpenFile(s.file, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case info.Size() < s.bytes:
		err = usageError{fmt.Errorf("%s has less than was exported up to the checkpoint %s: remove both to begin again", s.file, s.checkpoint)}
	case info.Size() > 0 && s.bytes == 0 && s.rows == 0 && !s.begunBefore():
		err = usageError{fmt.Errorf("%s exists: name another file by --out", s.file)}
	default:
		if err = f.Truncate(s.bytes); err == nil {
			_, err = f.Seek(s.bytes, io.SeekStart)
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	s.out = f
	return f.Close, nil
}

// begunBefore reports whether there is a checkpoint.
func (s *scan) begunBefore() bool {
	_, err := os.Stat(s.checkpoint)
	return s.checkpoint != "" && err == nil
}

// progress shows how far the scan is.
func (s *scan) progress() {
	elapsed := time.Since(s.begun)
	if s.bar == nil && time.Since(s.told) < s.every {
		return
	}
	s.told = time.Now()
	share := 1 - ring.New(s.table, s.left).Share()
	line := fmt.Sprintf("%d %s, %.0f rows/s", s.rows, plural(int(s.rows), "row"), float64(s.read)/max(elapsed.Seconds(), 0.001))
	if since := share - s.before; since > 0 && share < 1 {
		remaining := time.Duration(float64(elapsed) * (1 - share) / since)
		line += fmt.Sprintf(", %s left", remaining.Round(time.Second))
	}
	if s.bar != nil {
		s.bar.Describe(line)
		_ = s.bar.Set64(int64(share * 1000))
		return
	}
	s.app.out.note("%s: %.0f%%, %s", s.table, share*100, line)
}

// stopped keeps how far it is.
func (s *scan) stopped(err error) error {
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	if s.checkpoint == "" {
		return err
	}
	if failed := s.save(); failed != nil {
		return errors.Join(err, failed)
	}
	return fmt.Errorf("%w; after %d %s. The same command goes on there", err, s.rows, plural(int(s.rows), "row"))
}

func (s *scan) done() error {
	if s.checkpoint != "" {
		if err := os.Remove(s.checkpoint); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if !s.count && s.file == "" {
		s.app.out.note("%d %s exported", s.rows, plural(int(s.rows), "row"))
		return nil
	}
	return s.app.out.result(map[string]any{"table": s.table, "rows": s.rows}, func(w io.Writer) {
		if s.count {
			fmt.Fprintf(w, "%d\n", s.rows)
		} else {
			fmt.Fprintf(w, "%d %s exported\n", s.rows, plural(int(s.rows), "row"))
		}
	})
}
