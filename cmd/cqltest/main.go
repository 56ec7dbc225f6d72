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

	"github.com/coodie-go/coodie/cmd/internal/serve"
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
	var server serve.Options
	server.Flags(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return server.Run(ctx, func(addr string) { fmt.Fprintf(stdout, "cqltest: listening on %s\n", addr) })
}
