// Command cassandra runs a real Cassandra on loopback until it is interrupted:
//
//	go run ./integration/cmd/cassandra [-nodes 3] [-version 5.0.8]
//
// When the server answers, it prints a line to give to the programs that
// shall use it: COODIE_HOSTS=127.0.0.1. The data is gone when it ends.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/coodie-go/coodie/integration/cassandra"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "cassandra:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	nodes := flag.Int("nodes", 1, "number of nodes, on 127.0.0.1, 127.0.0.2, …")
	addresses := flag.String("addresses", "", "the nodes' own addresses, comma-separated")
	version := flag.String("version", "", "of Cassandra; by default "+cassandra.Version)
	jarsOnly := flag.Bool("jars-only", false, "bring the jars into the cache, print where it is, and end")
	flag.Parse()

	o := cassandra.Options{Version: *version, Nodes: *nodes, Log: os.Stderr}
	if *jarsOnly {
		dir, err := cassandra.Jars(ctx, o)
		if err == nil {
			fmt.Println(dir)
		}
		return err
	}
	if *addresses != "" {
		o.Addresses = strings.Split(*addresses, ",")
		o.Nodes = len(o.Addresses)
	}
	for i := len(o.Addresses); i < *nodes; i++ {
		o.Addresses = append(o.Addresses, fmt.Sprintf("127.0.0.%d", i+1))
	}
	cluster, err := cassandra.Start(ctx, o)
	if err != nil {
		return err
	}
	fmt.Printf("COODIE_HOSTS=%s\n", strings.Join(cluster.Hosts(), ","))
	<-ctx.Done()
	return cluster.Stop()
}
