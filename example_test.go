package coodie_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"sync"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// exampleSession is a session on a server of its own, in memory.
func exampleSession() (session *gocql.Session, srv *cqltest.Server, stop func()) {
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"))
	if err != nil {
		log.Fatal(err)
	}
	session, err = srv.Cluster().CreateSession()
	if err != nil {
		log.Fatal(err)
	}
	return session, srv, func() { session.Close(); srv.Close() }
}

type DeployLock struct {
	Service  string    `cql:"service,partition"`
	LockedBy string    `cql:"locked_by"`
	LockedAt time.Time `cql:"locked_at"`
}

func (DeployLock) TableName() string { return "deploy_locks" }

var service = coodie.Col(func(l *DeployLock) *string { return &l.Service })

type AppConfig struct {
	Key     string `cql:"key,partition"`
	Value   string `cql:"value"`
	Version int    `cql:"version"`
}

var ( // resolved once; a renamed field or a wrong value type is a compile error
	key     = coodie.Col(func(c *AppConfig) *string { return &c.Key })
	value   = coodie.Col(func(c *AppConfig) *string { return &c.Value })
	version = coodie.Col(func(c *AppConfig) *int { return &c.Version })
)

func openLocks(ctx context.Context, session *gocql.Session) *coodie.Table[DeployLock] {
	db := coodie.New(session)
	locks, err := coodie.Open[DeployLock](db)
	if err != nil {
		log.Fatal(err)
	}
	if err := coodie.Schema(db, locks).Create(ctx); err != nil {
		log.Fatal(err)
	}
	return locks
}

func openConfigs(ctx context.Context, session *gocql.Session) *coodie.Table[AppConfig] {
	db := coodie.New(session)
	configs, err := coodie.Open[AppConfig](db)
	if err != nil {
		log.Fatal(err)
	}
	if err := coodie.Schema(db, configs).Create(ctx); err != nil {
		log.Fatal(err)
	}
	return configs
}

// Optimistic locking: the update holds only for the version that was read.
func ExampleDocument_If() {
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	configs := openConfigs(ctx, session)

	doc := configs.New(AppConfig{Key: "flag", Value: "off", Version: 1})
	if _, err := doc.Insert(ctx); err != nil {
		log.Fatal(err)
	}
	res, err := doc.If(version.Eq(1)).Update(ctx, value.Set("on"), version.Set(2))
	fmt.Println(res.Applied, err, doc.Value)

	res, err = doc.If(version.Eq(1)).Update(ctx, value.Set("off"), version.Set(2))
	current, presence := version.From(res.Existing)
	fmt.Println(res.Applied, err, current, presence)
	fmt.Println(res.Err())
	// Output:
	// true <nil> {flag on 2}
	// false <nil> 2 present
	// coodie: update app_config (key): not applied: version = ? did not hold
}

// Every conditional write there is.
func ExampleQuerySet_If() {
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	configs := openConfigs(ctx, session)
	flag := configs.Find(key.Eq("flag"))

	show := func(res coodie.LWTResult[AppConfig], err error) { fmt.Println(res.Applied, err) }
	show(configs.Find().IfNotExists().Create(ctx, AppConfig{Key: "flag", Value: "off", Version: 1}))
	show(flag.If(version.Eq(1)).Update(ctx, value.Set("on"), version.Set(2)))
	show(flag.If(version.Ge(2), value.In("on", "auto")).Update(ctx, version.Set(3)))
	show(flag.If(coodie.AnyCol(configs, "version").Eq(3)).DeleteColumns(ctx, value)) // a column by its name
	show(flag.IfExists().With(coodie.WithTTL(time.Hour)).Update(ctx, value.Set("on")))
	show(flag.IfExists().Delete(ctx))
	// Output:
	// true <nil>
	// true <nil>
	// true <nil>
	// true <nil>
	// true <nil>
	// true <nil>
}

