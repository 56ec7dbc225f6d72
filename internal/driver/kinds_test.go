package driver

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
)

func TestKindOf(t *testing.T) {
	for _, tt := range []struct {
		want ErrorKind
		errs []error
	}{
		{KindNone, []error{nil}},
		{KindOther, []error{errors.New("?"), requestError{0x7777}}},
		{KindNoHost, []error{
			gocql.ErrNoConnections, gocql.ErrNoHosts, gocql.ErrNoConnectionsStarted,
			&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)},
		}},
		{KindUnavailable, []error{
			unavailableAt(gocql.Quorum), requestError{gocql.ErrCodeOverloaded}, requestError{gocql.ErrCodeBootstrapping}, gocql.ErrNoStreams,
		}},
		{KindTimeout, []error{
			gocql.ErrTimeoutNoResponse, gocql.ErrTooManyTimeouts, context.DeadlineExceeded, &NotSentError{context.DeadlineExceeded},
			&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded},
			requestError{gocql.ErrCodeWriteTimeout}, requestError{gocql.ErrCodeReadTimeout}, requestError{gocql.ErrCodeCASWriteUnknown},
		}},
		{KindConnection, []error{
			io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed, gocql.ErrConnectionClosed,
			&net.OpError{Op: "write", Err: syscall.EPIPE}, &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)},
		}},
		{KindCanceled, []error{context.Canceled, &NotSentError{context.Canceled}}},
		{KindClosed, []error{gocql.ErrSessionClosed}},
		{KindSyntax, []error{requestError{gocql.ErrCodeSyntax}}},
		{KindInvalid, []error{
			requestError{gocql.ErrCodeInvalid}, requestError{gocql.ErrCodeConfig}, requestError{gocql.ErrCodeAlreadyExists},
			requestError{gocql.ErrCodeProtocol}, requestError{gocql.ErrCodeUnprepared}, requestError{gocql.ErrCodeFunctionFailure},
			gocql.ErrNoKeyspace, gocql.ErrKeyspaceDoesNotExist, gocql.ErrUseStmt,
		}},
		{KindAuth, []error{
			requestError{gocql.ErrCodeCredentials}, requestError{gocql.ErrCodeUnauthorized},
			fmt.Errorf("%w: %w", gocql.ErrNoConnectionsStarted, requestError{gocql.ErrCodeCredentials}), // what the server said goes first
		}},
		{KindFailure, []error{
			requestError{gocql.ErrCodeServer}, requestError{gocql.ErrCodeTruncate}, requestError{gocql.ErrCodeReadFailure},
			requestError{gocql.ErrCodeWriteFailure}, requestError{gocql.ErrCodeCDCWriteFailure},
		}},
	} {
		for _, err := range tt.errs {
			require.Equal(t, tt.want, KindOf(err), "%v", err)
			if err != nil {
				require.Equal(t, tt.want, KindOf(fmt.Errorf("wrapped: %w", err)), "%v", err)
			}
		}
	}
	seen := map[string]bool{}
	for k := range ErrorKind(len(kinds)) {
		require.NotEmpty(t, k.String())
		require.False(t, seen[k.String()])
		seen[k.String()] = true
	}
}
