package python

import (
	"testing"

	"github.com/coodie-go/coodie/integration/cassandra"
)

func TestMain(m *testing.M) { cassandra.Main(m) }
