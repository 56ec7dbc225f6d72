//go:build !unix

package cassandra

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// errUnix ends the jars way: pausing and killing nodes needs Unix signals.
var errUnix = fmt.Errorf("%w: Cassandra is run from its jars on Unix only", ErrUnavailable)

type process struct{ done chan struct{} }

func startProcess(*exec.Cmd) (*process, error)           { return nil, errUnix }
func (*process) pause() error                            { return errUnix }
func (*process) resume() error                           { return errUnix }
func (*process) terminate(time.Duration) error           { return errUnix }
func (*process) kill() error                             { return errUnix }
func lockFile(context.Context, string) (*os.File, error) { return nil, errUnix }
func tryLockFile(string) (*os.File, error)               { return nil, errUnix }
