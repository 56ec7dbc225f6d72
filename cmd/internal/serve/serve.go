// Package serve runs the embedded server as a command: cqltest on its own, and coodie cqltest.
package serve

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/coodie-go/coodie/cqltest"
)

// Options say how the server is run.
type Options struct{ listen, dialect, init, user, password string }

// Flags sets the options from a command's flags.
func (o *Options) Flags(f *flag.FlagSet) {
	f.StringVar(&o.listen, "listen", "127.0.0.1:9042", "`address` to listen on; port 0 takes a free one")
	f.StringVar(&o.dialect, "dialect", "cassandra", "whose answers to give: cassandra or scylla")
	f.StringVar(&o.init, "init", "", "CQL `file` to run before the first client is served")
	f.StringVar(&o.user, "user", "", "`name` of the one user; without it nobody has to log in")
	f.StringVar(&o.password, "password", "", "the user's password")
}

// UnknownDialectError is a dialect that the server does not speak.
type UnknownDialectError string

func (e UnknownDialectError) Error() string {
	return fmt.Sprintf("unknown dialect %q: it is cassandra or scylla", string(e))
}

// Run serves until ctx ends. It calls listening with the address once clients can connect.
func (o *Options) Run(ctx context.Context, listening func(addr string)) error {
	opts := []cqltest.Option{cqltest.WithAddress(o.listen), cqltest.WithLogLimit(0)}
	switch o.dialect {
	case "cassandra":
	case "scylla":
		opts = append(opts, cqltest.WithDialect(cqltest.Scylla))
	default:
		return UnknownDialectError(o.dialect)
	}
	if o.init != "" {
		script, err := os.ReadFile(o.init)
		if err != nil {
			return err
		}
		opts = append(opts, cqltest.WithSchema(string(script)))
	}
	if o.user != "" {
		opts = append(opts, cqltest.WithAuth(o.user, o.password))
	}
	srv, err := cqltest.Run(opts...)
	if err != nil {
		return err
	}
	defer srv.Close()
	listening(srv.Addr())
	<-ctx.Done()
	return nil
}
