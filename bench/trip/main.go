// Command trip prints which files of coodie one conditional update runs code of, on its way to the frame and
// back: doc.If(version.Eq(3)).Update(ctx, state.Set("on")), applied and refused.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

const (
	module = "github.com/coodie-go/coodie"
	call   = module + "/bench/trip/call"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench/trip:", err)
		os.Exit(1)
	}
}

func run() error {
	dir, err := os.MkdirTemp("", "coodie-trip")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "call")
	covered := strings.Join([]string{module, module + "/internal/...", call}, ",")
	if err := command("build", "-cover", "-covermode=atomic", "-coverpkg="+covered, "-o", program, call); err != nil {
		return err
	}
	for _, outcome := range []string{"applied", "refused"} {
		data, err := os.MkdirTemp(dir, outcome)
		if err != nil {
			return err
		}
		c := exec.Command(program, data, outcome)
		c.Env, c.Stderr = append(os.Environ(), "GOCOVERDIR="+dir), os.Stderr
		if err := c.Run(); err != nil {
			return err
		}
		if err := command("tool", "covdata", "textfmt", "-i="+data, "-o="+data+".txt"); err != nil {
			return err
		}
		text, err := os.ReadFile(data + ".txt")
		if err != nil {
			return err
		}
		print(outcome, visited(text))
	}
	return nil
}

func command(args ...string) error {
	c := exec.Command("go", args...)
	c.Stderr = os.Stderr
	return c.Run()
}

// visited are the files of which a statement ran, by a coverage profile: file:range statements count.
func visited(profile []byte) (files []string) {
	lines := bufio.NewScanner(bytes.NewReader(profile))
	for lines.Scan() {
		file, rest, ok := strings.Cut(lines.Text(), ".go:")
		name, inModule := strings.CutPrefix(file, module+"/")
		// The embedded server parses CQL; no statement of the mapper's does.
		if !ok || !inModule || strings.HasSuffix(rest, " 0") || strings.HasPrefix(name, "bench/") || strings.HasPrefix(name, "internal/cqlparse/") {
			continue
		}
		if !slices.Contains(files, name) {
			files = append(files, name)
		}
	}
	slices.Sort(files)
	return files
}

func print(outcome string, files []string) {
	rooms := map[string][]string{}
	for _, f := range files {
		rooms[path.Dir(f)] = append(rooms[path.Dir(f)], path.Base(f))
	}
	fmt.Printf("%s: %d files in %d rooms\n", outcome, len(files), len(rooms))
	var names []string
	for room := range rooms {
		names = append(names, room)
	}
	slices.Sort(names)
	for _, room := range names {
		fmt.Printf("  %-26s %2d  %s\n", room, len(rooms[room]), strings.Join(rooms[room], ", "))
	}
}
