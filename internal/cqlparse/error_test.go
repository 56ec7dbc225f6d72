package cqlparse_test

import (
	_ "embed"
	"strings"
	"testing"

	"github.com/coodie-go/coodie/internal/cqlparse"
)

// recorded holds statements and what Cassandra 5.0.6 said of each, after a tab.
// \n stands for a line end.
//
//go:embed testdata/errors.txt
var recorded string

func TestErrorsAsCassandra(t *testing.T) {
	for _, line := range strings.Split(strings.TrimSpace(recorded), "\n") {
		src, want, _ := strings.Cut(line, "\t")
		src = strings.ReplaceAll(src, `\n`, "\n")
		_, err := cqlparse.ParseAs(cqlparse.Cassandra, src)
		got := "no error"
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", src, got, want)
		}
	}
}
