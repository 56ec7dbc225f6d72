// Command cqltest runs the embedded CQL server of package cqltest on its own,
// for clients in any language:
//
//	cqltest -listen 127.0.0.1:9042 -init schema.cql
//
// It keeps everything in memory and forgets it when it stops, which SIGINT and
// SIGTERM make it do.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/coodie-go/coodie/cqltest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "cqltest:", err)
		}
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("cqltest", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listen := flags.String("listen", "127.0.0.1:9042", "`address` to listen on; port 0 takes a free one")
	dialect := flags.String("dialect", "cassandra", "whose answers to give: cassandra or scylla")
	initFile := flags.String("init", "", "CQL `file` to run before the first client is served")
	user := flags.String("user", "", "`name` of the one user; without it nobody has to log in")
	password := flags.String("password", "", "the user's password")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}

	opts := []cqltest.Option{cqltest.WithAddress(*listen), cqltest.WithLogLimit(0)}
	switch *dialect {
	case "cassandra":
	case "scylla":
		opts = append(opts, cqltest.WithDialect(cqltest.Scylla))
	default:
		return fmt.Errorf("unknown dialect %q: it is cassandra or scylla", *dialect)
	}
	if *initFile != "" {
		script, err := os.ReadFile(*initFile)
		if err != nil {
			return err
		}
		opts = append(opts, cqltest.WithSchema(string(script)))
	}
	if *user != "" {
		opts = append(opts, cqltest.WithAuth(*user, *password))
	}
	srv, err := cqltest.Run(opts...)
	if err != nil {
		return err
	}
	defer srv.Close()
	fmt.Fprintf(stdout, "cqltest: listening on %s\n", srv.Addr())
	<-ctx.Done()
	return nil
}
