package python

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
	"gopkg.in/inf.v0"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/integration/cassandra"
)

type Pair struct {
	A string
	B int
}

type Scalars struct {
	ID        int             `cql:"id,partition"`
	Text      *string         `cql:"c_text"`
	ASCII     *string         `cql:"c_ascii,type=ascii"`
	Int       *int            `cql:"c_int"`
	Tiny      *int8           `cql:"c_tiny"`
	Small     *int16          `cql:"c_small"`
	Big       *int64          `cql:"c_big"`
	Varint    *big.Int        `cql:"c_varint"`
	Float     *float32        `cql:"c_float"`
	Double    *float64        `cql:"c_double"`
	Bool      *bool           `cql:"c_bool"`
	Blob      []byte          `cql:"c_blob"`
	UUID      *gocql.UUID     `cql:"c_uuid"`
	TimeUUID  *gocql.UUID     `cql:"c_timeuuid,type=timeuuid"`
	Timestamp time.Time       `cql:"c_timestamp"`
	Date      coodie.Date     `cql:"c_date"`
	Time      *time.Duration  `cql:"c_time,type=time"`
	Decimal   *inf.Dec        `cql:"c_decimal"`
	Inet      netip.Addr      `cql:"c_inet"`
	Inet6     netip.Addr      `cql:"c_inet6"`
	Duration  *gocql.Duration `cql:"c_duration"`
	Vector    *[3]float32     `cql:"c_vector,type=vector<float, 3>"`
	Tuple     *Pair           `cql:"c_tuple,tuple"`
}

func full(id int) Scalars {
	uuid := func(s string) *gocql.UUID {
		u, err := gocql.ParseUUID(s)
		if err != nil {
			panic(err)
		}
		return &u
	}
	return Scalars{
		ID: id, Text: ptr("füll ✓ 'quoted'"), ASCII: ptr("plain"), Int: ptr(math.MinInt32), Tiny: ptr[int8](-128), Small: ptr[int16](32767),
		Big: ptr[int64](math.MaxInt64), Varint: new(big.Int).Neg(new(big.Int).Lsh(big.NewInt(1), 80)),
		Float: ptr[float32](0.1), Double: ptr(-1e300), Bool: ptr(false), Blob: []byte{0, 0xff},
		UUID: uuid("5ba2b3c4-0d6e-4f70-8a91-b2c3d4e5f607"), TimeUUID: uuid("50554d6e-29bb-11e5-b345-feff819cdc9f"),
		Timestamp: time.Date(1969, 12, 31, 23, 59, 59, 123_000_000, time.UTC),
		Date:      coodie.Date{Year: 1969, Month: 12, Day: 31},
		Time:      ptr(24*time.Hour - time.Second + 123456*time.Microsecond),
		Decimal:   inf.NewDec(-123400, 4), Inet: netip.MustParseAddr("10.1.2.3"), Inet6: netip.MustParseAddr("2001:db8::1"),
		Duration: &gocql.Duration{Months: 14, Days: 3, Nanoseconds: 4_000_000_001},
		Vector:   &[3]float32{1, -2.5, 0.125}, Tuple: &Pair{"a", 1},
	}
}

type Collections struct {
	ID     string           `cql:"id,partition"`
	Names  []string         `cql:"names"`
	Tags   []string         `cql:"tags,set"`
	Counts map[string]int   `cql:"counts"`
	Fixed  []int            `cql:"fixed,frozen"`
	Nested map[string][]int `cql:"nested"`
}

type Place struct {
	City *string
	Zip  *int
}

type Person struct {
	Name   *string
	Home   *Place
	Phones []string `cql:"phones"`
}

type People struct {
	ID     int              `cql:"id,partition"`
	Person *Person          `cql:"person,frozen"`
	Places []Place          `cql:"places"`
	ByName map[string]Place `cql:"by_name"`
}

type Feed struct {
	Owner string  `cql:"owner,partition"`
	Year  int     `cql:"year,partition"`
	Day   int     `cql:"day,clustering,desc"`
	Slot  string  `cql:"slot,clustering"`
	Title *string `cql:"title,static"`
	Body  *string `cql:"body"`
	Likes *int    `cql:"likes"`
}

type Config struct {
	Key     string  `cql:"key,partition"`
	Value   *string `cql:"value"`
	Version *int    `cql:"version"`
}

type Views struct {
	Page  string `cql:"page,partition"`
	Day   int    `cql:"day,clustering"`
	Hits  int64  `cql:"hits,type=counter"`
	Users int64  `cql:"users,type=counter"`
}

