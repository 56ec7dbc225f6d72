package house_test

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPictureOfRooms: each arrow between two rooms in the picture of CONTRIBUTING.md is an import.
func TestPictureOfRooms(t *testing.T) {
	const module = "github.com/coodie-go/coodie"
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	require.NoError(t, err)
	rooms := map[string]string{"root": "", "meta": "/internal/meta", "stmt": "/internal/stmt", "answer": "/internal/answer",
		"driver": "/internal/driver", "cql": "/internal/cql", "codec": "/internal/codec", "v1": "/internal/driver/gocqlv1"}
	arrows := 0
	for _, arrow := range regexp.MustCompile(`(?m)^ +(\w+)(?:\[.*?\])? --> (\w+)`).FindAllStringSubmatch(read(t, "CONTRIBUTING.md"), -1) {
		from, known := rooms[arrow[1]]
		to, too := rooms[arrow[2]]
		if !known || !too {
			continue // other modules, and several rooms in one
		}
		arrows++
		found := false
		for line := range strings.Lines(string(out)) {
			imports := strings.Fields(line)
			for _, path := range imports[1:] {
				found = found || imports[0] == module+from && path == module+to
			}
		}
		require.True(t, found, "%s does not import %s", arrow[1], arrow[2])
	}
	require.Greater(t, arrows, 10)
}
