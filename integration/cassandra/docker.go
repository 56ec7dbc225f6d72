package cassandra

import (
	"context"
	"fmt"
)

func startDocker(context.Context, Options) (*Cluster, error) {
	return nil, fmt.Errorf("%w: no docker", ErrUnavailable)
}
