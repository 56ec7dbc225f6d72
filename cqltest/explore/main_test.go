package explore_test

import (
	"testing"

	"github.com/coodie-go/coodie/internal/leak"
)

func TestMain(m *testing.M) {
	leak.Main(m, "github.com/coodie-go/coodie/cqltest/explore_test.waitForever")
}
