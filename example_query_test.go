package coodie_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/coodie-go/coodie"
)

// Track is a track of an album; the albums of an artist are one partition, the latest first.
type Track struct {
	Artist  string         `cql:"artist,partition"`
	Year    int            `cql:"year,clustering,desc"`
	No      int            `cql:"no,clustering"`
	Country string         `cql:"country,static"`
	Title   string         `cql:"title"`
	Seconds *int           `cql:"seconds"`
	Tags    []string       `cql:"tags,set"`
	Plays   map[string]int `cql:"plays"`
}

var (
	artist  = coodie.Col(func(t *Track) *string { return &t.Artist })
	year    = coodie.Col(func(t *Track) *int { return &t.Year })
	no      = coodie.Col(func(t *Track) *int { return &t.No })
	country = coodie.Col(func(t *Track) *string { return &t.Country })
	title   = coodie.Col(func(t *Track) *string { return &t.Title })
	tags    = coodie.Col(func(t *Track) *[]string { return &t.Tags })
	plays   = coodie.Col(func(t *Track) *map[string]int { return &t.Plays })
)

// exampleTracks is a table of tracks by two artists.
func exampleTracks() (tracks *coodie.Table[Track], stop func()) {
	ctx := context.Background()
	session, _, stop := exampleSession()
	db := coodie.New(session)
	tracks, err := coodie.Open[Track](db)
	if err == nil {
		err = coodie.Schema(db, tracks).Create(ctx)
	}
	length := func(s int) *int { return &s }
	for _, t := range []Track{
		{"nina", 1965, 1, "US", "Be My Husband", length(202), []string{"live"}, map[string]int{"fr": 3}},
		{"nina", 1965, 2, "US", "Nobody", nil, nil, nil},
		{"nina", 1967, 1, "US", "I Want a Little Sugar", length(153), []string{"blues", "live"}, map[string]int{"us": 9}},
		{"edith", 1960, 1, "FR", "Non, je ne regrette rien", length(142), []string{"chanson"}, map[string]int{"fr": 7}},
	} {
		if err == nil {
			err = tracks.New(t).Save(ctx)
		}
	}
	if err != nil {
		log.Fatal(err)
	}
	return tracks, stop
}

// titles prints the titles that a query reads.
func titles(q coodie.Readable[Track]) {
	var out []string
	for t, err := range q.Reads().Iter(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		out = append(out, t.Title)
	}
	fmt.Println(strings.Join(out, " | "))
}

// Filters are joined by AND; Filter narrows a query that exists already.
func ExampleQuerySet_Filter() {
	tracks, stop := exampleTracks()
	defer stop()

	nina := tracks.Find(artist.Eq("nina"))
	titles(nina.Filter(year.Ge(1965), year.Lt(1967)))
	titles(nina.Filter(year.In(1965, 1967), no.Eq(1)))
	titles(tracks.Find(coodie.AnyCol(tracks, "artist").In("edith", "nina"), coodie.AnyCol(tracks, "year").Lt(1965))) // columns by name
	// Output:
	// Be My Husband | Nobody
	// I Want a Little Sugar | Be My Husband
	// Non, je ne regrette rien
}

// A filter that the server has to read rows for, to pass over them, is refused by the
// server unless it is allowed.
func ExampleQuerySet_AllowFiltering() {
	tracks, stop := exampleTracks()
	defer stop()

	live := tracks.Find(coodie.Contains(tags, "live"))
	_, err := live.All(context.Background())
	fmt.Println(err != nil && strings.Contains(err.Error(), "use ALLOW FILTERING"))
	titles(live.AllowFiltering())
	titles(tracks.Find(coodie.ContainsKey(plays, "fr"), country.Eq("US")).AllowFiltering())
	titles(tracks.Find(coodie.ContainsValue(plays, 7)).AllowFiltering())
	titles(tracks.Find(coodie.Entry(plays, "us").Eq(9)).AllowFiltering())
	// Output:
	// true
	// I Want a Little Sugar | Be My Husband
	// Be My Husband
	// Non, je ne regrette rien
	// I Want a Little Sugar
}

// Clustering columns are compared together with those of a row: here that the last page
// ended with.
func ExampleCols() {
	tracks, stop := exampleTracks()
	defer stop()

	nina := tracks.Find(artist.Eq("nina"))
	titles(nina.Filter(coodie.Cols(year, no).Gt(Track{Year: 1965, No: 1})))
	titles(nina.Filter(coodie.Cols(year, no).In(Track{Year: 1967, No: 1}, Track{Year: 1965, No: 2})))
	// Output:
	// I Want a Little Sugar | Nobody
	// I Want a Little Sugar | Nobody
}

// A table is read in the order of its partitions' tokens.
func ExampleToken() {
	tracks, stop := exampleTracks()
	defer stop()

	token := coodie.Token[Track]()
	titles(tracks.Find(token.Gt(0)))
	titles(tracks.Find(coodie.TokenAfter(Track{Artist: "nina"})).PerPartitionLimit(1))
	// Output:
	// I Want a Little Sugar | Be My Husband | Nobody | Non, je ne regrette rien
	// Non, je ne regrette rien
}

// LIKE needs an SASI index on Cassandra, which says so.
func ExampleLike() {
	tracks, stop := exampleTracks()
	defer stop()
	_, err := tracks.Find(coodie.Like(title, "%rien")).All(context.Background())
	fmt.Println(errors.Unwrap(err))
	// Output:
	// LIKE restriction is only supported on properly indexed columns. title LIKE ? is not valid.
}

// A partition is read in its clustering order, or in reverse.
func ExampleQuerySet_OrderBy() {
	tracks, stop := exampleTracks()
	defer stop()

	nina := tracks.Find(artist.Eq("nina"))
	titles(nina.OrderBy(coodie.Desc(year), coodie.Asc(no)))
	titles(nina.OrderBy(coodie.Asc(year)).Limit(1))
	_, err := nina.OrderBy(coodie.Asc(title)).All(context.Background())
	fmt.Println(err)
	// Output:
	// I Want a Little Sugar | Be My Husband | Nobody
	// Nobody
	// coodie: select track (artist): column title: only clustering columns have an order; sort the rows in Go, or keep a table or view whose clustering columns have this order
}

// The latest track of each artist.
func ExampleQuerySet_PerPartitionLimit() {
	tracks, stop := exampleTracks()
	defer stop()
	titles(tracks.Find().PerPartitionLimit(1))
	// Output:
	// I Want a Little Sugar | Non, je ne regrette rien
}

// Columns that are not read are zero.
func ExampleQuerySet_Only() {
	tracks, stop := exampleTracks()
	defer stop()

	sugar := tracks.Find(artist.Eq("nina"), year.Eq(1967), no.Eq(1))
	t, err := sugar.Only(title, tags).Get(context.Background())
	fmt.Printf("%q %q %v %v\n", t.Artist, t.Title, t.Tags, err)
	t, err = sugar.Defer(title, tags).Get(context.Background())
	fmt.Printf("%q %q %v %v\n", t.Artist, t.Title, t.Tags, err)
	// Output:
	// "" "I Want a Little Sugar" [blues live] <nil>
	// "nina" "" [] <nil>
}

// Each partition once.
func ExampleQuerySet_Distinct() {
	tracks, stop := exampleTracks()
	defer stop()
	for t, err := range tracks.Find().Distinct().Iter(context.Background()) {
		fmt.Println(t.Artist, t.Country, err)
	}
	// Output:
	// nina US <nil>
	// edith FR <nil>
}
