package coodie_test

import (
	"testing"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/internal/leak"
)

func TestMain(m *testing.M) {
	var forgotten []string
	if _, fork := any(gocql.NewNativeType).(func(byte, gocql.Type) gocql.NativeType); fork { // of a session that could not be made
		forgotten = []string{
			"github.com/gocql/gocql.(*eventDebouncer).flusher",
			"github.com/gocql/gocql/debounce.(*RefreshDebouncer).flusher",
			"github.com/gocql/gocql/internal/eventbus.(*EventBus[...]).run",
			"github.com/gocql/gocql/tablets.(*opQueue).run",
		}
	}
	leak.Main(m, forgotten...)
}
