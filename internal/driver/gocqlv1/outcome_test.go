package gocqlv1

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/driver"
)

// requestError is an error frame without a type of its own in gocql.
type requestError struct{ code int }

func (e requestError) Code() int       { return e.code }
func (e requestError) Message() string { return "message" }
func (e requestError) Error() string   { return "message" }

// unavailable is gocql's type, whose code lies in an unexported field: Code() reads 0 in a
// literal, so the code comes from outside.
type unavailable struct {
	requestError
	cause *gocql.RequestErrUnavailable
}

func (e unavailable) Unwrap() error { return e.cause }

func unavailableAt(c gocql.Consistency) error {
	return unavailable{requestError{gocql.ErrCodeUnavailable}, &gocql.RequestErrUnavailable{Consistency: c}}
}

func TestUnknown(t *testing.T) {
	for _, tt := range []struct {
		name        string
		err         error
		cas, writes bool // unknown for a driver.CAS, for a plain write
	}{
		{"no error", nil, false, false},
		{"not sent", &driver.NotSentError{Err: context.Canceled}, false, false},
		{"a value refused while binding", fmt.Errorf("marshal: %w", &driver.NotSentError{Err: errors.New("overflow")}), false, false},
		{"no connections", gocql.ErrNoConnections, false, false},
		{"no streams", gocql.ErrNoStreams, false, false},
		{"session closed", gocql.ErrSessionClosed, false, false},

		{"no response in time", gocql.ErrTimeoutNoResponse, true, true},
		{"connection closed", gocql.ErrConnectionClosed, true, true},
		{"too many timeouts", gocql.ErrTooManyTimeouts, true, true},
		{"EOF", io.EOF, true, true},
		{"reset", &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, true, true},
		{"broken pipe", &net.OpError{Op: "write", Err: syscall.EPIPE}, true, true},
		{"deadline after sending", context.DeadlineExceeded, true, true},
		{"cancelled after sending", context.Canceled, true, true},
		{"something new", errors.New("?"), true, true},

		{"server error", requestError{gocql.ErrCodeServer}, true, true},
		{"overloaded", requestError{gocql.ErrCodeOverloaded}, true, true},
		{"truncate", requestError{gocql.ErrCodeTruncate}, true, true},
		{"write timeout", requestError{gocql.ErrCodeWriteTimeout}, true, true},
		{"write failure", requestError{gocql.ErrCodeWriteFailure}, true, true},
		{"CDC write failure", requestError{gocql.ErrCodeCDCWriteFailure}, true, true},
		{"read timeout", requestError{gocql.ErrCodeReadTimeout}, true, true},
		{"read failure", requestError{gocql.ErrCodeReadFailure}, true, true},
		{"CAS write unknown", requestError{gocql.ErrCodeCASWriteUnknown}, true, true},
		{"ScyllaDB's rate limit", requestError{0xF000}, true, true},
		{"a code yet to be invented", requestError{0x7777}, true, true},

		{"unavailable at SERIAL", unavailableAt(gocql.Consistency(gocql.Serial)), false, false},
		{"unavailable at LOCAL_SERIAL", unavailableAt(gocql.Consistency(gocql.LocalSerial)), false, false},
		{"unavailable at QUORUM", unavailableAt(gocql.Quorum), true, false},
		{"protocol", requestError{gocql.ErrCodeProtocol}, false, false},
		{"credentials", requestError{gocql.ErrCodeCredentials}, false, false},
		{"bootstrapping", requestError{gocql.ErrCodeBootstrapping}, false, false},
		{"syntax", requestError{gocql.ErrCodeSyntax}, false, false},
		{"unauthorized", requestError{gocql.ErrCodeUnauthorized}, false, false},
		{"invalid", requestError{gocql.ErrCodeInvalid}, false, false},
		{"config", requestError{gocql.ErrCodeConfig}, false, false},
		{"already exists", requestError{gocql.ErrCodeAlreadyExists}, false, false},
		{"unprepared", requestError{gocql.ErrCodeUnprepared}, false, false},
		{"function failure", requestError{gocql.ErrCodeFunctionFailure}, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.cas, driver.Unknown(driver.CAS, tt.err), "CAS")
			require.Equal(t, tt.writes, driver.Unknown(driver.Write, tt.err), "plain write")
			require.False(t, driver.Unknown(driver.Read, tt.err), "a read has no outcome")
			require.False(t, driver.Unknown(driver.SerialRead, tt.err), "a serial read has no outcome")
		})
	}
}

// TestUnknownBatch: a logged batch is checked for live replicas as a whole before anything
// is written; the partitions of another one after the other.
func TestUnknownBatch(t *testing.T) {
	err := unavailableAt(gocql.Quorum)
	require.False(t, driver.Unknown(driver.LoggedBatch, err))
	require.True(t, driver.Unknown(driver.UnloggedBatch, err))
	require.True(t, driver.Unknown(driver.CounterBatch, err))
	for _, kind := range []driver.Kind{driver.LoggedBatch, driver.UnloggedBatch, driver.CounterBatch} {
		require.True(t, driver.Unknown(kind, gocql.ErrTimeoutNoResponse))
		require.False(t, driver.Unknown(kind, requestError{gocql.ErrCodeInvalid}))
	}
}