// The three templates of an answer, on the worked statements of the CQL guides.
func ExampleLWTResult() {
	type T struct {
		K int  `cql:"k,partition"`
		V *int `cql:"v"`
		X *int `cql:"x"`
	}
	v := coodie.NullCol(func(t *T) **int { return &t.V })
	x := coodie.NullCol(func(t *T) **int { return &t.X })
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	db := coodie.New(session)
	table, err := coodie.Open[T](db)
	if err != nil {
		log.Fatal(err)
	}
	if err := coodie.Schema(db, table).Create(ctx); err != nil {
		log.Fatal(err)
	}

	zero := 0
	doc := table.New(T{K: 0, V: &zero})
	res, err := doc.Insert(ctx)
	must(err)
	fmt.Println(res.Applied, res.Existing == nil)
	res, err = doc.Insert(ctx)
	must(err)
	n, p := v.From(res.Existing)         // typed
	fmt.Println(res.Applied, n, p)       //
	_, p = x.From(res.Existing)          // null is not zero
	fmt.Println(p)                       //
	fmt.Println(res.Existing.Pairs())    // in the server's order
	fmt.Println(res.Existing.Map()["v"]) // by name
	res, err = doc.If(v.Eq(0)).Update(ctx, v.Set(1), x.Set(2))
	must(err)
	fmt.Println(res.Applied)
	res, err = doc.If(v.Eq(0), x.Eq(1)).Update(ctx, v.Set(9))
	must(err)
	fmt.Println(res.Existing.Pairs(), res.Conditions())
	// Output:
	// true true
	// false 0 present
	// absent
	// [{k 0} {v 0} {x <nil>}]
	// 0
	// true
	// [{v 1} {x 2}] [v = ?: not held x = ?: not held]
}

// The answer is lost on its way: that is neither applied nor refused.
func Example_errOutcomeUnknown() {
	ctx := context.Background()
	session, srv, stop := exampleSession()
	defer stop()
	locks := openLocks(ctx, session)
	srv.Fault(cqltest.On(cqltest.Conditional, "deploy_locks").Nth(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))

	lock := locks.New(DeployLock{Service: "api", LockedBy: "alice"})
	res, err := lock.Insert(ctx)
	fmt.Println(res.Applied, errors.Is(err, coodie.ErrOutcomeUnknown))

	var timeout *gocql.RequestErrWriteTimeout // gocql's own error is inside
	fmt.Println(errors.As(err, &timeout))

	stored, err := locks.Find(service.Eq("api")).With(coodie.WithLinearizable()).Get(ctx)
	fmt.Println(stored.LockedBy, err)
	// Output:
	// false true
	// true
	// alice <nil>
}

// With an attempt column, Settle knows its own write again.
func ExampleLWTResult_Settle() {
	type Username struct {
		Name    string     `cql:"name,partition"`
		Account string     `cql:"account"`
		Attempt gocql.UUID `cql:"attempt,attempt"`
	}
	ctx := context.Background()
	session, srv, stop := exampleSession()
	defer stop()
	db := coodie.New(session)
	names, err := coodie.Open[Username](db, coodie.WithTable("usernames"))
	if err != nil {
		log.Fatal(err)
	}
	if err := coodie.Schema(db, names).Create(ctx); err != nil {
		log.Fatal(err)
	}
	srv.Fault(cqltest.On(cqltest.Conditional, "usernames").Nth(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))

	res, err := names.New(Username{Name: "ada", Account: "42"}).Insert(ctx)
	if errors.Is(err, coodie.ErrOutcomeUnknown) {
		fmt.Println("unknown")
		res, err = res.Settle(ctx)
	}
	fmt.Println(res.Applied, err)
	// Output:
	// unknown
	// true <nil>
}

