package cassandra

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/stretchr/testify/require"
)

func TestTokens(t *testing.T) {
	require.Equal(t, "-9223372036854775807,-4611686018427387904,-1,4611686018427387902", tokens(0, 1))
	seen := map[string]bool{}
	for i := range 3 {
		for _, token := range strings.Split(tokens(i, 3), ",") {
			require.False(t, seen[token], "two nodes own %s", token)
			seen[token] = true
		}
	}
	require.Len(t, seen, 3*tokensPerNode)
}

func TestSettings(t *testing.T) {
	addresses := []string{"127.0.0.1", "127.0.0.2"}
	s := settings(Options{}, addresses, 1)
	require.Equal(t, "127.0.0.2", s["rpc_address"])
	require.Contains(t, s["seed_provider"], "'127.0.0.1,127.0.0.2'")
	require.Equal(t, "periodic", s["commitlog_sync"])
	require.NotContains(t, s, "authenticator")
	require.NotContains(t, s, "read_request_timeout")

	s = settings(Options{
		SyncEveryWrite: true,
		Password:       true,
		RequestTimeout: 1500 * time.Millisecond,
		Settings:       map[string]string{"cas_contention_timeout": "1s", "paxos_variant": "v2"},
	}, addresses, 0)
	require.Equal(t, "batch", s["commitlog_sync"])
	require.NotContains(t, s, "commitlog_sync_period", "Cassandra refuses it with batch")
	require.Equal(t, "PasswordAuthenticator", s["authenticator"])
	require.Equal(t, "1500ms", s["read_request_timeout"])
	require.Equal(t, "1s", s["cas_contention_timeout"], "Settings win")
	require.Equal(t, "v2", s["paxos_variant"])
}

// TestHosts shows when a server that somebody else runs is used.
func TestHosts(t *testing.T) {
	t.Setenv("COODIE_HOSTS", " 127.9.9.1, 127.9.9.2:9999,")
	t.Setenv("COODIE_CASSANDRA", "")
	for _, o := range []Options{{}, {Nodes: 2}} {
		c, err := Start(t.Context(), o)
		require.NoError(t, err)
		require.Equal(t, []string{"127.9.9.1", "127.9.9.2:9999"}, c.Hosts())
		require.Empty(t, c.Nodes())
		require.NoError(t, c.Stop())
	}
	for _, o := range []Options{{Nodes: 3}, {Faults: true}, {Password: true}, {SyncEveryWrite: true},
		{RequestTimeout: 1}, {Addresses: []string{"127.0.0.1"}}, {Settings: map[string]string{"a": "b"}}} {
		require.False(t, o.withDefaults().anyServer(2), "%+v", o)
	}

	t.Setenv("COODIE_CASSANDRA", "podman")
	_, err := Start(t.Context(), Options{})
	require.ErrorContains(t, err, "COODIE_CASSANDRA=podman")
}

// TestMissing wants every lack named, and told apart from a failure.
func TestMissing(t *testing.T) {
	t.Setenv("COODIE_CASSANDRA", "jars")
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	java := filepath.Join(bin, "java")
	write := func(version string) {
		script := "#!/bin/sh\necho 'openjdk version \"" + version + "\" 2025' >&2\n"
		require.NoError(t, os.WriteFile(java, []byte(script), 0o755))
	}
	t.Setenv("COODIE_JAVA", "")
	t.Setenv("JAVA_HOME", "")
	t.Setenv("COODIE_CACHE", t.TempDir())

	write("17.0.9")
	got, err := findJava(t.Context())
	require.NoError(t, err)
	require.Equal(t, java, got)
	_, err = Start(t.Context(), Options{})
	require.ErrorIs(t, err, ErrUnavailable)
	require.ErrorContains(t, err, "no mvn")

	t.Setenv("COODIE_CACHE", filepath.Join(java, "cache")) // java is a file
	_, err = Start(t.Context(), Options{})
	require.ErrorIs(t, err, ErrUnavailable)
	require.ErrorContains(t, err, "COODIE_CACHE names another")

	write("21.0.1")
	if _, err = findJava(t.Context()); err != nil { // else /usr/lib/jvm has a 17
		require.ErrorIs(t, err, ErrUnavailable)
		require.ErrorContains(t, err, "is Java 21")
	}
}

// TestJarsOnce has two callers ask at the same time for jars that a stand-in
// for Maven brings.
func TestJarsOnce(t *testing.T) {
	bin, cache := t.TempDir(), t.TempDir()
	t.Setenv("COODIE_CACHE", cache)
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	require.NoError(t, os.WriteFile(filepath.Join(bin, "mvn"), []byte(`#!/bin/sh
echo run >> "$COODIE_CACHE/runs"
grep -q 'cassandra-all' pom.xml || exit 1
for arg; do case $arg in -DoutputDirectory=*) mkdir "${arg#*=}"; sleep 0.3; touch "${arg#*=}/a.jar";; esac; done
`), 0o755))
	dirs := make(chan string)
	for range 2 {
		go func() {
			dir, err := Jars(context.WithoutCancel(t.Context()), Options{})
			if err != nil {
				dir = err.Error()
			}
			dirs <- dir
		}()
	}
	for range 2 {
		require.FileExists(t, filepath.Join(<-dirs, "a.jar"))
	}
	runs, err := os.ReadFile(filepath.Join(cache, "runs"))
	require.NoError(t, err)
	require.Equal(t, "run\n", string(runs))
}