var (
	id      = coodie.Col(func(c *Collections) *string { return &c.ID })
	names   = coodie.Col(func(c *Collections) *[]string { return &c.Names })
	tags    = coodie.Col(func(c *Collections) *[]string { return &c.Tags })
	counts  = coodie.Col(func(c *Collections) *map[string]int { return &c.Counts })
	nested  = coodie.Col(func(c *Collections) *map[string][]int { return &c.Nested })
	owner   = coodie.Col(func(f *Feed) *string { return &f.Owner })
	year    = coodie.Col(func(f *Feed) *int { return &f.Year })
	day     = coodie.Col(func(f *Feed) *int { return &f.Day })
	slot    = coodie.Col(func(f *Feed) *string { return &f.Slot })
	title   = coodie.NullCol(func(f *Feed) **string { return &f.Title })
	body    = coodie.NullCol(func(f *Feed) **string { return &f.Body })
	likes   = coodie.NullCol(func(f *Feed) **int { return &f.Likes })
	key     = coodie.Col(func(c *Config) *string { return &c.Key })
	value   = coodie.NullCol(func(c *Config) **string { return &c.Value })
	version = coodie.NullCol(func(c *Config) **int { return &c.Version })
)

// TestSameRows: the same writes by Python's coodie and by this one make the same tables
// and leave the same rows, with the same answers to the conditional ones.
func TestSameRows(t *testing.T) {
	cluster := cassandra.Shared(t)
	bin := python(t)
	admin := cluster.Session(t, "")
	theirs, ours := cassandra.NewKeyspace(t, admin), cassandra.NewKeyspace(t, admin)

	out := run(t, filepath.Join(bin, "python"), "testdata/writes.py", cluster.Hosts()[0], theirs)
	lines := strings.Fields(out)
	require.NotEmpty(t, lines)
	require.Equal(t, lines[len(lines)-1], write(t, cluster.Session(t, ours)), "which conditional writes were applied")

	for _, table := range []string{"scalars", "collections", "people", "feed", "config", "views"} {
		t.Run(table, func(t *testing.T) {
			require.Equal(t, columns(t, admin, theirs, table), columns(t, admin, ours, table), "columns")
			want, got := rows(t, admin, theirs, table), rows(t, admin, ours, table)
			require.NotEmpty(t, want)
			require.Equal(t, want, got)
		})
	}
}

