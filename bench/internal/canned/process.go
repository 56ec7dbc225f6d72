package canned

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/cqltest"
)

// The server is a process of its own, so that its time and memory are not the client's.

// Serve is that process, in front of cqltest as seed leaves it. It prints its address, and ends when its standard input does.
func Serve(seed func(*gocql.Session) error) error {
	runtime.GOMAXPROCS(1)
	real, err := cqltest.Run(cqltest.WithLogLimit(0))
	if err != nil {
		return err
	}
	defer real.Close()
	cluster := real.Cluster()
	cluster.ProtoVersion, cluster.Timeout = 4, 10*time.Second
	session, err := cluster.CreateSession()
	if err != nil {
		return err
	}
	err = seed(session)
	session.Close()
	if err != nil {
		return err
	}
	server, err := Listen(real.Addr())
	if err != nil {
		return err
	}
	defer server.Close()
	fmt.Println(server.Addr())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// Start starts this program again as the server's process, with -serve and the arguments, and returns its address.
func Start(args ...string) (addr string, stop func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	server := exec.Command(self, append([]string{"-serve"}, args...)...)
	server.Stderr = os.Stderr
	in, err := server.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := server.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := server.Start(); err != nil {
		return "", nil, err
	}
	stop = func() error { return errors.Join(in.Close(), server.Wait()) }
	addr, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("the server does not start: %w", err), stop())
	}
	return strings.TrimSpace(addr), stop, nil
}