func TestReserve(t *testing.T) {
	a, markA, err := reserve(2)
	require.NoError(t, err)
	defer markA.Close()
	require.Len(t, a, 2)
	b, markB, err := reserve(1)
	require.NoError(t, err)
	defer markB.Close()
	require.NotContains(t, a, b[0])

	l, err := net.Listen("tcp", join(a[1], nativePort))
	require.NoError(t, err)
	defer l.Close()
	require.ErrorContains(t, checkFree(a), a[1]+":9042 is not free")
}

// TestDataDir has a directory swept only once nobody holds it.
func TestDataDir(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	first, lock, err := newDataDir()
	require.NoError(t, err)
	_, lock2, err := newDataDir()
	require.NoError(t, err)
	defer lock2.Close()
	require.DirExists(t, first)

	require.NoError(t, lock.Close()) // as the end of its process does
	_, lock3, err := newDataDir()
	require.NoError(t, err)
	defer lock3.Close()
	require.NoDirExists(t, first)
}

const socket = "unix:///var/run/docker.sock"

// knows is a daemon that runs the containers with these IDs.
type knows struct {
	address string
	ids     []string
	mode    container.NetworkMode
}

func (k knows) DaemonHost() string { return k.address }

func (k knows) ContainerInspect(_ context.Context, id string, _ client.ContainerInspectOptions) (client.ContainerInspectResult, error) {
	for _, known := range k.ids {
		if strings.HasPrefix(known, id) || id == "0123456789ab" { // that is also a name
			c := container.InspectResponse{ID: known, HostConfig: &container.HostConfig{NetworkMode: k.mode}}
			return client.ContainerInspectResult{Container: c}, nil
		}
	}
	return client.ContainerInspectResult{}, errors.New("no such container")
}

// TestReach records what is dialled, in containers and outside, where nothing answers.
func TestReach(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	dockerenv := file(".dockerenv", "")
	absent := filepath.Join(dir, "absent")
	id := strings.Repeat("0a1b2c3d", 8)
	docker := file("docker", "22 27 0:21 / /proc rw - proc proc rw\n"+
		"1 2 254:0 /var/lib/docker/containers/"+id+"/hostname /etc/hostname rw,relatime - ext4 /dev/vda rw\n")
	podman := file("podman", "1 2 0:25 /containers/overlay-containers/"+id+"/userdata/hosts /etc/hosts rw - tmpfs tmpfs rw\n")
	bare := file("bare", "22 27 0:21 / /proc rw - proc proc rw\n"+
		"3 4 0:50 / /var/lib/docker/containers/"+id+"/mounts/shm rw - tmpfs shm rw\n")

	const published, own = "127.0.0.1:32768", "172.17.0.3:9042"
	for name, test := range map[string]struct {
		here     here
		daemon   knows
		override string
		want     []string
	}{
		"bare machine": {here{[]string{absent}, bare, "vm"}, knows{address: socket, ids: []string{id}}, "", []string{published}},
		"bare machine, named like a container": {here{[]string{absent}, bare, id[:12]},
			knows{address: socket, ids: []string{id}}, "", []string{published}},
		"container with a daemon of its own": {here{[]string{absent, dockerenv}, docker, id[:12]},
			knows{address: socket, ids: []string{strings.Repeat("f", 64)}}, "", []string{published}},
		"container whose hostname is the name of another": {here{[]string{dockerenv}, bare, "0123456789ab"},
			knows{address: socket, ids: []string{id}}, "", []string{published}},
		"sibling": {here{[]string{dockerenv}, bare, id[:12]}, knows{address: socket, ids: []string{id}}, "", []string{published, own}},
		"sibling with a hostname of its own": {here{[]string{dockerenv}, docker, "ci"},
			knows{address: socket, ids: []string{id}}, "", []string{published, own}},
		"sibling, podman": {here{[]string{dockerenv}, podman, "ci"},
			knows{address: "unix:///run/podman/podman.sock", ids: []string{id}}, "", []string{published, own}},
		"sibling on the host's network": {here{[]string{dockerenv}, docker, "ci"},
			knows{address: socket, ids: []string{id}, mode: "host"}, "", []string{published}},
		"sibling, override": {here{[]string{dockerenv}, docker, "ci"},
			knows{address: socket, ids: []string{id}}, "host.docker.internal", []string{"host.docker.internal:32768"}},
		"remote": {here{[]string{dockerenv}, docker, "ci"},
			knows{address: "tcp://192.0.2.7:2376", ids: []string{id}}, "", []string{"192.0.2.7:32768"}},
		"remote, override": {here{[]string{absent}, bare, "vm"}, knows{address: "tcp://192.0.2.7:2376"}, "::1", []string{"[::1]:32768"}},
		"npipe":            {here{[]string{absent}, absent, "vm"}, knows{address: "npipe:////./pipe/docker_engine"}, "", []string{published}},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := askDaemon(t.Context(), test.daemon, test.override, test.here)
			require.NoError(t, err)
			var dialled []string
			_, err = reach(t.Context(), d.candidates("32768", "172.17.0.3"), func(_ context.Context, _, address string) (net.Conn, error) {
				dialled = append(dialled, address)
				return nil, syscall.ECONNREFUSED
			}, time.Millisecond)
			require.Equal(t, test.want, dialled)
			require.ErrorIs(t, err, syscall.ECONNREFUSED)
			require.ErrorContains(t, err, hostVariable)
			for _, address := range test.want {
				require.ErrorContains(t, err, "dialled "+address+" (")
			}
		})
	}
}

