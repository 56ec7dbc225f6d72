//go:build linux || darwin || freebsd

package main

import (
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
)

// picture is where the session is drawn; the walk-through of docs/schema.md shows it.
const picture = "../../docs/schema-session.svg"

// A session on the embedded server, on a terminal, is what the picture shows. COODIE_UPDATE=1 draws it anew (make pictures).
func TestPicture(t *testing.T) {
	session, err := txtar.ParseFile("testdata/session.txtar")
	require.NoError(t, err)
	want, err := os.ReadFile(picture)
	if os.Getenv("COODIE_UPDATE") == "" {
		require.NoError(t, err)
	}
	file, err := filepath.Abs(picture)
	require.NoError(t, err)

	page, err := os.ReadFile("../../docs/schema.md")
	require.NoError(t, err)
	require.Contains(t, string(page), "```sh\n"+string(session.Comment)+"```\n", "the walk-through has the commands")
	dir := t.TempDir()
	for _, f := range session.Files {
		path := filepath.Join(dir, f.Name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, f.Data, 0o600))
		if filepath.Ext(path) == ".cql" && !strings.HasSuffix(path, ".down.cql") {
			require.Contains(t, string(page), "```sql\n"+string(f.Data)+"```\n", "and the migrations")
		}
	}
	require.NoError(t, module(dir, t.Setenv))
	_, to := appServer(t)
	t.Setenv("COODIE_HOSTS", to[1])
	t.Setenv("COODIE_PORT", to[3])
	t.Setenv("COODIE_KEYSPACE", "app")
	t.Chdir(dir)

	var s screen
	for line := range strings.Lines(string(session.Comment)) {
		line = strings.TrimSpace(line)
		s.print(bold + "$ " + line + reset + "\n")
		_, words, _ := strings.Cut(line, " ")
		printed, _ := onTerminal(t, arguments(words)...)
		s.print(timeless(printed))
	}
	svg := s.svg("A session of the command coodie")
	if os.Getenv("COODIE_UPDATE") != "" {
		require.NoError(t, os.WriteFile(file, []byte(svg), 0o600))
		return
	}
	require.Equal(t, string(want), svg, "make pictures draws it anew")
}

// arguments are those of a command line; '…' is one.
func arguments(line string) (args []string) {
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			args = append(args, part)
		} else {
			args = append(args, strings.Fields(part)...)
		}
	}
	return args
}

// timeless is what every session prints.
func timeless(text string) string {
	text = took.ReplaceAllString(text, "  2ms\r")
	return byWhom.ReplaceAllString(text, "2026-03-01T09:30:00Z, ci:1")
}

var (
	took   = regexp.MustCompile(`  \d+(\.\d+)?(s|ms|µs)\r`)
	byWhom = regexp.MustCompile(`\d{4}-\d\d-\d\dT[\d:]+Z, \S+:\d+`)
)

const (
	bold  = "\x1b[1m"
	reset = "\x1b[0m"
	wide  = 120 // columns
)

// screen is what a terminal shows.
type screen struct {
	lines [][]cell
	at    int // the column
	style string
}

// cell is a letter and its style: the numbers of its escape sequence.
type cell struct {
	r     rune
	style string
}

// print is what a terminal does with text, as far as the command goes.
func (s *screen) print(text string) {
	if s.lines == nil {
		s.lines = [][]cell{nil}
	}
	for len(text) > 0 {
		if m := escape.FindStringSubmatch(text); m != nil {
			text = text[len(m[0]):]
			if s.style = m[1]; s.style == "0" {
				s.style = ""
			}
			continue
		}
		r := []rune(text)[0]
		text = text[len(string(r)):]
		last := len(s.lines) - 1
		switch {
		case r == '\r':
			s.at = 0
		case r == '\n':
			s.lines, s.at = append(s.lines, nil), 0
		default:
			if s.at == wide {
				s.lines, s.at, last = append(s.lines, nil), 0, last+1
			}
			for len(s.lines[last]) <= s.at {
				s.lines[last] = append(s.lines[last], cell{r: ' '})
			}
			s.lines[last][s.at] = cell{r, s.style}
			s.at++
		}
	}
}

var escape = regexp.MustCompile(`^\x1b\[([\d;]*)m`)

// fills are the colors of styles, on the dark of the picture.
var fills = map[string]string{"": "#c9d1d9", "1": "#ffffff", red: "#ff7b72", green: "#7ee787", yellow: "#e3b341"}

func (s *screen) svg(title string) string {
	const letter, line, margin = 8.4, 19, 16
	lines := s.lines
	for len(lines) > 0 && len(lines[len(lines)-1]) == 0 {
		lines = lines[:len(lines)-1]
	}
	width, height := int(wide*letter)+2*margin, len(lines)*line+2*margin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">`+"\n", width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"#0d1117\"/>\n", title)
	for i, cells := range lines {
		for start := 0; start < len(cells); {
			end := start
			for end < len(cells) && cells[end].style == cells[start].style {
				end++
			}
			var text strings.Builder
			for _, c := range cells[start:end] {
				text.WriteRune(c.r)
			}
			if own := strings.TrimRight(text.String(), " "); strings.TrimSpace(own) != "" {
				lead := len(own) - len(strings.TrimLeft(own, " "))
				own = own[lead:]
				fmt.Fprintf(&b, `<text x="%.1f" y="%d" textLength="%.1f" fill="%s" xml:space="preserve">`, margin+float64(start+lead)*letter, margin+i*line+14, float64(len([]rune(own)))*letter, fills[cells[start].style])
				_ = xml.EscapeText(&b, []byte(own))
				b.WriteString("</text>\n")
			}
			start = end
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// TestScreen: what is written over is gone, and lines end where the terminal does.
func TestScreen(t *testing.T) {
	var s screen
	s.print("50% ███\r       \rdone\r\n\x1b[32mok\x1b[0m <&>\n" + strings.Repeat("x", wide+1))
	text := func(i int) (out string) {
		for _, c := range s.lines[i] {
			out += string(c.r)
		}
		return strings.TrimRight(out, " ")
	}
	require.Equal(t, []string{"done", "ok <&>", strings.Repeat("x", wide), "x"}, []string{text(0), text(1), text(2), text(3)})
	require.Equal(t, green, s.lines[1][1].style)
	require.Empty(t, s.lines[1][3].style)
	svg := s.svg("t")
	require.Contains(t, svg, `fill="#7ee787" xml:space="preserve">ok</text>`)
	require.Contains(t, svg, "&lt;&amp;&gt;</text>")
	require.NoError(t, xml.Unmarshal([]byte(svg), new(struct{})))
}