// write does what testdata/writes.py does.
func write(t *testing.T, session *gocql.Session) string {
	ctx, ok := t.Context(), func(err error) { t.Helper(); require.NoError(t, err) }
	// The tables are also written with timestamps from the past.
	db := coodie.New(session, coodie.WithClientTimestamps())
	scalars, collections, people := open[Scalars](t, db), open[Collections](t, db), open[People](t, db)
	feed, config, views := open[Feed](t, db), open[Config](t, db), open[Views](t, db)

	// scalars
	past := func(seconds float64) time.Time { return time.UnixMicro(int64(seconds * 1e6)) }
	save := func(v Scalars) { t.Helper(); ok(scalars.New(v).Save(ctx)) }
	save(full(1))
	save(Scalars{ID: 2})
	_, err := scalars.New(full(3)).Insert(ctx)
	ok(err)
	save(full(4))
	save(Scalars{ID: 4})
	ok(scalars.New(full(5)).With(coodie.WithTTL(time.Hour), coodie.WithTimestamp(past(1))).Save(ctx))
	ok(scalars.New(full(6)).With(coodie.WithTimestamp(past(2))).Save(ctx))
	ok(scalars.New(Scalars{ID: 6}).With(coodie.WithTimestamp(past(1.5))).Delete(ctx))
	ok(scalars.New(full(7)).With(coodie.WithTimestamp(past(2))).Save(ctx))
	ok(scalars.New(Scalars{ID: 7}).With(coodie.WithTimestamp(past(2))).Delete(ctx))
	save(full(8))
	ok(scalars.New(full(8)).DeleteColumns(ctx, coodie.AnyCol(scalars, "c_text"), coodie.AnyCol(scalars, "c_tuple")))

	// collections
	whole := func(id string) Collections {
		return Collections{
			ID: id, Names: []string{"b", "c"}, Tags: []string{"x", "y"}, Counts: map[string]int{"one": 1, "two": 2},
			Fixed: []int{3, 1}, Nested: map[string][]int{"k": {2, 1}},
		}
	}
	empty := func(id string) Collections {
		return Collections{ID: id, Fixed: []int{}} // Python's default is [], which a frozen list keeps
	}
	ok(collections.New(whole("whole")).Save(ctx))
	ok(collections.New(empty("empty")).Save(ctx))
	ok(collections.New(whole("emptied")).Save(ctx))
	ok(collections.New(empty("emptied")).Save(ctx))
	ok(collections.New(whole("changed")).Save(ctx))
	changed := collections.Find(id.Eq("changed"))
	ok(changed.Update(ctx, coodie.Append(names, "d", "e")))
	ok(changed.Update(ctx, coodie.Prepend(names, "a")))
	ok(changed.Update(ctx, coodie.Remove(names, "c")))
	ok(changed.Update(ctx, coodie.At(names, 0).Set("A")))
	ok(changed.Update(ctx, coodie.Add(tags, "z"), coodie.Put(counts, map[string]int{"three": 3})))
	ok(changed.Update(ctx, coodie.Remove(tags, "x"), coodie.RemoveKeys(counts, "one")))
	ok(changed.Update(ctx, coodie.Entry(counts, "two").Set(22)))
	ok(changed.Update(ctx, coodie.Entry(nested, "n").Set([]int{9})))
	ok(collections.New(whole("element")).Save(ctx))
	ok(collections.Find(id.Eq("element")).DeleteColumns(ctx, coodie.Entry(counts, "one")))
	ok(collections.Find(id.Eq("created")).Update(ctx, coodie.Add(tags, "only")))

	// user-defined types
	ok(people.New(People{
		ID:     1,
		Person: &Person{Name: ptr("Ann"), Home: &Place{ptr("Oslo"), ptr(150)}, Phones: []string{"1", "2"}},
		Places: []Place{{City: ptr("Rome")}, {Zip: ptr(7)}},
		ByName: map[string]Place{"x": {ptr("Bonn"), ptr(53)}},
	}).Save(ctx))
	ok(people.New(People{ID: 2, Person: &Person{Name: ptr("Bob")}}).Save(ctx))
	ok(people.New(People{ID: 3}).Save(ctx))

	// clustering columns and statics
	for d := 1; d <= 5; d++ {
		for _, s := range []string{"a", "b"} {
			name := fmt.Sprint(d) + s
			ok(feed.New(Feed{Owner: "ann", Year: 2026, Day: d, Slot: s, Title: ptr("t" + name), Body: &name, Likes: &d}).Save(ctx))
		}
	}
	ann := feed.Find(owner.Eq("ann"), year.Eq(2026))
	ok(feed.New(Feed{Owner: "ann", Year: 2026, Day: 1, Slot: "a"}).Delete(ctx))
	ok(ann.Filter(day.Eq(2)).Delete(ctx))
	ok(ann.Filter(day.Gt(4)).Delete(ctx))
	ok(ann.Filter(day.Eq(3), slot.Eq("a")).Update(ctx, body.Set("new"), likes.SetNull()))
	ok(ann.Filter(day.Eq(9), slot.Eq("z")).With(coodie.WithTTL(time.Hour)).Update(ctx, body.Set("mortal")))
	ok(ann.Update(ctx, title.Set("static")))
	ok(feed.New(Feed{Owner: "bob", Year: 2025, Day: 1, Slot: "a", Title: ptr("alone")}).Save(ctx))
	ok(feed.Find(owner.Eq("bob"), year.Eq(2025)).Delete(ctx))
	ok(feed.New(Feed{Owner: "eve", Year: 2024, Day: 1, Slot: "a", Likes: ptr(1)}).With(coodie.WithOmitNil()).Save(ctx))

	// lightweight transactions
	var applied strings.Builder
	lwt := func(res coodie.LWTResult[Config], err error) {
		t.Helper()
		ok(err)
		fmt.Fprintf(&applied, "%b", map[bool]int{true: 1}[res.Applied])
	}
	row := func(key, value string, version int) *coodie.Document[Config] {
		return config.New(Config{Key: key, Value: &value, Version: &version})
	}
	at := func(k string) *coodie.QuerySet[Config] { return config.Find(key.Eq(k)) }
	lwt(row("a", "1", 1).Insert(ctx))
	lwt(row("a", "2", 2).Insert(ctx))
	lwt(at("a").If(version.Eq(1)).Update(ctx, value.Set("3"), version.Set(2)))
	lwt(at("a").If(version.Eq(1)).Update(ctx, value.Set("4")))
	lwt(at("b").IfExists().Update(ctx, value.Set("5")))
	lwt(at("a").IfExists().Update(ctx, value.Set("6")))
	ok(row("c", "c", 1).Save(ctx))
	lwt(at("c").If(version.Gt(5)).Delete(ctx))
	lwt(at("c").If(version.Eq(1)).Delete(ctx))
	lwt(at("d").IfExists().Delete(ctx))
	ok(row("e", "e", 1).Save(ctx))
	lwt(at("e").IfExists().Delete(ctx))
	lwt(config.Find().IfNotExists().With(coodie.WithTTL(time.Hour)).Create(ctx, row("f", "f", 1).Value))
	lwt(at("f").If(version.In(1, 2)).Update(ctx, value.Set("ff")))

	// batches
	batch := db.Batch()
	row("g", "g", 1).SaveIn(batch)
	row("h", "h", 1).SaveIn(batch)
	at("f").DeleteIn(batch)
	ok(batch.Exec(ctx))
	bat := func(d, likes int) *coodie.Document[Feed] {
		return feed.New(Feed{Owner: "bat", Year: 1, Day: d, Slot: "a", Likes: &likes})
	}
	batch = db.UnloggedBatch()
	bat(1, 1).SaveIn(batch)
	bat(2, 2).SaveIn(batch)
	ok(batch.Exec(ctx))
	for _, pair := range [][2]*coodie.Document[Feed]{{bat(3, 3), bat(4, 4)}, {bat(4, 44), bat(5, 55)}} {
		batch = db.Batch()
		handle := pair[0].InsertIn(batch)
		pair[1].InsertIn(batch)
		ok(batch.Exec(ctx))
		res, err := handle.Result()
		ok(err)
		fmt.Fprintf(&applied, "%b", map[bool]int{true: 1}[res.Applied])
	}

	// counters
	hits, users := coodie.AnyCol(views, "hits"), coodie.AnyCol(views, "users")
	home := func(d int) *coodie.QuerySet[Views] {
		return views.Find(coodie.AnyCol(views, "page").Eq("home"), coodie.AnyCol(views, "day").Eq(d))
	}
	ok(home(1).Update(ctx, hits.Add(3), users.Add(1)))
	ok(home(1).Update(ctx, hits.Add(-1)))
	ok(home(2).Update(ctx, hits.Add(-5)))
	return applied.String()
}

