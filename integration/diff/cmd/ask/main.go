// Command ask runs statements on a server and prints its raw answers.
//
//	ask [-addr HOST:PORT] SCRIPT.cql     runs a script of package diff in a fresh keyspace
//	ask [-addr HOST:PORT] - < SCRIPT     the same from standard input
//	ask -compare …                       prints where the embedded server answers differently
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/integration/diff"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:9042", "server to ask")
	compare := flag.Bool("compare", false, "run the script on the embedded server too and print the differences")
	flag.Parse()
	if err := ask(*addr, flag.Arg(0), *compare); err != nil {
		fmt.Fprintln(os.Stderr, "ask:", err)
		os.Exit(1)
	}
}

func ask(addr, path string, compare bool) error {
	var script *diff.Script
	var err error
	switch path {
	case "":
		return fmt.Errorf("which script?")
	case "-":
		var text []byte
		if text, err = io.ReadAll(os.Stdin); err != nil {
			return err
		}
		script, err = diff.Parse(fmt.Sprintf("ask_%d", os.Getpid()), string(text))
	default:
		script, err = diff.Load(path)
	}
	if err != nil {
		return err
	}
	answers, err := diff.Run(context.Background(), addr, script)
	if err != nil {
		return err
	}
	if !compare {
		fmt.Print(diff.FormatGolden(script, answers))
		return nil
	}
	embedded, err := cqltest.Run()
	if err != nil {
		return err
	}
	defer embedded.Close()
	got, err := diff.Run(context.Background(), embedded.Addr(), script)
	if err != nil {
		return err
	}
	for i := range script.Steps {
		if len(diff.Compare(answers[i], got[i])) > 0 {
			fmt.Print(diff.FormatDiff(script, &script.Steps[i], answers[i], got[i]))
		}
	}
	return nil
}
