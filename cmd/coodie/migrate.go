package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/coodie-go/coodie/migrate"
)

// migrations are the flags of the commands that migrate.
type migrations struct {
	app                                   *app
	dir, table                            string
	lease, lateness, agreement, statement time.Duration
	outOfOrder                            bool
}

func (a *app) migrate() *cobra.Command {
	m := &migrations{app: a}
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Change the schema by numbered files of CQL",
		Long: `The files are called 0001_create_users.up.cql, and 0001_create_users.down.cql for the way back.
One process at a time migrates a keyspace; after a crash the next one goes on at the statement that was under way.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	f := cmd.PersistentFlags()
	f.StringVarP(&m.dir, "dir", "d", "migrations", "`directory` of the files")
	f.StringVar(&m.table, "table", migrate.DefaultTable, "`name` of the table of the history")
	f.DurationVar(&m.lease, "lease", migrate.DefaultLease, "how long others wait after this process has died")
	f.DurationVar(&m.lateness, "lateness", migrate.DefaultLateness, "how long a request may still be executed whose answer was lost")
	f.DurationVar(&m.agreement, "agreement", migrate.DefaultAgreement, "how long to wait until the nodes agree on the schema")
	f.DurationVar(&m.statement, "statement-timeout", migrate.DefaultStatementTimeout, "how long a statement may take")
	f.BoolVar(&m.outOfOrder, "out-of-order", false, "apply migrations with a smaller number than others that are applied")
	cmd.AddCommand(m.create(), m.up(), m.down(), m.status(), m.plan(), m.baseline(), m.repair(), m.adopt())
	return cmd
}

// with connects, and calls f.
func (m *migrations) with(cmd *cobra.Command, f func(context.Context, *migrate.Migrator) error) error {
	if info, err := os.Stat(m.dir); err != nil || !info.IsDir() {
		return usageError{fmt.Errorf("there is no directory %s: name it by --dir, or begin one by coodie migrate new", m.dir)}
	}
	ctx := cmd.Context()
	db, err := m.app.connect(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	options := []migrate.Option{
		migrate.WithTable(m.table), migrate.WithLease(m.lease), migrate.WithLateness(m.lateness), migrate.WithAgreement(m.agreement),
		migrate.WithStatementTimeout(m.statement), migrate.WithObserver(m.progress),
	}
	if m.outOfOrder {
		options = append(options, migrate.WithOutOfOrder())
	}
	x, err := migrate.New(db, os.DirFS(m.dir), options...)
	if err != nil {
		return err
	}
	return f(ctx, x)
}

// progress prints the outcome of a step.
func (m *migrations) progress(e migrate.Event) {
	o := m.app.out
	cql := oneLine(e.Step.CQL)
	switch e.Phase {
	case migrate.PhaseWait:
		o.note("%s", o.paint(yellow, e.Owner+" is migrating, or has died: waiting for its lease"))
	case migrate.PhaseDone:
		o.note("%s  %s  %s", o.paint(green, e.Step.Position()), cql, e.Took.Round(time.Millisecond))
	case migrate.PhaseFound:
		o.note("%s  %s  was executed already", o.paint(green, e.Step.Position()), cql)
	case migrate.PhaseRefused:
		o.note("%s  %s  the condition did not hold", o.paint(yellow, e.Step.Position()), cql)
	case migrate.PhaseWatch:
		o.note("%s  %s  the outcome is unknown: looking for its effect", o.paint(yellow, e.Step.Position()), cql)
	}
}

func oneLine(cql string) string {
	const most = 100
	runes := []rune(strings.Join(strings.Fields(cql), " "))
	if len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return string(runes)
}

// executed prints the steps that were executed.
func (m *migrations) executed(steps []migrate.Step, err error) error {
	if steps == nil {
		steps = []migrate.Step{}
	}
	if printed := m.app.out.result(map[string]any{"steps": steps}, func(w io.Writer) {
		switch {
		case err != nil:
		case len(steps) == 0:
			fmt.Fprintf(w, "nothing to do\n")
		default:
			fmt.Fprintf(w, "%d %s executed\n", len(steps), plural(len(steps), "statement"))
		}
	}); printed != nil {
		return printed
	}
	return err
}

func plural(n int, what string) string {
	if n == 1 {
		return what
	}
	return what + "s"
}

func (m *migrations) create() *cobra.Command {
	return &cobra.Command{
		Use:   "new NAME",
		Short: "Write the next two files, to be filled in",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := os.MkdirAll(m.dir, 0o777); err != nil {
				return err
			}
			up, down, err := migrate.Autogenerate(m.dir, args[0], nil, nil)
			if err != nil {
				return err
			}
			return m.app.out.result(map[string]string{"up": up, "down": down}, func(w io.Writer) { fmt.Fprintf(w, "%s\n%s\n", up, down) })
		},
	}
}

func (m *migrations) up() *cobra.Command {
	var to int64
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Apply what is not applied, and go on where a migration stopped",
		Long:  "up applies what is not applied, and goes on where a migration stopped. It reverts nothing.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all := !cmd.Flags().Changed("to")
			if !all && to < 1 {
				return usageError{errors.New("up --to needs the number of a migration; down reverts")}
			}
			return m.with(cmd, func(ctx context.Context, x *migrate.Migrator) error {
				if all {
					return m.executed(x.Up(ctx))
				}
				return m.executed(x.UpTo(ctx, to))
			})
		},
	}
	cmd.Flags().Int64Var(&to, "to", 0, "`number` of the last migration to apply")
	typed(cmd, "to")
	return cmd
}

func (m *migrations) down() *cobra.Command {
	var to int64
	cmd := &cobra.Command{
		Use:   "down",
		Short: "Revert the migration with the greatest number",
		Long: `down reverts the applied migration with the greatest number, or those after the one that --to names. It applies nothing.
A second down reverts one more; a second down --to finds nothing to do, so repeat that one after an interruption.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return m.with(cmd, func(ctx context.Context, x *migrate.Migrator) error {
				if cmd.Flags().Changed("to") {
					return m.executed(x.Down(ctx, to))
				}
				last, below, err := lastTwo(ctx, x)
				if err != nil || last == 0 {
					return m.executed(nil, err)
				}
				m.app.out.note("reverting %d; to repeat that: coodie migrate down --to %d", last, below)
				steps, err := x.Revert(ctx, last) // no other, whatever has been applied meanwhile
				if err != nil && !errors.Is(err, migrate.ErrHistory) {
					err = again{err, below}
				}
				return m.executed(steps, err)
			})
		},
	}
	cmd.Flags().Int64Var(&to, "to", 0, "`number` of the migration that is the last one then; 0 reverts all")
	typed(cmd, "to")
	return cmd
}

