// Command benchcluster measures coodie beside gocql written by hand on a real Cassandra,
// which it starts itself, or which is there (-hosts):
//
//	go run ./integration/cmd/benchcluster [-nodes 1,3] [-rounds 5] [-slice 2s] [-run contention]
//
// It prints tables in Markdown: throughput and latency of single statements, what is
// gained on one row that everybody writes, and from which share of taken claims on PeekFirst pays. The contenders take turns in short slices, so
// that a server that warms up, or a machine that is busy, is the same for all; the tables
// have medians of the slices and, for ratios, medians of the rounds' ratios.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/integration/cassandra"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "benchcluster:", err)
		os.Exit(1)
	}
}

// settings are what all measurements share.
type settings struct {
	nodes  int
	rounds int
	slice  time.Duration
	hosts  string
}

func run(ctx context.Context) error {
	nodes := flag.String("nodes", "1,3", "numbers of nodes to measure; the replication factor is the same")
	rounds := flag.Int("rounds", 5, "how often the contenders take turns")
	slice := flag.Duration("slice", 2*time.Second, "how long a turn is")
	only := flag.String("run", "", "regular expression: throughput, contention, peek; all if empty")
	hosts := flag.String("hosts", "", "a running cluster, of as many nodes as -nodes says, instead of one of its own")
	flag.Parse()
	chosen, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	for field := range strings.SplitSeq(*nodes, ",") {
		n, err := strconv.Atoi(field)
		if err != nil {
			return err
		}
		if err := onCluster(ctx, settings{n, *rounds, *slice, *hosts}, chosen); err != nil {
			return err
		}
	}
	return nil
}

func onCluster(ctx context.Context, s settings, chosen *regexp.Regexp) (err error) {
	config := gocql.NewCluster(strings.Split(s.hosts, ",")...)
	config.Timeout = 10 * time.Second
	if s.hosts == "" {
		cluster, failed := cassandra.Start(ctx, cassandra.Options{Nodes: s.nodes, Log: os.Stderr})
		if failed != nil {
			return failed
		}
		defer func() {
			if stop := cluster.Stop(); err == nil {
				err = stop
			}
		}()
		config = cluster.Config()
	}
	config.WriteCoalesceWaitTime = 0
	session, err := config.CreateSession()
	if err != nil {
		return err
	}
	defer session.Close()
	statement := "CREATE KEYSPACE " + keyspace + " WITH replication = {'class': 'SimpleStrategy', 'replication_factor': " + strconv.Itoa(s.nodes) + "}"
	if err := session.Query(statement).WithContext(ctx).Exec(); err != nil {
		return err
	}
	defer func() { _ = session.Query("DROP KEYSPACE " + keyspace).Exec() }()
	for name, measure := range map[string]func(context.Context, settings, *gocql.Session) error{
		"throughput": throughput, "contention": contention, "peek": peek,
	} {
		if chosen.MatchString(name) {
			if err := measure(ctx, s, session); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

const keyspace = "bench"
