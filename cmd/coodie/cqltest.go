package main

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/coodie-go/coodie/cmd/internal/serve"
)

func (a *app) cqltest() *cobra.Command {
	var server serve.Options
	cmd := &cobra.Command{
		Use:   "cqltest",
		Short: "Run the embedded CQL server",
		Long: `cqltest runs the embedded server of package cqltest, for clients in any language, until it is interrupted.
It keeps everything in memory.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := server.Run(cmd.Context(), func(addr string) {
				_ = a.out.result(map[string]string{"listening": addr}, func(w io.Writer) { fmt.Fprintf(w, "listening on %s\n", addr) })
			})
			var dialect serve.UnknownDialectError
			if errors.As(err, &dialect) {
				return usageError{err}
			}
			return err
		},
	}
	flags := flag.NewFlagSet("cqltest", flag.ContinueOnError)
	server.Flags(flags)
	cmd.Flags().AddGoFlagSet(flags)
	return cmd
}
