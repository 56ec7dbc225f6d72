package main

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStackCounts: a call that needs a deep stack is charged with what its goroutine's stack has grown to.
func TestStackCounts(t *testing.T) {
	shallow, err := stack(func() error { return nil })
	require.NoError(t, err)
	deep, err := stack(func() error { return use(20 << 10) })
	require.NoError(t, err)
	require.Less(t, shallow, float64(8<<10))
	require.GreaterOrEqual(t, deep, float64(24<<10))

	_, err = stack(func() error { return errUnexpected })
	require.ErrorIs(t, err, errUnexpected)
}

// use needs about so many bytes of stack.
func use(bytes int) error {
	var frame [1 << 10]byte
	if bytes <= 0 {
		return nil
	}
	err := use(bytes - len(frame))
	if frame[bytes%len(frame)] != 0 {
		return errors.New("a frame is not zero")
	}
	return err
}
