package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie"
)

// Row is the table of single statements.
type Row struct {
	ID    int64  `cql:"id,partition"`
	Value string `cql:"value"`
	N     int64  `cql:"n"`
}

var (
	rowID = coodie.Col(func(r *Row) *int64 { return &r.ID })
	rowN  = coodie.Col(func(r *Row) *int64 { return &r.N })
)

// rows is how many rows there are to read and to update.
const rows = 1000

// throughput measures single statements, coodie beside gocql, by number of clients.
func throughput(ctx context.Context, s settings, session *gocql.Session) error {
	table, err := coodie.Open[Row](coodie.New(session), coodie.WithKeyspace(keyspace))
	if err == nil {
		err = coodie.Schema(nil, table).Create(ctx)
	}
	if err != nil {
		return err
	}
	for id := range int64(rows) {
		if err := table.New(Row{ID: id, Value: "value"}).Save(ctx); err != nil {
			return err
		}
	}
	var last atomic.Int64
	last.Store(rows)
	numbers := func() int64 { return last.Add(1) }

	fmt.Printf("\n| %d node(s), RF %d | clients | gocql/s | coodie/s | throughput, median ratio (min to max) | p50 gocql / coodie | p99 gocql / coodie |\n", s.nodes, s.nodes)
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, op := range operations(session, table) {
		for _, clients := range []int{1, 8, 64} {
			result := takeTurns(ctx, s, clients, numbers, []contender{{"gocql", op.byHand}, {"coodie", op.mapped}})
			hand, ours := result["gocql"], result["coodie"]
			ratios := rates(ours, hand)
			h, o := merged(hand), merged(ours)
			if failed := h.unknown + o.unknown; failed > 0 {
				return fmt.Errorf("%s, %d clients: %d statements failed", op.name, clients, failed)
			}
			fmt.Printf("| %s | %d | %.0f | %.0f | %.2f (%.2f to %.2f) | %s / %s | %s / %s |\n", op.name, clients,
				median(of(hand, (*slice).perSecond)), median(of(ours, (*slice).perSecond)),
				median(ratios), quantile(ratios, 0), quantile(ratios, 1),
				ms(quantile(h.latencies, 0.5)), ms(quantile(o.latencies, 0.5)), ms(quantile(h.latencies, 0.99)), ms(quantile(o.latencies, 0.99)))
		}
	}
	return nil
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond)) }

type operation struct {
	name           string
	byHand, mapped work
}

func operations(session *gocql.Session, table *coodie.Table[Row]) []operation {
	const name = keyspace + ".row"
	// lwt is what coodie sets, said by hand.
	lwt := func(ctx context.Context, statement string, args ...any) *gocql.Query {
		return session.Query(statement, args...).WithContext(ctx).Consistency(gocql.Quorum).SerialConsistency(gocql.Serial)
	}
	return []operation{
		{
			"plain insert",
			func(ctx context.Context, n int64) (int, error) {
				return 1, lwt(ctx, "INSERT INTO "+name+" (id, value, n) VALUES (?, ?, ?)", n, "value", n).Exec()
			},
			func(ctx context.Context, n int64) (int, error) {
				return 1, table.New(Row{ID: n, Value: "value", N: n}).Save(ctx)
			},
		},
		{
			"select by key",
			func(ctx context.Context, n int64) (int, error) {
				var r Row
				return 1, lwt(ctx, "SELECT id, value, n FROM "+name+" WHERE id = ?", n%rows).Scan(&r.ID, &r.Value, &r.N)
			},
			func(ctx context.Context, n int64) (int, error) {
				_, err := table.Find(rowID.Eq(n % rows)).Get(ctx)
				return 1, err
			},
		},
		{
			"LWT insert",
			func(ctx context.Context, n int64) (int, error) {
				var r Row
				_, err := lwt(ctx, "INSERT INTO "+name+" (id, value, n) VALUES (?, ?, ?) IF NOT EXISTS", n, "value", n).ScanCAS(&r.ID, &r.N, &r.Value)
				return 1, err
			},
			func(ctx context.Context, n int64) (int, error) {
				_, err := table.New(Row{ID: n, Value: "value", N: n}).Insert(ctx)
				return 1, err
			},
		},
		{
			"update IF, refused",
			func(ctx context.Context, n int64) (int, error) {
				var current int64
				_, err := lwt(ctx, "UPDATE "+name+" SET n = ? WHERE id = ? IF n = ?", n, n%rows, -1).ScanCAS(&current)
				return 1, err
			},
			func(ctx context.Context, n int64) (int, error) {
				_, err := table.Find(rowID.Eq(n%rows)).If(rowN.Eq(-1)).Update(ctx, rowN.Set(n))
				return 1, err
			},
		},
	}
}
