// Command bulkbench measures coodie's bulk calls beside the same work written by hand
// with gocql and an errgroup, on a real cluster:
//
//	go run ./integration/cmd/cassandra -nodes 3 &
//	COODIE_HOSTS=127.0.0.1,127.0.0.2,127.0.0.3 go run ./integration/cmd/bulkbench
//
// Both take turns, so that what else the machine does concerns both; the figures are
// medians of the rounds.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gocql/gocql"
	"golang.org/x/sync/errgroup"

	"github.com/coodie-go/coodie"
)

// User is a row of what is measured.
type User struct {
	ID    int    `cql:"id,partition"`
	Name  string `cql:"name"`
	Email string `cql:"email"`
	Score int64  `cql:"score"`
}

var id = coodie.Col(func(u *User) *int { return &u.ID })

const (
	insert = "INSERT INTO user (id, name, email, score) VALUES (?, ?, ?, ?)"
	get    = "SELECT id, name, email, score FROM user WHERE id = ?"
)

func main() {
	rows := flag.Int("rows", 5000, "rows of a round")
	rounds := flag.Int("rounds", 7, "rounds")
	factor := flag.Int("rf", 3, "replication factor")
	flag.Parse()
	if err := run(context.Background(), *rows, *rounds, *factor); err != nil {
		fmt.Fprintln(os.Stderr, "bulkbench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rows, rounds, factor int) error {
	config := gocql.NewCluster(strings.Split(os.Getenv("COODIE_HOSTS"), ",")...)
	config.Timeout, config.WriteCoalesceWaitTime = 30*time.Second, 0
	admin, err := config.CreateSession()
	if err != nil {
		return err
	}
	defer admin.Close()
	create := fmt.Sprintf("CREATE KEYSPACE IF NOT EXISTS bulkbench WITH replication = {'class': 'SimpleStrategy', 'replication_factor': %d}", factor)
	if err := admin.Query(create).Exec(); err != nil {
		return err
	}
	config.Keyspace = "bulkbench"
	config.PoolConfig.HostSelectionPolicy = gocql.TokenAwareHostPolicy(gocql.RoundRobinHostPolicy())
	session, err := config.CreateSession()
	if err != nil {
		return err
	}
	defer session.Close()
	users, err := coodie.Open[User](coodie.New(session))
	if err != nil {
		return err
	}
	if err := coodie.Schema(nil, users).Create(ctx); err != nil {
		return err
	}
	b := bench{ctx, session, users, make([]User, rows), make([]int, rows)}
	for i := range b.rows {
		b.rows[i] = User{i, fmt.Sprint("user ", i), fmt.Sprintf("user%d@example.org", i), int64(i)}
		b.ids[i] = (i * 7919) % rows
	}
	fmt.Printf("%-40s %10s %10s %7s\n", "", "by hand/s", "coodie/s", "ratio")
	for _, c := range []struct {
		name         string
		hand, coodie func() error
	}{
		{"SaveAll, errgroup of 32", b.saveByHand, b.save},
		{"InsertAll (LWT), errgroup of 32", b.insertByHand, b.insert},
		{"GetMany, errgroup of 32", b.getByHand, b.get},
		{"In, errgroup of 50 point reads", b.inByHand(50), b.in},
		{"Scan, one SELECT page by page", b.scanByHand, b.scan},
	} {
		var hand, ours []float64
		type side struct {
			run   func() error
			times *[]float64
		}
		sides := []side{{c.hand, &hand}, {c.coodie, &ours}}
		for range rounds {
			slices.Reverse(sides) // neither is always the first
			for _, side := range sides {
				start := time.Now()
				if err := side.run(); err != nil {
					return fmt.Errorf("%s: %w", c.name, err)
				}
				*side.times = append(*side.times, float64(rows)/time.Since(start).Seconds())
			}
		}
		h, o := median(hand), median(ours)
		fmt.Printf("%-40s %10.0f %10.0f %7.2f\n", c.name, h, o, o/h)
	}
	return admin.Query("DROP KEYSPACE bulkbench").Exec()
}

func median(times []float64) float64 {
	slices.Sort(times)
	return times[len(times)/2]
}

type bench struct {
	ctx     context.Context
	session *gocql.Session
	users   *coodie.Table[User]
	rows    []User
	ids     []int
}

func (b bench) group(limit int, do func(i int) error) error {
	g, _ := errgroup.WithContext(b.ctx)
	g.SetLimit(limit)
	for i := range b.rows {
		g.Go(func() error { return do(i) })
	}
	return g.Wait()
}

func (b bench) query(statement string, args ...any) *gocql.Query {
	return b.session.Query(statement, args...).WithContext(b.ctx).Consistency(gocql.Quorum)
}

func (b bench) saveByHand() error {
	return b.group(32, func(i int) error {
		u := &b.rows[i]
		return b.query(insert, u.ID, u.Name, u.Email, u.Score).Exec()
	})
}

func (b bench) save() error { return b.users.SaveAll(b.ctx, b.rows) }

func (b bench) insertByHand() error {
	return b.group(32, func(i int) error {
		u, old := &b.rows[i], User{}
		_, err := b.query(insert+" IF NOT EXISTS", u.ID, u.Name, u.Email, u.Score).
			SerialConsistency(gocql.Serial).NoSkipMetadata().ScanCAS(&old.ID, &old.Email, &old.Name, &old.Score)
		return err
	})
}

func (b bench) insert() error {
	_, err := b.users.InsertAll(b.ctx, b.rows)
	return err
}

func (b bench) getByHand() error { return b.inByHand(32)() }

func (b bench) get() error {
	_, err := b.users.GetMany(b.ctx, b.rows)
	return err
}

func (b bench) inByHand(limit int) func() error {
	return func() error {
		out := make([]User, len(b.ids))
		return b.group(limit, func(i int) error {
			u := &out[i]
			return b.query(get, b.ids[i]).Scan(&u.ID, &u.Name, &u.Email, &u.Score)
		})
	}
}

func (b bench) in() error {
	got, err := b.users.Find(id.In(b.ids...)).All(b.ctx)
	if err == nil && len(got) != len(b.ids) {
		return fmt.Errorf("%d rows of %d", len(got), len(b.ids))
	}
	return err
}

func (b bench) scanByHand() error {
	rows := b.query("SELECT id, name, email, score FROM user").Iter()
	var u User
	for rows.Scan(&u.ID, &u.Name, &u.Email, &u.Score) {
	}
	return rows.Close()
}

func (b bench) scan() error {
	for _, err := range b.users.Scan(b.ctx) {
		if err != nil {
			return err
		}
	}
	return nil
}