// Read, change and write, as often as it takes.
func ExampleQuerySet_Mutate() {
	type Account struct {
		ID      string `cql:"id,partition"`
		Balance int    `cql:"balance"`
		Version int64  `cql:"version,version"`
	}
	id := coodie.Col(func(a *Account) *string { return &a.ID })
	errTooLittle := errors.New("too little money")
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	db := coodie.New(session)
	accounts, err := coodie.Open[Account](db, coodie.WithTable("accounts"))
	if err != nil {
		log.Fatal(err)
	}
	if err := coodie.Schema(db, accounts).Create(ctx); err != nil {
		log.Fatal(err)
	}
	if _, err := accounts.New(Account{ID: "a", Balance: 50}).Insert(ctx); err != nil {
		log.Fatal(err)
	}

	for range 2 {
		res, err := accounts.Find(id.Eq("a")).Mutate(ctx, func(_ context.Context, a *Account) error {
			if a.Balance < 30 {
				return errTooLittle
			}
			a.Balance -= 30
			return nil
		})
		fmt.Println(res.Changed, res.Value.Balance, err)
	}
	// Output:
	// true 20 <nil>
	// false 0 too little money
}

// Plain reads and writes, where no LWT guards the table.
func ExampleTable_Find() {
	type Event struct {
		Device string    `cql:"device,partition"`
		At     time.Time `cql:"at,clustering,desc"`
		Kind   string    `cql:"kind"`
		Tags   []string  `cql:"tags,set"`
	}
	device := coodie.Col(func(e *Event) *string { return &e.Device })
	at := coodie.Col(func(e *Event) *time.Time { return &e.At })
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	db := coodie.New(session)
	events, err := coodie.Open[Event](db, coodie.WithTable("events"))
	if err != nil {
		log.Fatal(err)
	}
	if err := coodie.Schema(db, events).Create(ctx); err != nil {
		log.Fatal(err)
	}

	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 3 {
		e := Event{Device: "d1", At: start.Add(time.Duration(i) * time.Minute), Kind: "boot", Tags: []string{"new"}}
		if err := events.New(e).Save(ctx); err != nil {
			log.Fatal(err)
		}
	}
	for e, err := range events.Find(device.Eq("d1"), at.Gt(start)).Iter(ctx) {
		fmt.Println(e.At.Format(time.TimeOnly), e.Kind, e.Tags, err)
	}
	n, err := events.Find(device.Eq("d1")).Count(ctx)
	fmt.Println(n, err)
	_, err = events.Find(device.Eq("d2")).First(ctx)
	fmt.Println(errors.Is(err, coodie.ErrNotFound))
	// Output:
	// 00:02:00 boot [new] <nil>
	// 00:01:00 boot [new] <nil>
	// 3 <nil>
	// true
}

// What a single call can be told.
func ExampleQuerySet_One() {
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	configs := openConfigs(ctx, session)
	for _, k := range []string{"a", "b", "c"} {
		err := configs.New(AppConfig{Key: k}).With(coodie.WithConsistency(coodie.All), coodie.WithTimeout(time.Second)).Save(ctx)
		if err != nil {
			log.Fatal(err)
		}
	}
	_, err := configs.Find().One(ctx)
	fmt.Println(err)
	one, err := configs.Find(key.Eq("a")).With(coodie.WithConsistency(coodie.One)).One(ctx)
	fmt.Println(one.Key, err)
	found, err := configs.Find(key.Eq("d")).Exists(ctx)
	fmt.Println(found, err)
	rows := 0
	for _, err := range configs.Find().With(coodie.WithPageSize(2), coodie.WithPrefetch(0)).Iter(ctx) { // never more than 2 rows in memory
		if err != nil {
			log.Fatal(err)
		}
		rows++
	}
	fmt.Println(rows)
	// Output:
	// coodie: select app_config: several rows where one was expected; First reads one of the rows, and All reads all of them
	// a <nil>
	// false <nil>
	// 3
}

