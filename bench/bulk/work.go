package main

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"

	"github.com/gocql/gocql"
	"github.com/scylladb/gocqlx/v2"
	"golang.org/x/sync/errgroup"

	"github.com/coodie-go/coodie"
)

// User is a row of what is measured.
type User struct {
	ID    int    `cql:"id,partition" db:"id"`
	Name  string `cql:"name" db:"name"`
	Email string `cql:"email" db:"email"`
	Score int64  `cql:"score" db:"score"`
}

func user(i int) User {
	return User{i, fmt.Sprint("user ", i), fmt.Sprintf("user%d@example.org", i), int64(i)}
}

// What coodie does by default, and the others likewise.
const (
	atOnce      = 32 // writes and reads by key
	rangesOnce  = 8  // ranges of a scan
	ranges      = 64
	perDelivery = 250 // rows that a scan hands over at a time
)

const (
	insert    = "INSERT INTO user (id, name, email, score) VALUES (?, ?, ?, ?)"
	get       = "SELECT id, name, email, score FROM user WHERE id = ?"
	scanRange = "SELECT id, name, email, score FROM user WHERE token(id) > ? AND token(id) <= ?"
)

var columns, key, tokens = []string{"id", "name", "email", "score"}, []string{"id"}, []string{"after", "upto"}

// contender is one way to do the work.
type contender interface {
	save(ctx context.Context, rows []User) error
	getMany(ctx context.Context, rows []User) error
	scan(ctx context.Context, f func(User)) error         // f is called by one goroutine
	scanParallel(ctx context.Context, f func(User)) error // by several
}

// work is a line of the table.
type work struct {
	name string
	rows int
	do   func(context.Context, contender) error
}

func (o *options) works() []work {
	users := make([]User, 10_000)
	for i := range users {
		users[i] = user(i)
	}
	all := o.rows * o.scans
	// scans reads the whole table, several times.
	scans := func(read func(f func(User)) error) error {
		for range o.scans {
			var n, sum atomic.Int64
			if err := read(func(u User) { n.Add(1); sum.Add(u.Score) }); err != nil {
				return err
			}
			if rows := int64(o.rows); n.Load() != rows || sum.Load() != rows*(rows-1)/2 {
				return fmt.Errorf("%d rows of %d", n.Load(), rows)
			}
		}
		return nil
	}
	return []work{
		{"GetMany of 1,000 keys", 1000, func(ctx context.Context, c contender) error { return c.getMany(ctx, users[:1000]) }},
		{"SaveAll of 10,000 rows", len(users), func(ctx context.Context, c contender) error { return c.save(ctx, users) }},
		{fmt.Sprintf("Scan of %d rows", all), all, func(ctx context.Context, c contender) error {
			return scans(func(f func(User)) error { return c.scan(ctx, f) })
		}},
		{fmt.Sprintf("ScanParallel of %d rows", all), all, func(ctx context.Context, c contender) error {
			return scans(func(f func(User)) error { return c.scanParallel(ctx, f) })
		}},
	}
}

// group calls do with 0 to n-1, several at once.
func group(limit int) func(n int, do func(i int) error) error {
	return func(n int, do func(i int) error) error {
		var g errgroup.Group
		g.SetLimit(limit)
		for i := range n {
			g.Go(func() error { return do(i) })
		}
		return g.Wait()
	}
}

// bounds are those of range i of the ring.
func bounds(i int) (after, upto int64) {
	const width = math.MaxUint64/ranges + 1
	after = math.MinInt64 + int64(uint64(i)*width)
	if i == ranges-1 {
		return after, math.MaxInt64
	}
	return after, after + int64(uint64(width)) // wraps nowhere
}

// delivered has f called by one goroutine with the rows that others hand over.
func delivered(f func(User), read func(deliver func([]User)) error) error {
	rows, failed := make(chan []User, rangesOnce), make(chan error, 1)
	go func() {
		defer close(rows)
		failed <- read(func(some []User) { rows <- some })
	}()
	for some := range rows {
		for _, u := range some {
			f(u)
		}
	}
	return <-failed
}

type byHand struct{ session *gocql.Session }

