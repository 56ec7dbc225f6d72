// Command sitecheck opens every page of a built site in a headless chromium, as wide as a phone
// and as wide as a desk, and reports broken internal links, content that overflows, code without
// a copy button, and pictures that were not drawn. It exits with status 1 if it found any.
//
//	sitecheck -dir bin/docs/site
//
// check.html, which it serves beside the pages, does the work inside the browser: each page is
// loaded into a frame of the given width.
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

//go:embed check.html
var checkPage []byte

// report is what check.html posts.
type report struct {
	Pages, Links, Code, Pictures int
	Faults                       []string
}

func main() {
	dir := flag.String("dir", "", "directory of the built site")
	browser := flag.String("browser", "chromium", "the browser's command")
	timeout := flag.Duration("timeout", 5*time.Minute, "how long the browser may take")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), *timeout)
	defer cancel()
	found, err := check(ctx, *browser, *dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, "sitecheck:", err)
		os.Exit(1)
	}
	for _, fault := range found.Faults {
		fmt.Fprintln(os.Stderr, fault)
	}
	fmt.Printf("%d pages, %d links, %d blocks of code, %d pictures: %d faults\n",
		found.Pages, found.Links, found.Code, found.Pictures, len(found.Faults))
	if len(found.Faults) > 0 {
		os.Exit(1)
	}
}

// check serves the site on a port of its own, opens check.html there, and waits for its report.
func check(ctx context.Context, browser, dir string) (*report, error) {
	pages, err := pagesOf(dir)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	reports := make(chan *report, 1)
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServer(http.Dir(dir)))
	mux.HandleFunc("GET /sitecheck.html", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(checkPage)
	})
	mux.HandleFunc("GET /sitecheck.json", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(pages)
	})
	mux.HandleFunc("POST /sitecheck", func(_ http.ResponseWriter, r *http.Request) {
		found := new(report)
		if err := json.NewDecoder(r.Body).Decode(found); err != nil {
			found.Faults = append(found.Faults, "the browser's report: "+err.Error())
		}
		select {
		case reports <- found:
		default:
		}
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()

	profile, err := os.MkdirTemp("", "sitecheck")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(profile) }()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	// As root, as in CI, chromium only runs without its sandbox; it opens nothing but our own pages.
	command := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu",
		"--disable-dev-shm-usage", "--no-first-run", "--user-data-dir="+profile, "--window-size=1400,1000",
		"--remote-debugging-port=0", // keeps it running until it is stopped
		"http://"+listener.Addr().String()+"/sitecheck.html")
	var output strings.Builder
	command.Stdout, command.Stderr, command.WaitDelay = &output, &output, 5*time.Second
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("%w (on Debian: apt-get install chromium)", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- command.Wait() }()
	select {
	case found := <-reports:
		stop()
		<-exited
		return found, nil
	case err := <-exited:
		return nil, fmt.Errorf("%s ended before it had seen all pages: %w\n%s", browser, err, output.String())
	}
}

// pagesOf lists the site's pages, relative to dir.
func pagesOf(dir string) (pages []string, err error) {
	err = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".html" && filepath.Base(path) != "404.html" {
			path, err = filepath.Rel(dir, path)
			pages = append(pages, filepath.ToSlash(path))
		}
		return err
	})
	if err == nil && len(pages) == 0 {
		err = errors.New("no pages in " + dir + ": run make docs")
	}
	return pages, err
}