// A page at a time, by a token that a browser may hold.
func ExampleQuerySet_Page() {
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	secret := []byte("32 random bytes from a safe place")
	db := coodie.New(session, coodie.WithPageTokenKeys(secret))
	configs, err := coodie.Open[AppConfig](db)
	if err != nil {
		log.Fatal(err)
	}
	if err := coodie.Schema(db, configs).Create(ctx); err != nil {
		log.Fatal(err)
	}
	for _, k := range []string{"a", "b", "c"} {
		if err := configs.New(AppConfig{Key: k}).Save(ctx); err != nil {
			log.Fatal(err)
		}
	}

	token := "" // the first page
	for {
		page, err := configs.Find().With(coodie.WithPageSize(2)).Page(ctx, token)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(page.Items))
		if token = page.Next; token == "" {
			break
		}
	}

	_, err = configs.Find().Page(ctx, "forged")
	fmt.Println(coodie.KindOf(err) == coodie.KindPageToken)
	fmt.Println(err)
	// Output:
	// 2
	// 1
	// true
	// coodie: select app_config: the page token is damaged, or was made with another key; begin with the first page
}

// Writes that belong together, on one partition: all of them or none.
func ExampleDB_Batch() {
	type Seat struct {
		Show   string  `cql:"show,partition"`
		No     int     `cql:"no,clustering"`
		Holder *string `cql:"holder"`
	}
	holder := coodie.NullCol(func(s *Seat) **string { return &s.Holder })
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	db := coodie.New(session)
	seats, err := coodie.Open[Seat](db, coodie.WithTable("seats"))
	if err != nil {
		log.Fatal(err)
	}
	if err := coodie.Schema(db, seats).Create(ctx); err != nil {
		log.Fatal(err)
	}
	bob := "bob"
	batch := db.Batch()
	seats.New(Seat{Show: "tosca", No: 7}).InsertIn(batch)
	seats.New(Seat{Show: "tosca", No: 8, Holder: &bob}).InsertIn(batch)
	fmt.Println(batch.Exec(ctx))

	seat7, seat8 := seats.New(Seat{Show: "tosca", No: 7}), seats.New(Seat{Show: "tosca", No: 8})
	batch = db.Batch()
	first := seat7.If(holder.Eq("")).UpdateIn(batch, holder.Set("ann"))
	second := seat8.If(holder.Eq("bob")).UpdateIn(batch, holder.Set("ann"))
	err = batch.Exec(ctx)
	for _, h := range []*coodie.Handle[Seat]{first, second} {
		res, err := h.Result()
		now, presence := holder.From(res.Existing)
		fmt.Println(res.Applied, now, presence, res.Conditions(), err)
	}
	fmt.Println(err)
	// Output:
	// <nil>
	// false  absent [holder = ?: not held] <nil>
	// false bob present [holder = ?: held] <nil>
	// <nil>
}

// Verify says how a live table differs from its struct.
func ExampleTables_Verify() {
	ctx := context.Background()
	session, srv, stop := exampleSession()
	defer stop()
	schema := coodie.Schema(coodie.New(session), openConfigs(ctx, session))
	for _, statement := range schema.CQL() {
		fmt.Println(statement)
	}
	fmt.Println(schema.Verify(ctx))
	srv.MustExec("ALTER TABLE app.app_config DROP value")
	fmt.Println(schema.Verify(ctx))
	// Output:
	// CREATE TABLE IF NOT EXISTS app_config (key text, value text, version int, PRIMARY KEY (key))
	// <nil>
	// coodie: the schema of the server differs from the structs:
	// 	app.app_config: column value (field Value) is missing on the server: text
}

