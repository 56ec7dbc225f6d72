package house_test

import (
	"os"
	"testing"
)

// TestMain has the tests look at the repository from its root.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
