package cassandra

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"strconv"
)

const (
	nativePort  = 9042
	storagePort = 7000
)

// reserve finds n free loopback addresses. All nodes of a cluster have the
// same port, as drivers expect, so each node needs an address of its own.
// Other processes leave the addresses alone until the closer is closed.
func reserve(n int) ([]string, io.Closer, error) {
	if runtime.GOOS != "linux" {
		// Only Linux answers on all of 127.0.0.0/8 without being told to.
		addresses := make([]string, n)
		for i := range addresses {
			addresses[i] = fmt.Sprintf("127.0.0.%d", i+1)
		}
		return addresses, io.NopCloser(nil), checkFree(addresses)
	}
	var err error
	for range 50 {
		net24 := fmt.Sprintf("127.%d.%d.", 1+rand.IntN(254), rand.IntN(256))
		// A listener that is held for as long as the cluster lives marks the
		// range as taken; the kernel frees it if the process dies.
		var mark net.Listener
		if mark, err = net.Listen("tcp", join(net24+"250", nativePort)); err != nil {
			continue
		}
		addresses := make([]string, n)
		for i := range addresses {
			addresses[i] = net24 + strconv.Itoa(i+1)
		}
		if err = checkFree(addresses); err == nil {
			return addresses, mark, nil
		}
		mark.Close()
	}
	return nil, nil, fmt.Errorf("no free loopback addresses: %w", err)
}

// checkFree fails where somebody listens on a port that a node needs.
func checkFree(addresses []string) error {
	var errs []error
	for _, address := range addresses {
		for _, port := range []int{nativePort, storagePort} {
			l, err := net.Listen("tcp", join(address, port))
			if err != nil {
				errs = append(errs, fmt.Errorf("%s is not free: %w", join(address, port), err))
				continue
			}
			l.Close()
		}
	}
	return errors.Join(errs...)
}

func join(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }
