package cassandra

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// fetchTimeout bounds Maven's download; it takes about a minute.
const fetchTimeout = 6 * time.Minute

// pom has Maven bring the jars of a version.
func pom(version string) string {
	return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>coodie</groupId>
  <artifactId>cassandra-jars</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.cassandra</groupId>
      <artifactId>cassandra-all</artifactId>
      <version>` + version + `</version>
    </dependency>
  </dependencies>
</project>
`
}

// cacheDir is where the jars stay from one run to the next.
func cacheDir() string {
	if dir := os.Getenv("COODIE_CACHE"); dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	if err != nil { // no home directory
		dir = os.TempDir()
	}
	return filepath.Join(dir, "coodie")
}

// Jars returns the directory that holds Cassandra's jars, and has Maven bring
// them if they are not cached yet. Processes that ask at the same time wait
// for the first one's download.
func Jars(ctx context.Context, o Options) (string, error) {
	o = o.withDefaults()
	cache := cacheDir()
	dir := filepath.Join(cache, "cassandra-"+o.Version)
	if isDir(dir) {
		return dir, nil
	}
	noCache := func(err error) error {
		return fmt.Errorf("%w: no place for the jars of Cassandra (COODIE_CACHE names another): %w", ErrUnavailable, err)
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", noCache(err)
	}
	lock, err := lockFile(ctx, filepath.Join(cache, "cassandra-"+o.Version+".lock"))
	if errors.As(err, new(*os.PathError)) {
		return "", noCache(err)
	}
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if isDir(dir) { // another process has been quicker
		return dir, nil
	}

	mvn, err := exec.LookPath("mvn")
	if err != nil {
		return "", fmt.Errorf("%w: the jars of Cassandra are not in %s and there is no mvn to bring them", ErrUnavailable, dir)
	}
	fmt.Fprintf(o.Log, "bringing the jars of Cassandra %s into %s\n", o.Version, dir)
	tmp, err := os.MkdirTemp(cache, "incoming-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	if err := os.WriteFile(filepath.Join(tmp, "pom.xml"), []byte(pom(o.Version)), 0o644); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	lib := filepath.Join(tmp, "lib")
	cmd := exec.CommandContext(ctx, mvn, "-B", "-q", "dependency:copy-dependencies",
		"-DincludeScope=runtime", "-DoutputDirectory="+lib)
	cmd.Dir = tmp
	cmd.WaitDelay = 5 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: mvn could not bring the jars of Cassandra: %w\n%s", ErrUnavailable, err, tail(out))
	}
	// The rename makes the jars appear at once, all or none.
	if err := os.Rename(lib, dir); err != nil {
		return "", err
	}
	return dir, nil
}

var javaVersion = regexp.MustCompile(`version "(\d+)`)

// findJava returns the path of a Java 17, on which Cassandra 5.0 and 6.0 run.
func findJava(ctx context.Context) (string, error) {
	var candidates []string
	if java := os.Getenv("COODIE_JAVA"); java != "" {
		candidates = append(candidates, java)
	}
	if home := os.Getenv("JAVA_HOME"); home != "" {
		candidates = append(candidates, filepath.Join(home, "bin", "java"))
	}
	if java, err := exec.LookPath("java"); err == nil {
		candidates = append(candidates, java)
	}
	installed, _ := filepath.Glob("/usr/lib/jvm/*17*/bin/java")
	candidates = append(candidates, installed...)

	var found []string
	for _, java := range candidates {
		out, err := exec.CommandContext(ctx, java, "-version").CombinedOutput()
		if err != nil {
			if ctx.Err() != nil {
				return "", ctx.Err()
			}
			continue
		}
		m := javaVersion.FindSubmatch(out)
		if m != nil && string(m[1]) == "17" {
			return java, nil
		}
		if m != nil {
			found = append(found, fmt.Sprintf("%s is Java %s", java, m[1]))
		}
	}
	if len(found) > 0 {
		return "", fmt.Errorf("%w: Cassandra needs Java 17, but %s", ErrUnavailable, strings.Join(found, ", "))
	}
	return "", fmt.Errorf("%w: Cassandra needs Java 17, and there is no java", ErrUnavailable)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// tail returns the last lines of a log.
func tail(log []byte) string {
	const lines = 30
	all := strings.Split(strings.TrimRight(string(log), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// ErrUnavailable is wrapped by Start's error where the machine lacks what a
// server needs. The message says what that is.
var ErrUnavailable = errors.New("no Cassandra here")
