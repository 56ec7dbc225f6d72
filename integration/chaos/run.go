package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/linear"
)

// Variant is a way to write the clients.
type Variant struct {
	Name   string
	Wrong  bool   // is known to be wrong, and must be found out
	prefix string // of its tables
	retry  gocql.RetryPolicy
	// open prepares a session, and makes the tables if told so; it returns what makes clients.
	open func(ctx context.Context, s *gocql.Session, prefix string, create bool) (func() Client, error)
}

// Variants are coodie, plain gocql, and clients that are known to be wrong.
var Variants = []Variant{
	{"coodie", false, "ours", nil, mapper(false)},
	{"gocql, every error left open", false, "open", nil, byHand(false)},
	{"gocql, an error taken for \"not applied\"", true, "trust", nil, byHand(true)},
	{"gocql, SimpleRetryPolicy{3}", true, "retry", &gocql.SimpleRetryPolicy{NumRetries: 3}, byHand(false)},
	{"coodie, unknown taken for \"not applied\"", true, "broken", nil, mapper(true)},
}

// Ours reports whether the variant is coodie, used as it should be.
func (v Variant) Ours() bool { return v.Name == Variants[0].Name }

// Run is one run of one variant.
type Run struct {
	Variant  Variant
	Duration time.Duration // of the load; it lasts longer if not every fault has come yet
	Sessions int           // each with four clients
	Seed     uint64
	Pictures string // directory for pictures of what is wrong; none if empty
	Log      func(format string, args ...any)
}

// Report is what came of a run.
type Report struct {
	Variant string
	Lasted  time.Duration
	Clients int
	Faults  [faults]int
	*Verdict
}

// keyspace of all runs on a ring.
const keyspace = "chaos"

func tableName(prefix string, k Kind) string { return keyspace + "." + prefix + "_" + k.String() }

// On runs on a ring. An error means that the run is not worth anything: the cluster could
// not be healed, or not be read in the end.
func (r Run) On(ctx context.Context, ring *Ring) (*Report, error) {
	workers, closeAll, err := r.workers(ctx, ring)
	defer closeAll()
	if err != nil {
		return nil, err
	}
	loading, stop := context.WithCancel(ctx)
	defer stop()
	var work sync.WaitGroup
	for _, w := range workers {
		work.Go(func() { w.run(loading) })
	}
	breaking, calm := context.WithTimeout(ctx, r.Duration)
	defer calm()
	start := time.Now()
	n := &nemesis{ring: ring, random: rand.New(rand.NewPCG(r.Seed, 0)), log: r.Log}
	err = n.run(breaking)
	time.Sleep(time.Second) // of work on the healed cluster
	stop()
	work.Wait()
	lasted := time.Since(start)
	if err != nil {
		return nil, err
	}
	l := workers[0].load
	if err := readAll(ctx, ring, r.Variant.prefix, l); err != nil {
		return nil, err
	}
	var opts []linear.Option
	if r.Pictures != "" {
		opts = append(opts, linear.Pictures(r.Pictures))
	}
	r.Log("checking %d operations", len(l.history.Operations()))
	return &Report{
		Variant: r.Variant.Name, Lasted: lasted, Clients: len(workers), Faults: n.counts,
		Verdict: Check(l.history.Operations(), 20*time.Second, opts...),
	}, nil
}

// workers makes the workers and their sessions.
func (r Run) workers(ctx context.Context, ring *Ring) (workers []*worker, closeAll func(), err error) {
	var sessions []*gocql.Session
	closeAll = func() {
		for _, s := range sessions {
			s.Close()
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 4*time.Minute)
	defer cancel()
	// On a busy machine the nodes may take long to agree on a schema, and forget to.
	for {
		within, cancel := context.WithTimeout(ctx, time.Minute)
		err = r.prepare(within, ring)
		cancel()
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return nil, closeAll, err
		}
		r.Log("once more: %v", err)
	}
	l := &load{history: NewHistory()}
	for range r.Sessions {
		config := ring.config()
		config.RetryPolicy = r.Variant.retry
		s, err := connect(ctx, config)
		if err != nil {
			return nil, closeAll, err
		}
		sessions = append(sessions, s)
		client, err := r.Variant.open(ctx, s, r.Variant.prefix, false)
		if err != nil {
			return nil, closeAll, err
		}
		for range 4 {
			workers = append(workers, newWorker(l, len(workers), client(), r.Seed))
		}
	}
	return workers, closeAll, nil
}

// prepare makes the keyspace and the tables.
func (r Run) prepare(ctx context.Context, ring *Ring) error {
	config := ring.Cluster.Config()
	config.MaxWaitSchemaAgreement = time.Minute
	s, err := connect(ctx, config)
	if err != nil {
		return err
	}
	defer s.Close()
	err = s.Query("CREATE KEYSPACE IF NOT EXISTS " + keyspace +
		" WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}").WithContext(ctx).Exec()
	if err == nil {
		_, err = r.Variant.open(ctx, s, r.Variant.prefix, true)
	}
	return err
}

// readAll reads every row at SERIAL with gocql alone, past the proxies, which ends the
// rows' histories.
func readAll(ctx context.Context, ring *Ring, prefix string, l *load) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	config := ring.Cluster.Config()
	s, err := connect(ctx, config)
	if err != nil {
		return err
	}
	defer s.Close()
	seen := map[string]bool{}
	for _, op := range l.history.Operations() {
		if seen[op.Key] || op.Kind == Lease { // leases tell by themselves
			continue
		}
		seen[op.Key] = true
		for {
			var n int64
			a := l.history.Record(Operation{Kind: op.Kind, Client: -1, Key: op.Key, Action: Read}, func() Answer {
				if n, err = readSerial(ctx, s, tableName(prefix, op.Kind), op.Key); err != nil {
					return Answer{Outcome: Failed, Err: err}
				}
				return Answer{Seen: n, Told: true}
			})
			if a.Told {
				break
			}
			if ctx.Err() != nil {
				return errors.Join(fmt.Errorf("%s could not be read in the end", op.Key), a.Err)
			}
			time.Sleep(200 * time.Millisecond)
		}
	}
	return nil
}
