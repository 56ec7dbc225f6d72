package guide_test

import (
	"fmt"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie"
)

type Developer struct {
	ID          gocql.UUID        `cql:"id,partition"`
	Name        string            `cql:"name"`
	Skills      []string          `cql:"skills,set"`
	Todo        []string          `cql:"todo"`
	Config      map[string]string `cql:"config"`
	Coordinates Point             `cql:"coordinates,tuple"`
}

func (Developer) TableName() string { return "developers" }

type Point struct{ Lat, Lon float64 }

var (
	name        = coodie.Col(func(d *Developer) *string { return &d.Name })
	skills      = coodie.Col(func(d *Developer) *[]string { return &d.Skills })
	todo        = coodie.Col(func(d *Developer) *[]string { return &d.Todo })
	config      = coodie.Col(func(d *Developer) *map[string]string { return &d.Config })
	coordinates = coodie.Col(func(d *Developer) *Point { return &d.Coordinates })
)

// A slice is a list, or a set by its tag; a map is a map; a struct is a user-defined type,
// or a tuple by its tag.
func Example_collections() {
	db, _, stop := connect()
	defer stop()
	developers := open[Developer](db)

	dev := developers.New(Developer{
		ID:     gocql.MustRandomUUID(),
		Name:   "Alice",
		Skills: []string{"Python", "Rust"},
		Todo:   []string{"Write docs", "Fix bug"},
		Config: map[string]string{"theme": "dark", "editor": "vim"},
	})
	check(dev.Save(ctx))

	check(dev.Update(ctx, coodie.Add(skills, "Go")))
	check(dev.Update(ctx, coodie.Remove(skills, "Python")))
	check(dev.Update(ctx, coodie.Append(todo, "Deploy v2")))
	check(dev.Update(ctx, coodie.Prepend(todo, "Fix prod")))
	check(dev.Update(ctx, coodie.Remove(todo, "Write docs")))
	check(dev.Update(ctx, coodie.At(todo, 0).Set("Fixed prod")))
	check(dev.Update(ctx, coodie.Put(config, map[string]string{"theme": "light"}), coodie.Entry(config, "font_size").Set("14")))
	check(dev.Update(ctx, coodie.RemoveKeys(config, "editor")))
	check(dev.Update(ctx, name.Set("Alice Smith"), coodie.Add(skills, "TypeScript"), coordinates.Set(Point{37.7749, -122.4194})))

	// What was added to is not known in memory.
	fmt.Println("stale:", dev.Stale())
	read, err := developers.Find(coodie.AnyCol(developers, "id").Eq(dev.Value.ID)).Get(ctx)
	check(err)
	fmt.Println(read.Name, read.Skills, read.Todo, read.Config, read.Coordinates)

	// Set replaces the whole.
	check(dev.Update(ctx, todo.Set([]string{"New task"})))
	res, err := dev.If(coodie.Contains(skills, "Go"), coodie.Entry(config, "theme").Eq("light")).Update(ctx, name.Set("Alice"))
	answer("an update of a light-minded Go developer:", res, err)
	// Output:
	// stale: true
	// Alice Smith [Go Rust TypeScript] [Fixed prod Fix bug Deploy v2] map[font_size:14 theme:light] {37.7749 -122.4194}
	// an update of a light-minded Go developer: applied
}

type Route struct {
	Path []string `cql:"path,partition,frozen"`
	Hops int      `cql:"hops"`
}

// A frozen collection may be a key, and is replaced as a whole.
func Example_collectionsFrozen() {
	db, _, stop := connect()
	defer stop()
	routes := open[Route](db, coodie.WithTable("routes"))
	fmt.Println(coodie.Schema(db, routes).CQL()[0])

	check(routes.New(Route{Path: []string{"a", "b"}, Hops: 1}).Save(ctx))
	read, err := routes.Find(coodie.AnyCol(routes, "path").Eq([]string{"a", "b"})).Get(ctx)
	fmt.Println(read, err)
	// Output:
	// CREATE TABLE IF NOT EXISTS routes (path frozen<list<text>>, hops int, PRIMARY KEY (path))
	// {[a b] 1} <nil>
}
