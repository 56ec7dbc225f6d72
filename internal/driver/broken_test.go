package driver_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/driver"
)

// TestBrokenWithinAnAnswer: the drivers have texts alone for a connection that broke while they read.
func TestBrokenWithinAnAnswer(t *testing.T) {
	for _, text := range []string{"unable to read frame body: read 3/40 bytes: EOF", "gocql: heartbeat failed"} {
		require.Equal(t, driver.KindConnection, driver.KindOf(errors.New(text)), text)
		require.True(t, driver.Unknown(driver.CAS, errors.New(text)), text)
	}
}
