package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/coodie-go/coodie/internal/ddl"
	"github.com/coodie-go/coodie/internal/gen"
)

// generator is what gen and gen columns share.
type generator struct {
	app    *app
	config gen.Config
	file   string
	check  bool
}

func (g *generator) flags(f *pflag.FlagSet, file, usage string) {
	f.StringVarP(&g.file, "out", "o", file, usage)
	f.BoolVar(&g.check, "check", false, "write nothing; exit with 1 if the file is not up to date")
	f.StringVar(&g.config.Package, "go-package", "", "`name` of the package (default: that of go generate, or of the file's directory)")
	f.BoolVar(&g.config.Exported, "exported", false, "begin the names of column variables with a capital")
}

func (a *app) gen() *cobra.Command {
	g := &generator{app: a}
	cmd := &cobra.Command{
		Use:   "gen [FILE|DIRECTORY...]",
		Short: "Write structs and columns for a schema",
		Long: `gen writes structs with tags, column variables, and a function that opens the tables: for the live keyspace, or,
if files of CQL are named, or directories of them, for the schema that they make. Migrations are such files.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			live, err := g.schema(cmd, args)
			if err != nil {
				return err
			}
			if g.config.Package == "" {
				g.config.Package = g.packageName()
			}
			code, err := gen.Structs(live, g.config)
			if err != nil {
				return err
			}
			return g.write(code)
		},
	}
	f := cmd.Flags()
	g.flags(f, "", "`file` to write (default: standard output)")
	f.StringSliceVar(&g.config.Tables, "only", nil, "`tables` and views to write, separated by commas (default: all)")
	f.StringToStringVar(&g.config.Names, "name", nil, "Go `names` to keep: table=Struct, table.column=Field, type=Struct, type.field=Field")
	f.StringToStringVar(&g.config.GoTypes, "go-type", nil, "Go `types` to use: table.column=time.Duration, type.field=example.org/money.Amount")
	f.StringSliceVar(&g.config.Pointers, "pointers", nil, "`columns` that become pointers, as table.column; '*' is all that can be null")
	f.BoolVar(&g.config.NoColumns, "no-columns", false, "leave out the column variables")
	f.BoolVar(&g.config.NoTables, "no-tables", false, "leave out the function that opens the tables")
	cmd.AddCommand(a.genColumns())
	return cmd
}

func (a *app) genColumns() *cobra.Command {
	g := &generator{app: a}
	cmd := &cobra.Command{
		Use:   "columns",
		Short: "Write the column variables of structs that were written by hand",
		Long: `columns writes the column variables of the package in the working directory:

	//go:generate coodie gen columns`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if g.config.Package == "" {
				g.config.Package = os.Getenv("GOPACKAGE")
			}
			code, err := gen.Columns(os.DirFS("."), g.config)
			if err != nil {
				return err
			}
			return g.write(code)
		},
	}
	g.flags(cmd.Flags(), "columns.go", "`file` to write")
	cmd.Flags().StringSliceVar(&g.config.Tags, "tags", nil, "build `tags`, separated by commas")
	cmd.Flags().StringSliceVar(&g.config.Types, "types", nil, "`structs` to write variables for (default: all with a partition key)")
	return cmd
}

// schema is that of the files, or of the live keyspace.
func (g *generator) schema(cmd *cobra.Command, args []string) (*ddl.Live, error) {
	if len(args) > 0 {
		files, err := cqlFiles(args)
		if err != nil {
			return nil, usageError{err}
		}
		return gen.Files(osFS{}, g.app.config.Keyspace, files...)
	}
	db, err := g.app.connect(cmd.Context())
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return gen.Live(cmd.Context(), db, g.app.config.Keyspace)
}

// osFS opens files by any path, also one that leads out of the working directory.
type osFS struct{}

func (osFS) Open(name string) (fs.File, error) { return os.Open(name) }

// cqlFiles are the named files, and those of named directories in the order of their numbers.
func cqlFiles(args []string) (files []string, err error) {
	for _, arg := range args {
		info, err := os.Stat(arg)
		switch {
		case err != nil:
			return nil, fmt.Errorf("there is no file or directory %s", arg)
		case !info.IsDir():
			files = append(files, arg)
			continue
		}
		found, err := filepath.Glob(filepath.Join(arg, "*.cql"))
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s has no .cql file", arg)
		}
		slices.SortFunc(found, func(a, b string) int {
			return cmp.Or(cmp.Compare(leadingNumber(a), leadingNumber(b)), strings.Compare(a, b))
		})
		files = append(files, found...)
	}
	return files, nil
}

func leadingNumber(file string) uint64 {
	name := filepath.Base(file)
	n, _ := strconv.ParseUint(name[:len(name)-len(strings.TrimLeft(name, "0123456789"))], 10, 64)
	return n
}

// packageName is the package of the file to write; "" if it cannot be told.
func (g *generator) packageName() string {
	if name := os.Getenv("GOPACKAGE"); name != "" {
		return name
	}
	if g.file == "" {
		return ""
	}
	dir, err := filepath.Abs(filepath.Dir(g.file))
	if err != nil || !token.IsIdentifier(filepath.Base(dir)) {
		return ""
	}
	return filepath.Base(dir)
}

// write writes the code to the file, unless it has it already. A file that was not generated is left alone.
func (g *generator) write(code []byte) error {
	if g.file == "" {
		if g.check {
			return usageError{errors.New("--check needs the file: --out")}
		}
		return g.app.out.plain(map[string]string{"code": string(code)}, func(w io.Writer) error {
			_, err := w.Write(code)
			return err
		})
	}
	before, err := os.ReadFile(g.file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	state := "unchanged"
	switch {
	case err == nil && bytes.Equal(before, code):
	case err == nil && !bytes.HasPrefix(before, []byte(gen.Header)):
		return usageError{fmt.Errorf("%s was written by hand: name another file by --out", g.file)}
	case g.check:
		state = "not up to date"
	default:
		state = "written"
		if err := os.WriteFile(g.file, code, 0o666); err != nil {
			return err
		}
	}
	if err := g.app.out.result(map[string]string{"file": g.file, "state": state}, func(w io.Writer) { fmt.Fprintf(w, "%s: %s\n", g.file, state) }); err != nil {
		return err
	}
	if state == "not up to date" {
		return errDifferences
	}
	return nil
}