// lastTwo are the greatest two numbers of the migrations that are applied or begun; 0: there is none.
func lastTwo(ctx context.Context, x *migrate.Migrator) (last, below int64, err error) {
	all, err := x.Status(ctx)
	for _, s := range all {
		if s.State != migrate.StatePending {
			last, below = s.Version, last
		}
	}
	return last, below, err
}

// again is the error of a down that named no number, and the number that it meant.
type again struct {
	error
	to int64
}

func (e again) Unwrap() error { return e.error }

func (e again) Error() string {
	return fmt.Sprintf("%v (again: coodie migrate down --to %d)", e.error, e.to)
}

func (m *migrations) plan() *cobra.Command {
	return &cobra.Command{
		Use:   "plan",
		Short: "Print the statements that up would execute",
		Long:  "plan prints the statements that up would execute, and exits with 1 if there are any.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return m.with(cmd, func(ctx context.Context, x *migrate.Migrator) error {
				steps, err := x.Plan(ctx)
				if err != nil {
					return err
				}
				if len(steps) == 0 {
					return m.executed(nil, nil)
				}
				err = m.app.out.result(map[string]any{"steps": steps}, func(w io.Writer) {
					for _, s := range steps {
						resumed := ""
						if s.Resumed {
							resumed = " -- may have been executed: looked at first"
						}
						fmt.Fprintf(w, "-- %s\n%s;%s\n", s.Position(), s.CQL, resumed)
					}
				})
				if err != nil {
					return err
				}
				return errDifferences
			})
		},
	}
}

func (m *migrations) status() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "List the migrations, and how far they are",
		Long:  "status lists the migrations, and exits with 1 unless all are applied and none has changed.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return m.with(cmd, func(ctx context.Context, x *migrate.Migrator) error {
				all, err := x.Status(ctx)
				if err != nil {
					return err
				}
				if all == nil {
					all = []migrate.Status{}
				}
				differences := false
				err = m.app.out.result(map[string]any{"migrations": all}, func(w io.Writer) {
					for _, s := range all {
						m.line(w, s)
					}
				})
				for _, s := range all {
					applied := s.State == migrate.StateApplied || s.State == migrate.StateBaseline
					differences = differences || !applied || s.Changed || s.Missing && s.State != migrate.StateBaseline
				}
				if err == nil && differences {
					err = errDifferences
				}
				return err
			})
		},
	}
}

