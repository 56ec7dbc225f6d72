package migrate

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// Source is another tool, whose history Adopt reads.
type Source string

// The sources.
const (
	// GolangMigrate is golang-migrate: the table schema_migrations, which holds one number.
	GolangMigrate Source = "golang-migrate"
	// Gocqlx is the package migrate of gocqlx: the table gocqlx_migrate, which holds file names. Rename 0001_users.cql to
	// 0001_users.up.cql; the content stays as it is, and is compared.
	Gocqlx Source = "gocqlx"
	// Python is Python's coodie: the table _coodie_migrations, which holds names such as 20260115_001_users. Each needs
	// a file with that number, 20260115_001_users.up.cql say.
	Python Source = "python"
)

// tables are those of the sources.
var tables = map[Source]struct{ name, columns string }{
	GolangMigrate: {"schema_migrations", "version, dirty"},
	Gocqlx:        {"gocqlx_migrate", "name, checksum, done, end_time"},
	Python:        {"_coodie_migrations", "migration_name, applied_at"},
}

// Adopt takes the migrations as applied that another tool has recorded, and returns the number of the last one. The own
// history has to be empty. The other tool's table is read only; do not use both tools from then on. table is its
// name; "": the tool's default.
func (m *Migrator) Adopt(ctx context.Context, from Source, table string) (int64, error) {
	source, ok := tables[from]
	if !ok {
		return 0, &Error{Kind: ErrMissing, Err: fmt.Errorf("the source %q", from), Advice: "the sources are golang-migrate, gocqlx and python"}
	}
	if table == "" {
		table = source.name
	}
	var last int64
	err := m.hold(ctx, func(ctx context.Context, h *holder) error {
		query := "SELECT " + source.columns + " FROM " + cqlparse.Identifier{Name: table}.String()
		when := map[int64]time.Time{}
		for row, err := range m.db.Raw(query).Rows(ctx) {
			if err != nil {
				return failed("the history of "+string(from)+" could not be read", err)
			}
			version, at, err := m.foreign(from, row)
			if err != nil {
				return err
			}
			when[version] = at
			last = max(last, version)
		}
		if len(when) == 0 {
			return &Error{Kind: ErrHistory, Err: fmt.Errorf("table %s is empty", table), Advice: "there is nothing to adopt: run Up"}
		}
		if from != GolangMigrate { // which records the last one only
			for _, x := range m.migrations {
				if _, ok := when[x.version]; !ok && x.version < last {
					return &Error{Kind: ErrOrder, Version: x.version, File: x.file(), Err: fmt.Errorf("%s has applied %d", from, last),
						Advice: "apply it with " + string(from) + " first, or give it a greater number"}
				}
			}
		}
		return h.baseline(ctx, last, when)
	})
	if err != nil {
		return 0, err
	}
	return last, nil
}

// foreign reads a row of another tool's history.
func (m *Migrator) foreign(from Source, row coodie.Row) (version int64, at time.Time, err error) {
	refuse := func(kind error, file string, err error, advice string) (int64, time.Time, error) {
		return 0, at, &Error{Kind: kind, Version: version, File: file, Err: err, Advice: advice}
	}
	switch from {
	case GolangMigrate:
		var r struct {
			Version int64
			Dirty   bool
		}
		if err := row.Scan(&r); err != nil {
			return 0, at, failed("the history of golang-migrate", err)
		}
		version = r.Version
		switch {
		case r.Dirty:
			return refuse(ErrHistory, "", fmt.Errorf("golang-migrate's version is dirty"), "bring the schema in order by hand, and force the version with golang-migrate first")
		case m.find(version) == nil:
			return refuse(ErrMissing, "", fmt.Errorf("golang-migrate is at this version, and it has no file"), "bring its file here")
		}
		return version, time.Now(), nil
	case Gocqlx:
		var r struct {
			Name     string
			Checksum string
			Done     int
			EndTime  time.Time
		}
		if err := row.Scan(&r); err != nil {
			return 0, at, failed("the history of gocqlx", err)
		}
		x := m.called(strings.TrimSuffix(r.Name, ".cql"))
		if x == nil {
			return refuse(ErrMissing, r.Name, fmt.Errorf("gocqlx has applied it, and it has no file"), "rename it to "+strings.TrimSuffix(r.Name, ".cql")+".up.cql, with a number in front")
		}
		version = x.version
		if x.up.call != nil {
			return version, r.EndTime, nil
		}
		data, err := fs.ReadFile(m.files, x.up.file)
		if err != nil {
			return refuse(ErrFailed, x.up.file, err, "")
		}
		sum := md5.Sum(data)
		if hex.EncodeToString(sum[:]) != r.Checksum {
			return refuse(ErrChanged, x.up.file, nil, "gocqlx has applied another content: take the change back")
		}
		if n := chunks(string(data)); r.Done < n {
			return refuse(ErrUnfinished, x.up.file, fmt.Errorf("gocqlx has executed %d of %d parts", r.Done, n), "finish it with gocqlx first")
		}
		return version, r.EndTime, nil
	}
	var r struct {
		Name string    `cql:"migration_name"`
		At   time.Time `cql:"applied_at"`
	}
	if err := row.Scan(&r); err != nil {
		return 0, at, failed("the history of Python's coodie", err)
	}
	x := m.called(r.Name)
	if x == nil {
		return refuse(ErrMissing, r.Name, fmt.Errorf("it is applied by Python's coodie, and has no file"), "add "+r.Name+".up.cql with what it does, or a Go function with its number")
	}
	return x.version, r.At, nil
}

var leadingNumber = regexp.MustCompile(`^(\d{8}_\d{3}|\d+)(_|$)`)

// called is the migration that another tool knows by a name; nil if there is none. The number decides: it may have
// another count of zeros in front.
func (m *Migrator) called(name string) *migration {
	parts := leadingNumber.FindStringSubmatch(name)
	if parts == nil {
		return nil
	}
	version, err := strconv.ParseInt(strings.Replace(parts[1], "_", "", 1), 10, 64)
	if err != nil {
		return nil
	}
	return m.find(version)
}

// chunks is in how many parts gocqlx counts a file: it splits at each semicolon.
func chunks(text string) int {
	n := strings.Count(text, ";")
	if strings.TrimSpace(text[strings.LastIndexByte(text, ';')+1:]) != "" {
		n++
	}
	return n
}
