package main

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

	"github.com/coodie-go/coodie/bench/internal/canned"
	"github.com/coodie-go/coodie/cqltest"
)

// The server is a process of its own, so that its time and memory are not the client's.

// serve is that process. It prints its address, and ends when its standard input does.
func serve() error {
	runtime.GOMAXPROCS(1)
	real, err := cqltest.Run(cqltest.WithLogLimit(0))
	if err != nil {
		return err
	}
	defer real.Close()
	session, err := connect(real.Addr(), "")
	if err != nil {
		return err
	}
	err = seed(session)
	session.Close()
	if err != nil {
		return err
	}
	server, err := canned.Listen(real.Addr())
	if err != nil {
		return err
	}
	defer server.Close()
	fmt.Println(server.Addr())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// start starts the server's process and returns its address.
func start() (addr string, stop func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	server := exec.Command(self, "-serve")
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

// connect opens a session with one connection to the server at addr. Writes are not
// held back to be sent together: that would be all that one client measures.
func connect(addr, keyspace string) (*gocql.Session, error) {
	return config(addr, keyspace).CreateSession()
}

func config(addr, keyspace string) *gocql.ClusterConfig {
	cluster := gocql.NewCluster(addr)
	cluster.Keyspace = keyspace
	cluster.ProtoVersion = 4
	cluster.NumConns = 1
	cluster.PageSize = pageRows
	cluster.Timeout = 10 * time.Second
	cluster.WriteCoalesceWaitTime = 0
	cluster.DisableInitialHostLookup = true
	cluster.Events.DisableNodeStatusEvents = true
	cluster.Events.DisableTopologyEvents = true
	cluster.Events.DisableSchemaEvents = true
	return cluster
}
