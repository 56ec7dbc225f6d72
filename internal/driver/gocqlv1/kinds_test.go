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

func TestKindOf(t *testing.T) {
	for _, tt := range []struct {
		want driver.ErrorKind
		errs []error
	}{
		{driver.KindNone, []error{nil}},
		{driver.KindOther, []error{errors.New("?"), requestError{0x7777}}},
		{driver.KindNoHost, []error{
			gocql.ErrNoConnections, gocql.ErrNoHosts, gocql.ErrNoConnectionsStarted,
			&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)},
		}},
		{driver.KindUnavailable, []error{
			unavailableAt(gocql.Quorum), requestError{gocql.ErrCodeOverloaded}, requestError{gocql.ErrCodeBootstrapping}, gocql.ErrNoStreams, requestError{0xF000},
		}},
		{driver.KindTimeout, []error{
			gocql.ErrTimeoutNoResponse, gocql.ErrTooManyTimeouts, context.DeadlineExceeded, &driver.NotSentError{Err: context.DeadlineExceeded},
			&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded},
			requestError{gocql.ErrCodeWriteTimeout}, requestError{gocql.ErrCodeReadTimeout}, requestError{gocql.ErrCodeCASWriteUnknown},
		}},
		{driver.KindConnection, []error{
			io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed, gocql.ErrConnectionClosed,
			&net.OpError{Op: "write", Err: syscall.EPIPE}, &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)},
		}},
		{driver.KindCanceled, []error{context.Canceled, &driver.NotSentError{Err: context.Canceled}}},
		{driver.KindClosed, []error{gocql.ErrSessionClosed}},
		{driver.KindSyntax, []error{requestError{gocql.ErrCodeSyntax}}},
		{driver.KindInvalid, []error{
			requestError{gocql.ErrCodeInvalid}, requestError{gocql.ErrCodeConfig}, requestError{gocql.ErrCodeAlreadyExists},
			requestError{gocql.ErrCodeProtocol}, requestError{gocql.ErrCodeUnprepared}, requestError{gocql.ErrCodeFunctionFailure},
			gocql.ErrNoKeyspace, gocql.ErrKeyspaceDoesNotExist, gocql.ErrUseStmt,
		}},
		{driver.KindAuth, []error{
			requestError{gocql.ErrCodeCredentials}, requestError{gocql.ErrCodeUnauthorized},
			fmt.Errorf("%w: %w", gocql.ErrNoConnectionsStarted, requestError{gocql.ErrCodeCredentials}), // what the server said goes first
		}},
		{driver.KindFailure, []error{
			requestError{gocql.ErrCodeServer}, requestError{gocql.ErrCodeTruncate}, requestError{gocql.ErrCodeReadFailure},
			requestError{gocql.ErrCodeWriteFailure}, requestError{gocql.ErrCodeCDCWriteFailure},
		}},
	} {
		for _, err := range tt.errs {
			require.Equal(t, tt.want, driver.KindOf(err), "%v", err)
			if err != nil {
				require.Equal(t, tt.want, driver.KindOf(fmt.Errorf("wrapped: %w", err)), "%v", err)
			}
		}
	}
}