func (h byHand) query(ctx context.Context, statement string, args ...any) *gocql.Query {
	return h.session.Query(statement, args...).WithContext(ctx).Consistency(gocql.Quorum)
}

func (h byHand) save(ctx context.Context, rows []User) error {
	return group(atOnce)(len(rows), func(i int) error {
		u := &rows[i]
		q := h.query(ctx, insert, u.ID, u.Name, u.Email, u.Score)
		defer q.Release()
		return q.Exec()
	})
}

func (h byHand) getMany(ctx context.Context, rows []User) error {
	out := make([]User, len(rows))
	return group(atOnce)(len(rows), func(i int) error {
		q := h.query(ctx, get, rows[i].ID)
		defer q.Release()
		u := &out[i]
		return q.Scan(&u.ID, &u.Name, &u.Email, &u.Score)
	})
}

func (h byHand) each(ctx context.Context, i int, f func(User)) error {
	after, upto := bounds(i)
	q := h.query(ctx, scanRange, after, upto)
	defer q.Release()
	rows := q.Iter()
	var u User
	for rows.Scan(&u.ID, &u.Name, &u.Email, &u.Score) {
		f(u)
	}
	return rows.Close()
}

func (h byHand) scanParallel(ctx context.Context, f func(User)) error {
	return group(rangesOnce)(ranges, func(i int) error { return h.each(ctx, i, f) })
}

func (h byHand) scan(ctx context.Context, f func(User)) error { return scanned(ctx, f, h.each) }

// scanned reads ranges by each and hands their rows over.
func scanned(ctx context.Context, f func(User), each func(context.Context, int, func(User)) error) error {
	return delivered(f, func(deliver func([]User)) error {
		return group(rangesOnce)(ranges, func(i int) error {
			some := make([]User, 0, perDelivery)
			err := each(ctx, i, func(u User) {
				if some = append(some, u); len(some) == perDelivery {
					deliver(some)
					some = make([]User, 0, perDelivery)
				}
			})
			deliver(some)
			return err
		})
	})
}

type withGocqlx struct{ session gocqlx.Session }

func (x withGocqlx) query(ctx context.Context, statement string, names []string) *gocqlx.Queryx {
	return x.session.ContextQuery(ctx, statement, names).Consistency(gocql.Quorum)
}

func (x withGocqlx) save(ctx context.Context, rows []User) error {
	return group(atOnce)(len(rows), func(i int) error { return x.query(ctx, insert, columns).BindStruct(rows[i]).ExecRelease() })
}

func (x withGocqlx) getMany(ctx context.Context, rows []User) error {
	out := make([]User, len(rows))
	return group(atOnce)(len(rows), func(i int) error { return x.query(ctx, get, key).BindStruct(rows[i]).GetRelease(&out[i]) })
}

func (x withGocqlx) each(ctx context.Context, i int, f func(User)) error {
	after, upto := bounds(i)
	q := x.query(ctx, scanRange, tokens).BindMap(map[string]any{"after": after, "upto": upto})
	defer q.Release()
	rows := q.Iter()
	var u User
	for rows.StructScan(&u) {
		f(u)
	}
	return rows.Close()
}

func (x withGocqlx) scanParallel(ctx context.Context, f func(User)) error {
	return group(rangesOnce)(ranges, func(i int) error { return x.each(ctx, i, f) })
}

func (x withGocqlx) scan(ctx context.Context, f func(User)) error { return scanned(ctx, f, x.each) }

type withCoodie struct{ users *coodie.Table[User] }

func (c withCoodie) save(ctx context.Context, rows []User) error { return c.users.SaveAll(ctx, rows) }

func (c withCoodie) getMany(ctx context.Context, rows []User) error {
	_, err := c.users.GetMany(ctx, rows)
	return err
}

func (c withCoodie) scan(ctx context.Context, f func(User)) error {
	for u, err := range c.users.Scan(ctx) {
		if err != nil {
			return err
		}
		f(u)
	}
	return nil
}

func (c withCoodie) scanParallel(ctx context.Context, f func(User)) error {
	return c.users.ScanParallel(ctx, func(_ context.Context, u User) error {
		f(u)
		return nil
	})
}
