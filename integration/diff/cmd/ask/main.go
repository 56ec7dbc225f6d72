// Command ask runs statements on a server and prints its raw answers.
//
//	ask [-addr HOST:PORT] SCRIPT.cql     runs a script of package diff in a fresh keyspace
//	ask [-addr HOST:PORT] - < SCRIPT     the same from standard input
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/coodie-go/coodie/integration/diff"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:9042", "server to ask")
	flag.Parse()
	if err := ask(*addr, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "ask:", err)
		os.Exit(1)
	}
}

func ask(addr, path string) error {
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
	fmt.Print(diff.FormatGolden(script, answers))
	return nil
}