func TestChooseHost(t *testing.T) {
	all, loopback := netip.Addr{}, netip.MustParseAddr("127.0.0.1")
	for _, test := range []struct {
		daemon, override, host string
		publish                netip.Addr
	}{
		{socket, "", "127.0.0.1", loopback},
		{"tcp://127.0.0.1:2375", "", "127.0.0.1", loopback},
		{"tcp://localhost:2375", "", "localhost", loopback},
		{"tcp://docker:2376", "", "docker", all},
		{"https://[2001:db8::1]:2376", "", "2001:db8::1", all},
		{socket, "host.docker.internal", "host.docker.internal", all},
		{socket, "172.17.0.1", "172.17.0.1", all},
		{"tcp://docker:2376", "127.0.0.2", "127.0.0.2", netip.MustParseAddr("127.0.0.2")},
		{"ssh://build@example.com", "example.com", "example.com", all},
	} {
		d, _, err := chooseHost(test.daemon, test.override)
		require.NoError(t, err)
		require.Equal(t, test.host, d.host)
		require.Equal(t, test.publish, d.publishOn(), test.host)
		require.NotEmpty(t, d.why)
	}
	for _, address := range []string{"ssh://build:secret@example.com", "tcp://", "/var/run/docker.sock"} {
		_, _, err := chooseHost(address, "")
		require.ErrorContains(t, err, "set "+hostVariable)
		require.NotContains(t, err.Error(), "secret")
	}
}

// TestReachAnswers connects to what listens, and waits for what does not in bounded time.
func TestReachAnswers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	answers, nowhere := candidate{l.Addr().String(), "listens"}, candidate{closed.Addr().String(), "closed"}
	dial := new(net.Dialer).DialContext

	for _, list := range [][]candidate{{answers}, {answers, nowhere}, {nowhere, answers}} {
		address, err := reach(t.Context(), list, dial, time.Minute) // a refusal does not take so long
		require.NoError(t, err)
		require.Equal(t, answers.address, address.String())
	}

	silent := func(ctx context.Context, _, address string) (net.Conn, error) {
		if address == answers.address {
			return dial(ctx, "tcp", address)
		}
		<-ctx.Done()
		return nil, ctx.Err()
	}
	address, err := reach(t.Context(), []candidate{nowhere, answers}, silent, 10*time.Millisecond)
	require.NoError(t, err)
	require.Equal(t, answers.address, address.String())
	_, err = reach(t.Context(), []candidate{nowhere}, silent, 10*time.Millisecond)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "no connection in 10ms")

	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = reach(stopped, []candidate{nowhere, answers}, silent, time.Minute)
	require.ErrorIs(t, err, context.Canceled)

	late := 0 // whatever forwards the last address may need a moment
	address, err = reach(t.Context(), []candidate{answers}, func(ctx context.Context, network, address string) (net.Conn, error) {
		if late++; late == 1 {
			return nil, syscall.ECONNREFUSED
		}
		return dial(ctx, network, address)
	}, time.Minute)
	require.NoError(t, err)
	require.Equal(t, answers.address, address.String())
}

func TestListens(t *testing.T) {
	const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	require.True(t, listens(head+"   0: 0100007F:2352 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1\n"))
	require.True(t, listens(head+head+"   3: 0000000000000000FFFF0000030011AC:2352 00000000000000000000000000000000:0000 0A 00000000:00000000\n"))
	require.False(t, listens(head+"   0: 0100007F:2352 0100007F:8000 01 00000000:00000000\n"), "a connection")
	require.False(t, listens(head+"   0: 0100007F:1B58 00000000:0000 0A 00000000:00000000\n"), "another port")
	require.True(t, listens("cat: not found"), "nobody can tell")
}