// Columns that know their elements.
func ExampleEntry() {
	type Profile struct {
		User   string            `cql:"user,partition"`
		Emails []string          `cql:"emails,set"`
		Phones []string          `cql:"phones"`
		Prefs  map[string]string `cql:"prefs"`
	}
	emails := coodie.Col(func(p *Profile) *[]string { return &p.Emails })
	phones := coodie.Col(func(p *Profile) *[]string { return &p.Phones })
	prefs := coodie.Col(func(p *Profile) *map[string]string { return &p.Prefs })
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	db := coodie.New(session)
	profiles, err := coodie.Open[Profile](db, coodie.WithTable("profiles"))
	if err != nil {
		log.Fatal(err)
	}
	if err := coodie.Schema(db, profiles).Create(ctx); err != nil {
		log.Fatal(err)
	}

	doc := profiles.New(Profile{User: "ada", Prefs: map[string]string{"theme": "dark"}})
	if _, err := doc.Insert(ctx); err != nil {
		log.Fatal(err)
	}
	res, err := doc.If(coodie.Entry(prefs, "theme").Eq("dark")).
		Update(ctx, coodie.Entry(prefs, "theme").Set("light"), coodie.Add(emails, "a@x.org"), coodie.Append(phones, "1", "2"))
	fmt.Println(res.Applied, err)
	res, err = doc.If(coodie.Contains(emails, "a@x.org"), coodie.At(phones, 1).Eq("9")).Delete(ctx)
	fmt.Println(res.Applied, err, res.Conditions())
	// Output:
	// true <nil>
	// false <nil> [emails CONTAINS ?: held phones[?] = ?: not held]
}

// Many rows, a statement each, several at once.
func ExampleTable_SaveAll() {
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	configs := openConfigs(ctx, session)

	values := make([]AppConfig, 1000)
	for i := range values {
		values[i] = AppConfig{Key: fmt.Sprint("flag-", i), Value: "on"}
	}
	fmt.Println(configs.SaveAll(ctx, values))
	n, err := configs.Find().Count(ctx)
	fmt.Println(n, err)

	// What the chain says is said of each.
	fmt.Println(configs.SaveAll(ctx, values[:100], coodie.WithTTL(time.Hour), coodie.WithConcurrency(64)))
	// Output:
	// <nil>
	// 1000 <nil>
	// <nil>
}

// Each value is an LWT with its own result. One that fails does not stop the others.
func ExampleTable_InsertAll() {
	ctx := context.Background()
	session, srv, stop := exampleSession()
	defer stop()
	users := openConfigs(ctx, session)
	srv.MustExec("INSERT INTO app_config (key, value) VALUES ('bob', 'taken')")
	srv.Fault(cqltest.On(cqltest.Insert, "app_config").Where(func(s cqltest.Statement) bool { return s.Values()[0] == "carol" }),
		cqltest.Apply, cqltest.WriteTimeout("CAS"))

	batch := []AppConfig{{Key: "alice"}, {Key: "bob"}, {Key: "carol"}, {Key: ""}}
	results, err := users.InsertAll(ctx, batch) // results[i] belongs to batch[i]
	for i, res := range results {
		fmt.Printf("%q %v %v\n", batch[i].Key, res.Applied, res.Existing != nil)
	}
	var bulk *coodie.BulkError
	if errors.As(err, &bulk) {
		fmt.Println("failed", bulk.Failed(), "unknown", bulk.Unknown(), "not sent", bulk.NotSent())
		fmt.Println(bulk.Errs[3])
	}
	// Output:
	// "alice" true false
	// "bob" false true
	// "carol" false false
	// "" false false
	// failed [2 3] unknown [2] not sent []
	// coodie: insert app_config (key): column key: the partition key cannot be empty; set field Key
}

func ExampleTable_DeleteAll() {
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	configs := openConfigs(ctx, session)

	fmt.Println(configs.SaveAll(ctx, []AppConfig{{Key: "a"}, {Key: "b"}, {Key: "c"}}))
	fmt.Println(configs.DeleteAll(ctx, []AppConfig{{Key: "a"}, {Key: "c"}}))
	left, err := configs.Find().All(ctx)
	fmt.Println(left, err)
	// Output:
	// <nil>
	// <nil>
	// [{b  0}] <nil>
}

// Row i belongs to key i; of the keys only the key fields count.
func ExampleTable_GetMany() {
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	configs := openConfigs(ctx, session)
	fmt.Println(configs.SaveAll(ctx, []AppConfig{{Key: "a", Version: 1}, {Key: "b", Version: 2}}))

	rows, err := configs.GetMany(ctx, []AppConfig{{Key: "b"}, {Key: "x"}, {Key: "a"}})
	fmt.Println(*rows[0], rows[1], *rows[2], err)
	// Output:
	// <nil>
	// {b  2} <nil> {a  1} <nil>
}