func open[T any](t *testing.T, db *coodie.DB) *coodie.Table[T] {
	t.Helper()
	table, err := coodie.Open[T](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, table).Create(t.Context()))
	return table
}

func ptr[V any](v V) *V { return &v }

// columns are a table's columns as the server describes them.
func columns(t *testing.T, s *gocql.Session, keyspace, table string) []string {
	t.Helper()
	var out []string
	iter := s.Query(`SELECT column_name, kind, position, clustering_order, type FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?`, keyspace, table).Iter()
	var name, kind, order, typ string
	var position int
	for iter.Scan(&name, &kind, &position, &order, &typ) {
		out = append(out, fmt.Sprint(name, " ", typ, " ", kind, " ", position, " ", order))
	}
	require.NoError(t, iter.Close())
	slices.Sort(out)
	return out
}

// rows are a table's rows as the server writes them in JSON, and of each plain column
// whether it lives for a while, and its timestamp if the writer gave it.
func rows(t *testing.T, s *gocql.Session, keyspace, table string) []string {
	t.Helper()
	selected := []string{}
	var name, kind, typ string
	iter := s.Query(`SELECT column_name, kind, type FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?`, keyspace, table).Iter()
	for iter.Scan(&name, &kind, &typ) {
		selected = append(selected, name)
		multicell := strings.HasPrefix(typ, "list<") || strings.HasPrefix(typ, "set<") || strings.HasPrefix(typ, "map<")
		if (kind == "regular" || kind == "static") && typ != "counter" && !multicell {
			selected = append(selected, "ttl("+name+")", "writetime("+name+")")
		}
	}
	require.NoError(t, iter.Close())

	var out []string
	var text string
	iter = s.Query(fmt.Sprintf("SELECT JSON %s FROM %s.%s", strings.Join(selected, ", "), keyspace, table)).Iter()
	for iter.Scan(&text) {
		row := map[string]any{}
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		require.NoError(t, decoder.Decode(&row))
		for column, v := range row {
			switch n, _ := v.(json.Number); {
			case strings.HasPrefix(column, "ttl(") && n != "":
				row[column] = "some"
			case strings.HasPrefix(column, "writetime(") && len(n) > 7:
				row[column] = "now" // not one of the timestamps from the past
			}
		}
		line, err := json.Marshal(row)
		require.NoError(t, err)
		out = append(out, string(line))
	}
	require.NoError(t, iter.Close())
	slices.Sort(out)
	return out
}