func (m *migrations) line(w io.Writer, s migrate.Status) {
	state := string(s.State)
	var notes []string
	switch s.State {
	case migrate.StateApplying, migrate.StateReverting:
		state = fmt.Sprintf("%s %d/%d", s.State, s.Done, s.Steps)
	case migrate.StateApplied, migrate.StateBaseline:
		notes = append(notes, s.Finished.Format(time.RFC3339))
	}
	for note, is := range map[string]bool{"the outcome of the next statement is unknown": s.Unknown, "the file has changed": s.Changed, "the file is missing": s.Missing} {
		if is {
			notes = append(notes, note)
		}
	}
	if s.Owner != "" {
		notes = append(notes, s.Owner)
	}
	fmt.Fprintf(w, "%04d\t%s\t%s\t%s\n", s.Version, s.Name, state, strings.Join(notes, ", "))
}

func (m *migrations) baseline() *cobra.Command {
	return &cobra.Command{
		Use:   "baseline VERSION",
		Short: "Take the migrations up to a number as applied",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			version, err := number(args[0])
			if err != nil {
				return err
			}
			return m.with(cmd, func(ctx context.Context, x *migrate.Migrator) error {
				if err := x.Baseline(ctx, version); err != nil {
					return err
				}
				return m.app.out.result(map[string]any{"baseline": version}, func(w io.Writer) { fmt.Fprintf(w, "taken as applied up to %d\n", version) })
			})
		},
	}
}

func number(arg string) (int64, error) {
	n, err := strconv.ParseInt(arg, 10, 64)
	if err != nil || n < 0 {
		return 0, usageError{fmt.Errorf("%q is not the number of a migration", arg)}
	}
	return n, nil
}

// remedies are those of the command, with their help.
var remedies = []struct {
	name migrate.Remedy
	help string
}{
	{migrate.Executed, "the statement whose outcome is unknown was executed"},
	{migrate.NotExecuted, "it was not, and will not be"},
	{migrate.Accept, "the file has changed, and that makes no difference"},
	{migrate.Applied, "the migration is applied as a whole; the rest was done by hand"},
	{migrate.Forget, "the migration is not applied; what was done was undone by hand"},
}

func (m *migrations) repair() *cobra.Command {
	long := "repair records a fact about a migration that coodie cannot find out. It changes the history, and nothing else.\n\nThe remedies are:\n"
	var names []string
	for _, r := range remedies {
		long += fmt.Sprintf("  %-14s%s\n", r.name, r.help)
		names = append(names, string(r.name))
	}
	return &cobra.Command{
		Use:   "repair VERSION REMEDY",
		Short: "Record how a migration ended",
		Long:  strings.TrimRight(long, "\n"),
		Args:  cobra.ExactArgs(2),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 1 {
				return names, cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			version, err := number(args[0])
			if err != nil {
				return err
			}
			how := migrate.Remedy(args[1])
			known := false
			for _, r := range remedies {
				known = known || r.name == how
			}
			if !known {
				return usageError{fmt.Errorf("there is no remedy %q; the remedies are %s", how, strings.Join(names, ", "))}
			}
			return m.with(cmd, func(ctx context.Context, x *migrate.Migrator) error {
				if err := x.Repair(ctx, version, how); err != nil {
					return err
				}
				return m.app.out.result(map[string]any{"version": version, "remedy": how}, func(w io.Writer) { fmt.Fprintf(w, "recorded: %d %s\n", version, how) })
			})
		},
	}
}

func (m *migrations) adopt() *cobra.Command {
	var table string
	sources := []string{string(migrate.GolangMigrate), string(migrate.Gocqlx), string(migrate.Python)}
	cmd := &cobra.Command{
		Use:       "adopt " + strings.Join(sources, "|"),
		Short:     "Take over the history of another tool",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: sources,
		RunE: func(cmd *cobra.Command, args []string) error {
			return m.with(cmd, func(ctx context.Context, x *migrate.Migrator) error {
				last, err := x.Adopt(ctx, migrate.Source(args[0]), table)
				if err != nil {
					return err
				}
				return m.app.out.result(map[string]any{"adopted": last}, func(w io.Writer) { fmt.Fprintf(w, "adopted up to %d\n", last) })
			})
		},
	}
	cmd.Flags().StringVar(&table, "from-table", "", "`name` of the other tool's table, if it is not the tool's default")
	return cmd
}