// Many partitions by In are read by several statements, and come in the order of the values.
func ExampleWithConcurrency() {
	ctx := context.Background()
	session, srv, stop := exampleSession()
	defer stop()
	configs := openConfigs(ctx, session)
	keys := make([]string, 50)
	for i := range keys {
		keys[i] = fmt.Sprint("flag-", 99-i)
	}
	fmt.Println(configs.SaveAll(ctx, []AppConfig{{Key: "flag-50"}, {Key: "flag-97"}, {Key: "flag-70"}}))

	srv.ResetLog()
	found, err := configs.Find(key.In(keys...)).With(coodie.WithConcurrency(2)).All(ctx)
	fmt.Println(found, err)
	fmt.Println(len(srv.Log()), "statements:", srv.Log().CQL()[0])
	// Output:
	// <nil>
	// [{flag-97  0} {flag-70  0} {flag-50  0}] <nil>
	// 3 statements: SELECT key,value,version FROM app_config WHERE key IN ?
}

// A scan reads the whole table, a few ranges of tokens at a time.
func ExampleTable_Scan() {
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	configs := openConfigs(ctx, session)
	values := make([]AppConfig, 1000)
	for i := range values {
		values[i] = AppConfig{Key: fmt.Sprint("flag-", i), Version: i}
	}
	fmt.Println(configs.SaveAll(ctx, values))

	n, sum := 0, 0
	for c, err := range configs.Scan(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		n, sum = n+1, sum+c.Version
	}
	fmt.Println(n, sum)
	// Output:
	// <nil>
	// 1000 499500
}

// A scan that ended early goes on from its checkpoint, which is a small text.
func ExampleResumeFrom() {
	ctx := context.Background()
	session, srv, stop := exampleSession()
	defer stop()
	configs := openConfigs(ctx, session)
	values := make([]AppConfig, 1000)
	for i := range values {
		values[i] = AppConfig{Key: fmt.Sprint("flag-", i)}
	}
	fmt.Println(configs.SaveAll(ctx, values))
	fault := srv.Fault(cqltest.On(cqltest.Select, "app_config").After(20), cqltest.Unavailable())

	seen := map[string]bool{}
	var mu sync.Mutex
	handle := func(_ context.Context, c AppConfig) error { // several at once
		mu.Lock()
		defer mu.Unlock()
		seen[c.Key] = true
		return nil
	}
	err := configs.ScanParallel(ctx, handle)
	var ended *coodie.Error
	if errors.As(err, &ended) {
		kept, _ := ended.Checkpoint.MarshalText() // write it down
		fmt.Println(len(seen) < 1000, len(kept) < 500)

		fault.Remove()
		var from coodie.Checkpoint
		fmt.Println(from.UnmarshalText(kept))
		fmt.Println(configs.ScanParallel(ctx, handle, coodie.ResumeFrom(from), coodie.RateLimit(100_000)))
	}
	fmt.Println(len(seen))
	// Output:
	// <nil>
	// true true
	// <nil>
	// <nil>
	// 1000
}

// How far a scan has come, and where to go on.
func ExampleOnProgress() {
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	configs := openConfigs(ctx, session)
	fmt.Println(configs.SaveAll(ctx, []AppConfig{{Key: "a"}, {Key: "b"}, {Key: "c"}}))

	var last coodie.ScanProgress
	err := configs.ScanParallel(ctx, func(context.Context, AppConfig) error { return nil },
		coodie.MinRanges(4), coodie.OnProgress(func(p coodie.ScanProgress) { last = p }))
	fmt.Println(last.Rows, last.Done, last.Checkpoint.Done(), err)
	// Output:
	// <nil>
	// 3 1 true <nil>
}
