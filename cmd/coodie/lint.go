package main

import (
	"fmt"
	"io"
	"os"
	"path"

	"github.com/spf13/cobra"

	"github.com/coodie-go/coodie/migrate/lint"
)

func (a *app) lint() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "lint [DIRECTORY...]",
		Short: "Check files of CQL: migrations, and the queries of a program",
		Long: `lint checks the .cql files of directories (that of --dir, if none is named), and exits with 1 if it finds anything.
Each finding begins with file:line:column. A comment before a statement silences rules for it:

	-- coodie:allow destructive
	DROP TABLE visits;`,
		RunE: func(_ *cobra.Command, dirs []string) error {
			if len(dirs) == 0 {
				dirs = []string{dir}
			}
			findings := []lint.Finding{}
			for _, dir := range dirs {
				if info, err := os.Stat(dir); err != nil || !info.IsDir() {
					return usageError{fmt.Errorf("there is no directory %s", dir)}
				}
				found, err := lint.Lint(os.DirFS(dir))
				if err != nil {
					return err
				}
				for _, f := range found {
					f.File = path.Join(dir, f.File)
					findings = append(findings, f)
				}
			}
			if err := a.out.result(map[string]any{"findings": findings}, func(w io.Writer) {
				for _, f := range findings {
					fmt.Fprintf(w, "%s\n", f)
				}
			}); err != nil {
				return err
			}
			if len(findings) > 0 {
				return errDifferences
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&dir, "dir", "d", "migrations", "`directory` of the migrations")
	return cmd
}
