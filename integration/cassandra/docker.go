package cassandra

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/exec"
	tccassandra "github.com/testcontainers/testcontainers-go/modules/cassandra"
	"github.com/testcontainers/testcontainers-go/wait"
)

const (
	// defaultImage is used where COODIE_IMAGE names none.
	defaultImage = "cassandra:5.0"

	// A daemon or a registry that does not answer must not hold up a machine
	// that can do without.
	daemonTimeout   = 10 * time.Second
	registryTimeout = 20 * time.Second
	pullTimeout     = 5 * time.Minute
)

// environment is locked by whoever sets environment variables for testcontainers-go.
var environment sync.Mutex

// startDocker runs one node in a container.
func startDocker(ctx context.Context, o Options) (_ *Cluster, err error) {
	image := os.Getenv("COODIE_IMAGE")
	if image == "" {
		image = defaultImage
	}
	ctr, d, err := runContainer(ctx, o, image)
	if ctr == nil {
		return nil, err
	}
	c := &Cluster{password: o.Password}
	c.stop = func() error { return testcontainers.TerminateContainer(ctr, testcontainers.StopTimeout(0)) }
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("cassandra in the container %s: %w", image, err), c.Stop())
		}
	}()
	if err != nil {
		return nil, err
	}
	c.alive = func() error {
		state, err := ctr.State(ctx)
		if err == nil && !state.Running {
			err = fmt.Errorf("it ended with exit code %d", state.ExitCode)
		}
		return err
	}
	if err := c.reachContainer(ctx, o, d, ctr); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, containerLog(ctx, ctr))
	}
	return c, nil
}

