package cassandra

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// startTimeout bounds the start of a node. It takes 6 s, many times that on a busy machine.
const startTimeout = 4 * time.Minute

// Node is one server of a cluster that was started with [Options.Faults].
// Its methods are safe for many goroutines.
type Node struct {
	address string
	dir     string
	java    string
	args    []string

	mu      sync.Mutex
	process *process
}

// Address returns the node's IP address; its port is 9042.
func (n *Node) Address() string { return n.address }

// Log returns the path of the node's log.
func (n *Node) Log() string { return filepath.Join(n.dir, "system.log") }

// Pause freezes the node: connections stay open and nothing answers, as when
// the network is cut or the garbage collector runs for long.
func (n *Node) Pause() error { return n.do((*process).pause) }

// Resume lets a paused node go on.
func (n *Node) Resume() error { return n.do((*process).resume) }

// Kill ends the node at once, as a loss of power would. What it had not
// written to disk is lost; see [Options.SyncEveryWrite].
func (n *Node) Kill() error { return n.do((*process).kill) }

// Stop ends the node in order.
func (n *Node) Stop() error {
	return n.do(func(p *process) error { return p.terminate(20 * time.Second) })
}

// Restart starts a node that was killed or stopped, or kills it first if it
// runs, on the data it had. It returns when the node answers.
func (n *Node) Restart(ctx context.Context) error {
	if err := n.Kill(); err != nil {
		return err
	}
	return n.start(ctx)
}

func (n *Node) do(f func(*process) error) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.process == nil {
		return nil
	}
	if err := f(n.process); err != nil {
		return fmt.Errorf("cassandra node %s: %w", n.address, err)
	}
	return nil
}

func (n *Node) start(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	log, err := os.OpenFile(n.Log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close() // the child has its own
	cmd := exec.Command(n.java, n.args...)
	cmd.Dir = n.dir
	cmd.Stdout, cmd.Stderr = log, log
	if n.process, err = startProcess(cmd); err != nil {
		return err
	}
	if err := n.awaitReady(ctx); err != nil {
		_ = n.process.kill()
		if errors.Is(err, context.Canceled) { // no fault of this node's
			return err
		}
		return fmt.Errorf("cassandra node %s did not start: %w\n%s", n.address, err, n.keepLog())
	}
	return nil
}

// awaitReady waits until the node listens for clients, the last thing that it
// does at its start.
func (n *Node) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("no answer after %s", startTimeout))
	defer cancel()
	dialer := net.Dialer{Timeout: time.Second}
	for {
		conn, err := dialer.DialContext(ctx, "tcp", join(n.address, nativePort))
		if err == nil {
			return conn.Close()
		}
		select {
		case <-n.process.done:
			return errors.New("it ended")
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// keepLog saves the log, for the node's directory is about to be removed, and
// returns its tail.
func (n *Node) keepLog() string {
	text, err := os.ReadFile(n.Log())
	if err != nil {
		return ""
	}
	kept, err := os.CreateTemp("", "coodie-cassandra-failed-*.log")
	if err != nil {
		return tail(text)
	}
	defer kept.Close()
	_, _ = kept.Write(text)
	return fmt.Sprintf("%s\nthe whole log: %s", tail(text), kept.Name())
}
