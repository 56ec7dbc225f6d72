package cassandra

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

const (
	// hostVariable names the host that testcontainers-go, and this package, dial.
	hostVariable = "TESTCONTAINERS_HOST_OVERRIDE"

	// ryukVariable disables the reaper of testcontainers-go.
	ryukVariable = "TESTCONTAINERS_RYUK_DISABLED"

	// reachTimeout bounds the attempts to connect to one address. The server
	// listens by then, so a longer wait would not help.
	reachTimeout = 10 * time.Second
)

// daemon says how this process reaches the containers of a Docker daemon.
type daemon struct {
	host string // dialled for a published port
	why  string // why it is this host

	// sibling is the container that this process runs in, if the same daemon
	// runs it and it has a network of its own: the daemon's loopback is another
	// one then.
	sibling *container.InspectResponse
}

// inspector is the part of a Docker client that askDaemon needs.
type inspector interface {
	DaemonHost() string
	ContainerInspect(context.Context, string, client.ContainerInspectOptions) (client.ContainerInspectResult, error)
}

// askDaemon finds out how to reach the containers of a daemon. An override wins;
// with a local socket, the daemon is asked whether it runs the container that
// this process is in.
func askDaemon(ctx context.Context, docker inspector, override string, h here) (daemon, error) {
	d, local, err := chooseHost(docker.DaemonHost(), override)
	if err != nil || !local {
		return d, err
	}
	ctx, cancel := context.WithTimeout(ctx, daemonTimeout)
	defer cancel()
	for _, id := range h.containerIDs() {
		found, err := docker.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
		// The daemon also looks for a container of that name.
		if err != nil || !strings.HasPrefix(found.Container.ID, id) {
			continue
		}
		if c := found.Container; c.HostConfig == nil || !c.HostConfig.NetworkMode.IsHost() {
			d.sibling = &c
		}
		break
	}
	return d, nil
}

// chooseHost says where the daemon publishes ports, and whether it is a local socket.
func chooseHost(daemonURL, override string) (d daemon, local bool, err error) {
	if override != "" {
		return daemon{host: override, why: hostVariable + " names it"}, false, nil
	}
	u, err := url.Parse(daemonURL)
	if err != nil {
		return daemon{}, false, fmt.Errorf("the daemon's address: %w", err)
	}
	switch u.Scheme {
	case "unix", "npipe":
		return daemon{host: "127.0.0.1", why: "the daemon is the local socket " + daemonURL}, true, nil
	case "tcp", "http", "https":
		if host := u.Hostname(); host != "" {
			return daemon{host: host, why: "the daemon is " + u.Redacted()}, false, nil
		}
	}
	return daemon{}, false, fmt.Errorf("the daemon %s does not say on which host it publishes ports: set %s", u.Redacted(), hostVariable)
}

// publishOn returns the address that a port is published on: loopback where
// that is dialled, else the zero address, which stands for all.
func (d daemon) publishOn() netip.Addr {
	if d.host == "localhost" {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if address, err := netip.ParseAddr(d.host); err == nil && address.IsLoopback() {
		return address
	}
	return netip.Addr{}
}

// here is the evidence of the container that this process runs in.
type here struct {
	markers   []string // files that exist in containers only
	mountinfo string   // the file that lists the mounts
	hostname  string
}

func lookAround() here {
	hostname, _ := os.Hostname()
	return here{
		markers:   []string{"/.dockerenv", "/run/.containerenv"}, // of Docker, of Podman
		mountinfo: "/proc/self/mountinfo",
		hostname:  hostname,
	}
}

var (
	// Docker and Podman mount a file from the container's directory at each of these places.
	mountedID  = regexp.MustCompile(`/([0-9a-f]{64})/\S* /etc/(?:hostname|hosts|resolv\.conf) `)
	hostnameID = regexp.MustCompile(`^[0-9a-f]{12,64}$`)
)

// containerIDs returns what may be the ID of this process's container, or the
// beginning of it; nothing outside of a container.
func (h here) containerIDs() []string {
	inside := false
	for _, file := range h.markers {
		if _, err := os.Stat(file); err == nil {
			inside = true
		}
	}
	if !inside {
		return nil
	}
	var ids []string
	if mounts, err := os.ReadFile(h.mountinfo); err == nil {
		if m := mountedID.FindSubmatch(mounts); m != nil {
			ids = append(ids, string(m[1]))
		}
	}
	if hostnameID.MatchString(h.hostname) { // the default
		ids = append(ids, h.hostname)
	}
	return ids
}

// candidate is an address at which a container may answer.
type candidate struct{ address, why string }

// candidates returns the addresses to try, in order: the published port, and
// the container's own address if that is on a network of this container.
func (d daemon) candidates(publishedPort, containerIP string) []candidate {
	list := []candidate{{net.JoinHostPort(d.host, publishedPort), d.why}}
	if d.sibling != nil && containerIP != "" {
		list = append(list, candidate{join(containerIP, nativePort), "the container's own address, because the daemon also runs the container of this process"})
	}
	return list
}

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// reach returns the first address that accepts a connection within the timeout.
func reach(ctx context.Context, list []candidate, dial dialFunc, timeout time.Duration) (*net.TCPAddr, error) {
	var errs []error
	for i, c := range list {
		conn, err := connect(ctx, c.address, dial, timeout, i == len(list)-1)
		if err == nil {
			defer conn.Close()
			return net.ResolveTCPAddr("tcp", conn.RemoteAddr().String())
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		errs = append(errs, fmt.Errorf("dialled %s (%s): %w", c.address, c.why, err))
	}
	return nil, fmt.Errorf("the server listens in its container but cannot be reached: %w\n"+
		"set %s to the host on which the daemon publishes ports", errors.Join(errs...), hostVariable)
}

// connect dials until a connection is accepted. A refusal ends it at once,
// unless this address is the last: whatever forwards the port may be late.
func connect(ctx context.Context, address string, dial dialFunc, timeout time.Duration, last bool) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for {
		conn, err := dial(ctx, "tcp", address)
		if err == nil || !last && errors.Is(err, syscall.ECONNREFUSED) {
			return conn, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("no connection in %s: %w", timeout, err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}
