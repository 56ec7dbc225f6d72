package cassandra

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
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

// startDocker runs one node in a container.
func startDocker(ctx context.Context, o Options) (_ *Cluster, err error) {
	image := os.Getenv("COODIE_IMAGE")
	if image == "" {
		image = defaultImage
	}
	if err := checkImage(ctx, image); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	fmt.Fprintf(o.Log, "starting %s in a container\n", image)
	pull, cancel := context.WithTimeout(ctx, pullTimeout)
	defer cancel()
	ctr, err := tccassandra.Run(pull, image,
		testcontainers.WithEnv(map[string]string{
			"JVM_OPTS":      strings.Join(jvmOpts(o), " "),
			"MAX_HEAP_SIZE": fmt.Sprintf("%dM", o.Heap),
		}),
		testcontainers.WithLogger(silent{}),
		// awaitReady tells when the server answers.
		testcontainers.WithWaitStrategy(wait.ForMappedPort("9042/tcp")),
	)
	c := &Cluster{password: o.Password}
	c.stop = func() error {
		if ctr == nil {
			return nil
		}
		return testcontainers.TerminateContainer(ctr, testcontainers.StopTimeout(0))
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("cassandra in the container %s: %w", image, err), c.Stop())
		}
	}()
	if err != nil {
		return nil, err
	}
	endpoint, err := ctr.ConnectionHost(ctx)
	if err != nil {
		return nil, err
	}
	// The server tells its clients the address that it has inside.
	outside, err := net.ResolveTCPAddr("tcp4", endpoint)
	if err != nil {
		return nil, err
	}
	c.hosts = []string{outside.String()}
	c.outside = outside
	c.alive = func() error {
		state, err := ctr.State(ctx)
		if err == nil && !state.Running {
			err = fmt.Errorf("it ended with exit code %d", state.ExitCode)
		}
		return err
	}
	if err := c.awaitReady(ctx); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, containerLog(ctx, ctr))
	}
	return c, nil
}

// checkImage finds out, in bounded time, whether a daemon answers and has the
// image or can get it.
func checkImage(ctx context.Context, image string) error {
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
	var docker *testcontainers.DockerProvider
	select {
	case r := <-found:
		if r.err != nil {
			return fmt.Errorf("no daemon: %w", r.err)
		}
		docker = r.provider
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(daemonTimeout):
		return errors.New("the daemon does not answer")
	}
	defer func() { _ = docker.Close() }()

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
