package coodie

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/driver"
)

// TestErrorKindsAreTheDrivers: the two lists of kinds have one order.
func TestErrorKindsAreTheDrivers(t *testing.T) {
	for kind, of := range [...]driver.ErrorKind{
		KindNone:        driver.KindNone,
		KindOther:       driver.KindOther,
		KindNoHost:      driver.KindNoHost,
		KindUnavailable: driver.KindUnavailable,
		KindTimeout:     driver.KindTimeout,
		KindConnection:  driver.KindConnection,
		KindCanceled:    driver.KindCanceled,
		KindClosed:      driver.KindClosed,
		KindSyntax:      driver.KindSyntax,
		KindInvalid:     driver.KindInvalid,
		KindAuth:        driver.KindAuth,
		KindFailure:     driver.KindFailure,
		KindUsage:       driver.KindUsage,
		KindDecode:      driver.KindDecode,
		KindHook:        driver.KindHook,
		KindPageToken:   driver.KindPageToken,
		KindNotFound:    driver.KindNotFound,
		KindMultiple:    driver.KindMultiple,
		KindNotApplied:  driver.KindNotApplied,
		KindContended:   driver.KindContended,
	} {
		require.Equal(t, int(of), kind)
		require.Equal(t, of.String(), ErrorKind(kind).String())
		require.Equal(t, of.Advice(), ErrorKind(kind).Advice())
	}
}
