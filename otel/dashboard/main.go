// Dashboard draws the panels of dashboard.json: it runs two processes of examples/shop under load, with faults from
// cqltest, scrapes them, and asks Prometheus's own engine the panels' queries.
//
//	go run . -out ../../docs/observability
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"path/filepath"
)

func main() {
	out := flag.String("out", ".", "the directory that the pictures are written to")
	flag.Parse()
	if err := run(context.Background(), *out); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out string) error {
	dir, err := os.MkdirTemp("", "coodie-dashboard")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	r, err := record(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { _ = r.db.Close() }()
	d, err := readDashboard()
	if err != nil {
		return err
	}
	for _, p := range d.Panels {
		svg, err := r.draw(ctx, p)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(out, p.picture()), svg, 0o644); err != nil {
			return err
		}
	}
	return nil
}
