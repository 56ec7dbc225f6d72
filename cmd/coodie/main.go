// Command coodie looks after the schema of a keyspace.
//
//	coodie migrate up --hosts 10.0.0.1 --keyspace app
//	coodie diff ./internal/store
//	coodie gen -o store/store.go migrations
//	coodie scan users --count
//	coodie lint migrations
//
// Every flag but --to can be given as an environment variable (--keyspace as COODIE_KEYSPACE) or in coodie.yaml.
//
// It exits with 0 if all is done, or there was nothing to do; 1 if there are differences: migrations that are not applied,
// findings; 2 if it was called wrongly; 3 if it failed.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// The codes that the command exits with.
const (
	exitDone        = 0
	exitDifferences = 1
	exitUsage       = 2
	exitFailed      = 3
)

// errDifferences ends a command that has found differences. It has printed them.
var errDifferences = errors.New("there are differences")

// usageError is a call that makes no sense.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
}

// execute runs the command, and returns the code to exit with.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	a := &app{out: newOutput(stdout, stderr)}
	root := a.root()
	root.SetArgs(twoHyphens(args))
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errDifferences):
		return exitDifferences
	case errors.As(err, &usage), !a.began:
		a.out.failure(err)
		return exitUsage
	}
	a.out.failure(err)
	return exitFailed
}

// twoHyphens are the arguments with --json where they have -json, as Go's own commands spell it.
func twoHyphens(args []string) []string {
	args = slices.Clone(args)
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if arg == "-json" || strings.HasPrefix(arg, "-json=") {
			args[i] = "-" + arg
		}
	}
	return args
}

// app is shared by the commands.
type app struct {
	out    *output
	config connection
	began  bool // arguments and flags are fine
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "coodie",
		Short:         "Look after the schema of a Cassandra or ScyllaDB keyspace",
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.config.read(cmd); err != nil {
				return usageError{err}
			}
			a.began = true
			return nil
		},
		Long: `coodie looks after the schema of a Cassandra or ScyllaDB keyspace.

Each flag but --to can also be given as an environment variable, COODIE_ and its name, such as
COODIE_LOCAL_DC for --local-dc, or in a configuration file, as local-dc: dc1.

Exit codes: 0 done, or nothing to do; 1 differences; 2 wrong usage; 3 failed.`,
	}
	root.PersistentFlags().BoolVar(&a.out.json, "json", false, "print JSON (or -json)")
	a.config.flags(root.PersistentFlags())
	root.AddCommand(a.migrate(), a.lint(), a.diff(), a.sync(), a.verify(), a.gen(), a.scan(), a.cqltest())
	return root
}
