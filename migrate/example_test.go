package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"testing/fstest"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/migrate"
	"github.com/coodie-go/coodie/migrate/lint"
)

func Example() {
	ctx := context.Background()
	db, stop := connect()
	defer stop()
	// In a program: //go:embed migrations/*.cql, and fs.Sub.
	files := fstest.MapFS{
		"0001_users.up.cql":   {Data: []byte("CREATE TABLE users (id uuid PRIMARY KEY, name text);\nCREATE INDEX users_name ON users (name);")},
		"0001_users.down.cql": {Data: []byte("DROP TABLE users;")},
		"0002_age.up.cql":     {Data: []byte("ALTER TABLE users ADD age int;")},
		"0002_age.down.cql":   {Data: []byte("ALTER TABLE users DROP age;")},
	}

	m, err := migrate.New(db, files)
	if err != nil {
		log.Fatal(err) // every mistake in the files, with file:line:column
	}
	steps, err := m.Up(ctx)
	for _, s := range steps {
		fmt.Println(s.Position(), s.CQL)
	}
	if errors.Is(err, migrate.ErrUnknownStep) {
		log.Fatal(err) // look at the data, and tell by Repair
	}

	steps, err = m.Down(ctx, 1)
	fmt.Println(len(steps), "step back:", steps[0].CQL, err)
	status, err := m.Status(ctx)
	for _, s := range status {
		fmt.Println(s.Version, s.Name, s.State, err)
	}
	// Output:
	// 0001_users.up.cql:1:1 CREATE TABLE users (id uuid PRIMARY KEY, name text)
	// 0001_users.up.cql:2:1 CREATE INDEX users_name ON users (name)
	// 0002_age.up.cql:1:1 ALTER TABLE users ADD age int
	// 1 step back: ALTER TABLE users DROP age <nil>
	// 1 users applied <nil>
	// 2 age pending <nil>
}

func ExampleWithGo() {
	ctx := context.Background()
	db, stop := connect()
	defer stop()
	files := fstest.MapFS{"0001_users.up.cql": {Data: []byte("CREATE TABLE users (id int PRIMARY KEY, name text);")}}

	fill := func(ctx context.Context, run *migrate.Run) error {
		names := []string{"ann", "bob", "cid"}
		done := 0
		if run.Progress() != "" {
			_, _ = fmt.Sscan(run.Progress(), &done) // what a process that died has saved
		}
		for i := done; i < len(names); i++ {
			if err := run.DB().Raw("INSERT INTO users (id, name) VALUES (?, ?)", i, names[i]).Exec(ctx); err != nil {
				return err
			}
			if err := run.Save(ctx, fmt.Sprint(i+1)); err != nil {
				return err
			}
		}
		return nil
	}
	m, err := migrate.New(db, files, migrate.WithGo(2, "fill", fill, nil))
	if err != nil {
		log.Fatal(err)
	}
	steps, err := m.Up(ctx)
	fmt.Println(len(steps), "steps", err)
	// Output: 2 steps <nil>
}

func ExampleMigrator_Adopt() {
	ctx := context.Background()
	db, stop := connect()
	defer stop()
	// What golang-migrate has left.
	for _, statement := range []string{
		"CREATE TABLE users (id int PRIMARY KEY)",
		"CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean)",
		"INSERT INTO schema_migrations (version, dirty) VALUES (1, false)",
	} {
		if err := db.Raw(statement).Exec(ctx); err != nil {
			log.Fatal(err)
		}
	}
	files := fstest.MapFS{
		"0001_users.up.cql": {Data: []byte("CREATE TABLE users (id int PRIMARY KEY);")},
		"0002_name.up.cql":  {Data: []byte("ALTER TABLE users ADD name text;")},
	}
	m, err := migrate.New(db, files)
	if err != nil {
		log.Fatal(err)
	}
	last, err := m.Adopt(ctx, migrate.GolangMigrate, "")
	fmt.Println("adopted up to", last, err)
	steps, err := m.Up(ctx)
	fmt.Println(steps[0].Position(), err)
	// Output:
	// adopted up to 1 <nil>
	// 0002_name.up.cql:1:1 <nil>
}

func ExampleAutogenerate() {
	ctx := context.Background()
	db, stop := connect()
	defer stop()
	dir, err := os.MkdirTemp("", "migrations")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	type User struct {
		ID   int    `cql:"id,partition"`
		Name string `cql:"name"`
	}
	users, err := coodie.Open[User](db)
	if err != nil {
		log.Fatal(err)
	}
	// The difference between the structs and the live keyspace becomes the next migration.
	missing, err := coodie.Schema(db, users).DryRun(ctx)
	if err != nil {
		log.Fatal(err)
	}
	up, down, err := migrate.Autogenerate(dir, "create users", missing, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, file := range []string{up, down} {
		text, err := os.ReadFile(file)
		fmt.Printf("-- %s\n%s", filepath.Base(file), text)
		if err != nil {
			log.Fatal(err)
		}
	}

	m, err := migrate.New(db, os.DirFS(dir))
	if err != nil {
		log.Fatal(err)
	}
	steps, err := m.Up(ctx)
	fmt.Println(len(steps), "step", err, coodie.Schema(db, users).Verify(ctx))
	// Output:
	// -- 0001_create_users.up.cql
	// CREATE TABLE IF NOT EXISTS user (id int, name text, PRIMARY KEY (id));
	// -- 0001_create_users.down.cql
	// DROP TABLE user;
	// 1 step <nil> <nil>
}

func Example_lint() {
	files := fstest.MapFS{
		"0001_users.up.cql": {Data: []byte("CREATE TABLE users (id int PRIMARY KEY, name text);")},
		"0002_name.up.cql":  {Data: []byte("-- It was never read.\n-- coodie:allow destructive\nALTER TABLE users DROP name;")},
		"queries/users.cql": {Data: []byte("SELECT id, name FROM users WHERE id = ?;")},
	}
	findings, err := lint.Lint(files)
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range findings {
		fmt.Println(f)
	}
	// Output: queries/users.cql:1:12: column name of table users was dropped at 0002_name.up.cql:3 [dropped-name]
}

func connect() (*coodie.DB, func()) {
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"))
	if err != nil {
		log.Fatal(err)
	}
	db, err := coodie.Connect(context.Background(), srv.Cluster())
	if err != nil {
		log.Fatal(err)
	}
	return db, func() { db.Close(); srv.Close() }
}
