package migrate

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coodie-go/coodie/internal/cqlparse"
	"github.com/coodie-go/coodie/migrate/internal/cqlfile"
)

// Autogenerate writes the next migration of a directory: the file that executes the statements of up, and the one that
// executes those of down. A nil down is made of up, backwards; for a statement that cannot be undone the file declares
// coodie:no-way-back, which Down refuses. Statements that destroy data are marked by a comment, for whoever reviews the
// file. Without statements the files hold a comment to begin with, and New refuses them until they are filled in.
//
// Nothing is overwritten. The number is the next one, or the time if the others are such as 20260131120000.
func Autogenerate(dir, name string, up, down []string) (upFile, downFile string, err error) {
	name = strings.Trim(notInNames.ReplaceAllString(strings.ToLower(name), "_"), "_")
	if name == "" {
		return "", "", &Error{Kind: ErrName, Advice: "name the migration for what it does: add_users"}
	}
	existing, err := read(os.DirFS(dir), nil)
	if err != nil {
		return "", "", err
	}
	next, width := int64(1), 4
	if len(existing) > 0 {
		last := existing[len(existing)-1]
		next = last.version + 1
		width = len(last.file()) - len(strings.TrimLeft(last.file(), "0123456789"))
		now, _ := strconv.ParseInt(time.Now().UTC().Format("20060102150405"), 10, 64)
		switch {
		case last.version < timestamped:
		case width == len("20060102150405") && now > last.version:
			next = now
		default:
			return "", "", &Error{Kind: ErrName, File: last.file(), Advice: "the numbers here are dates of another kind: name the next file by hand"}
		}
	}
	forth, back, err := render(up, down)
	if err != nil {
		return "", "", err
	}
	base := filepath.Join(dir, fmt.Sprintf("%0*d_%s", width, next, name))
	upFile, downFile = base+".up.cql", base+".down.cql"
	if err := create(upFile, forth); err != nil {
		return "", "", err
	}
	if err := create(downFile, back); err != nil {
		return "", "", errors.Join(err, os.Remove(upFile))
	}
	return upFile, downFile, nil
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

func create(file, text string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err == nil {
		_, err = f.WriteString(text)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return &Error{Kind: ErrFailed, File: file, Err: err}
	}
	return nil
}

// render is the text of the two files.
func render(up, down []string) (forth, back string, err error) {
	var undo []string
	var f, b strings.Builder
	for _, text := range up {
		s, written, err := single(text)
		if err != nil {
			return "", "", err
		}
		if cqlfile.Destroys(s) != "" {
			f.WriteString("-- This destroys data.\n")
		}
		f.WriteString(written)
		if inverse := undoes(s); inverse != "" {
			undo = append(undo, inverse+";\n")
		} else {
			undo = append(undo, "-- coodie:no-way-back "+oneLine(cqlparse.Redact(cqlparse.Print(s)))+"\n")
		}
	}
	if down == nil {
		slices.Reverse(undo)
		b.WriteString(strings.Join(undo, ""))
	}
	for _, text := range down {
		_, written, err := single(text)
		if err != nil {
			return "", "", err
		}
		b.WriteString(written)
	}
	if len(up) == 0 {
		f.WriteString("-- Statements of CQL, each ended by a semicolon.\n")
	}
	if b.Len() == 0 {
		b.WriteString("-- Statements that undo those of the .up.cql, in reverse order; or the line: -- coodie:no-way-back, and why.\n")
	}
	return strings.TrimRight(f.String(), "\n") + "\n", strings.TrimRight(b.String(), "\n") + "\n", nil
}

// single reads one statement. written is its text for a file, with the comments around it.
func single(text string) (s cqlparse.Statement, written string, err error) {
	refuse := func(err error, advice string) (cqlparse.Statement, string, error) {
		return nil, "", &Error{Kind: ErrSyntax, Err: errors.Join(err, fmt.Errorf("%q", cqlparse.Redact(text))), Advice: advice}
	}
	file, err := cqlfile.Parse(text)
	if err != nil || len(file.Statements) != 1 {
		return refuse(err, "Autogenerate takes one statement at a time")
	}
	s = file.Statements[0].Statement
	if advice := misplaced(s); advice != "" {
		return refuse(nil, advice)
	}
	end := s.Header().End.Offset
	rest := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text[end:]), ";"))
	if rest != "" {
		rest = " " + rest // a comment
	}
	return s, strings.TrimSpace(text[:end]) + ";" + rest + "\n\n", nil
}

// oneLine is a text for a comment, which a line break would end.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// undoes is the statement that undoes another one; "" if there is none.
func undoes(s cqlparse.Statement) string {
	switch s := s.(type) {
	case *cqlparse.CreateTable:
		return "DROP TABLE " + s.Table.String()
	case *cqlparse.CreateType:
		return "DROP TYPE " + s.Name.String()
	case *cqlparse.CreateView:
		return "DROP MATERIALIZED VIEW " + s.Name.String()
	case *cqlparse.CreateIndex:
		if s.Name.IsZero() {
			return "" // the server names it
		}
		n := s.Table
		n.Name = s.Name
		return "DROP INDEX " + n.String()
	case *cqlparse.AlterTable:
		switch s.Op {
		case cqlparse.AlterAddColumns:
			var names []string
			for _, c := range s.Columns {
				names = append(names, c.Name.String())
			}
			return "ALTER TABLE " + s.Table.String() + " DROP (" + strings.Join(names, ", ") + ")"
		case cqlparse.AlterRenameColumns:
			return "ALTER TABLE " + s.Table.String() + " RENAME " + renamedBack(s.Renames)
		}
	case *cqlparse.AlterType:
		if s.Op == cqlparse.AlterRenameFields {
			return "ALTER TYPE " + s.Name.String() + " RENAME " + renamedBack(s.Renames)
		}
	}
	return ""
}

func renamedBack(renames []cqlparse.Rename) string {
	var parts []string
	for _, r := range slices.Backward(renames) {
		parts = append(parts, r.To.String()+" TO "+r.From.String())
	}
	return strings.Join(parts, " AND ")
}