// runContainer starts the container and says how to reach it. If it returns a
// container, the caller removes it, also in case of an error.
func runContainer(ctx context.Context, o Options, image string) (testcontainers.Container, daemon, error) {
	environment.Lock()
	defer environment.Unlock()
	override := os.Getenv(hostVariable)

	// testcontainers-go reads its settings once, when it looks for the daemon:
	// so this must be known before.
	defer disableReaper(ctx, o, override)()
	docker, err := findDaemon(ctx)
	if err != nil {
		return nil, daemon{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer func() { _ = docker.Close() }()
	d, err := askDaemon(ctx, docker.Client(), override, lookAround())
	if err != nil {
		return nil, d, err
	}
	if d.sibling != nil && !docker.Config().RyukDisabled {
		return nil, d, fmt.Errorf("the daemon also runs the container of this process, which therefore cannot reach "+
			"the reaper of testcontainers-go: set %s=true, or %s to the host on which the daemon publishes ports",
			ryukVariable, hostVariable)
	}
	if err := checkImage(ctx, docker, image); err != nil {
		return nil, d, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}

	fmt.Fprintf(o.Log, "starting %s in a container\n", image)
	// Left to itself in a container, testcontainers-go dials the default gateway to reach its reaper.
	defer setenv(hostVariable, d.host)()
	pull, cancel := context.WithTimeout(ctx, pullTimeout)
	defer cancel()
	ctr, err := tccassandra.Run(pull, image,
		testcontainers.WithEnv(map[string]string{
			"JVM_OPTS":      strings.Join(jvmOpts(o), " "),
			"MAX_HEAP_SIZE": fmt.Sprintf("%dM", o.Heap),
		}),
		testcontainers.WithLogger(silent{}),
		testcontainers.WithHostConfigModifier(func(hc *container.HostConfig) {
			hc.PortBindings = network.PortMap{nativeTCP: {{HostIP: d.publishOn()}}}
			if d.sibling != nil && d.sibling.HostConfig != nil && d.sibling.HostConfig.NetworkMode.IsUserDefined() {
				// Docker keeps networks apart, so the server joins that of this process.
				hc.NetworkMode = d.sibling.HostConfig.NetworkMode
			}
		}),
		// reachContainer waits for the server.
		testcontainers.WithWaitStrategy(wait.ForMappedPort(nativeTCP.String())),
	)
	if ctr == nil { // which would not be nil as an interface
		return nil, d, fmt.Errorf("a container of %s: %w", image, err)
	}
	return ctr, d, err
}

var nativeTCP = network.MustParsePort(strconv.Itoa(nativePort) + "/tcp")

// setenv sets an environment variable and returns what sets it back.
func setenv(name, value string) (restore func()) {
	old, set := os.LookupEnv(name)
	_ = os.Setenv(name, value)
	return func() {
		if set {
			_ = os.Setenv(name, old)
		} else {
			_ = os.Unsetenv(name)
		}
	}
}

// disableReaper disables the reaper of testcontainers-go where it cannot be
// reached, unless the user has decided. What it returns sets the environment back.
func disableReaper(ctx context.Context, o Options, override string) (restore func()) {
	if os.Getenv(ryukVariable) != "" {
		return func() {}
	}
	docker, err := client.New(client.FromEnv)
	if err != nil {
		return func() {}
	}
	defer func() { _ = docker.Close() }()
	if d, err := askDaemon(ctx, docker, override, lookAround()); err != nil || d.sibling == nil {
		return func() {}
	}
	fmt.Fprintf(o.Log, "the daemon also runs the container of this process: the reaper of testcontainers-go is disabled, "+
		"for it cannot be reached from here (set %s to the host on which the daemon publishes ports to have it)\n", hostVariable)
	return setenv(ryukVariable, "true")
}

// findDaemon finds a daemon that answers, in bounded time.
func findDaemon(ctx context.Context) (*testcontainers.DockerProvider, error) {
	// The search for a daemon takes no context, so it may stay behind.
	type result struct {
		provider *testcontainers.DockerProvider
		err      error
	}
	found := make(chan result, 1)
	go func() {
		p, err := testcontainers.NewDockerProvider(testcontainers.WithLogger(silent{}))
		found <- result{p, err}
	}()
	select {
	case r := <-found:
		if r.err != nil {
			return nil, fmt.Errorf("no daemon: %w", r.err)
		}
		return r.provider, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(daemonTimeout):
		return nil, errors.New("the daemon does not answer")
	}
}

// checkImage finds out, in bounded time, whether the daemon has the image or
// can get it.
func checkImage(ctx context.Context, docker *testcontainers.DockerProvider, image string) error {
	inspect, cancel := context.WithTimeout(ctx, daemonTimeout)
	defer cancel()
	if _, err := docker.Client().ImageInspect(inspect, image); err == nil {
		return nil
	}
	registry, cancel := context.WithTimeout(ctx, registryTimeout)
	defer cancel()
	if _, err := docker.Client().DistributionInspect(registry, image, client.DistributionInspectOptions{}); err != nil {
		return fmt.Errorf("the daemon neither has the image %s nor can pull it: %w", image, err)
	}
	return nil
}

// reachContainer waits for the server in the container and finds the address
// at which it answers.
func (c *Cluster) reachContainer(ctx context.Context, o Options, d daemon, ctr testcontainers.Container) error {
	if err := c.awaitListening(ctx, ctr); err != nil {
		return err
	}
	published, err := ctr.MappedPort(ctx, nativeTCP.String())
	if err != nil {
		return err
	}
	ip, err := ctr.ContainerIP(ctx)
	if err != nil {
		return err
	}
	// The server tells its clients the address that it has inside.
	c.outside, err = reach(ctx, d.candidates(published.Port(), ip), new(net.Dialer).DialContext, reachTimeout)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.Log, "Cassandra listens at %s\n", c.outside)
	c.hosts = []string{c.outside.String()}
	return c.awaitReady(ctx)
}

// awaitListening waits until the server listens, as seen from inside its
// container. A port that is published may refuse connections until then, or
// accept them before, so dialling it does not tell.
func (c *Cluster) awaitListening(ctx context.Context, ctr testcontainers.Container) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("does not listen after %s", startTimeout))
	defer cancel()
	for {
		_, out, err := ctr.Exec(ctx, []string{"cat", "/proc/net/tcp", "/proc/net/tcp6"}, exec.Multiplexed())
		if err == nil {
			var sockets []byte
			if sockets, err = io.ReadAll(out); err == nil && listens(string(sockets)) {
				return nil
			}
		}
		if err := c.alive(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		case <-time.After(500 * time.Millisecond):
		}
	}
}

var listening = regexp.MustCompile(fmt.Sprintf(`:%04X [0-9A-F]+:0000 0A `, nativePort))

// listens tells from Linux's list of sockets whether one listens on the native
// port. An image without cat prints no list: dialling must tell then.
func listens(sockets string) bool {
	return listening.MatchString(sockets) || !strings.Contains(sockets, "local_address")
}

// jvmOpts says by system properties what the jars way writes into
// cassandra.yaml: the image keeps a file of its own.
func jvmOpts(o Options) []string {
	opts := []string{
		"-Dcassandra.skip_wait_for_gossip_to_settle=0",
		"-Dcassandra.ring_delay_ms=1000",
		"-Dcassandra.superuser_setup_delay_ms=0",
		"-Dcassandra.config.allow_system_properties=true",
	}
	s := features(o)
	for _, key := range slices.Sorted(maps.Keys(s)) {
		opts = append(opts, "-Dcassandra.settings."+key+"="+s[key])
	}
	return opts
}

func containerLog(ctx context.Context, ctr testcontainers.Container) string {
	logs, err := ctr.Logs(ctx)
	if err != nil {
		return ""
	}
	defer logs.Close()
	text, _ := io.ReadAll(logs)
	return tail(text)
}
