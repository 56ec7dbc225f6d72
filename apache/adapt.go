package apache

import (
	"errors"
	"reflect"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
)

var _ = codec.Span(gocql.Duration{}) // proves that both have the same fields

// The codec and the seam know no driver: here they learn of this one's Marshalers and errors.
func init() {
	codec.Adapt(&codec.Foreign{
		Marshaler: reflect.TypeFor[gocql.Marshaler](), Unmarshaler: reflect.TypeFor[gocql.Unmarshaler](),
		NotSupported: []reflect.Type{reflect.TypeFor[gocql.UDTMarshaler](), reflect.TypeFor[gocql.UDTUnmarshaler]()},
		Of: func(t *codec.Type) (func(any) ([]byte, error), func(any, []byte) error) {
			info := infoOf(t)
			return func(v any) ([]byte, error) { return v.(gocql.Marshaler).MarshalCQL(info) },
				func(v any, cell []byte) error { return v.(gocql.Unmarshaler).UnmarshalCQL(info, cell) }
		},
	})
	driver.Adapt(&driver.Foreign{
		Unset: gocql.UnsetValue,
		Sentinels: []driver.Sentinel{
			{Err: gocql.ErrNoConnections, Kind: driver.KindNoHost, Definite: true, Transient: true},  // no host could be picked
			{Err: gocql.ErrNoStreams, Kind: driver.KindUnavailable, Definite: true, Transient: true}, // refused by the connection before writing
			{Err: gocql.ErrNoHosts, Kind: driver.KindNoHost, Definite: true},
			{Err: gocql.ErrNoConnectionsStarted, Kind: driver.KindNoHost, Definite: true},
			{Err: gocql.ErrSessionClosed, Kind: driver.KindClosed, Definite: true},
			{Err: gocql.ErrNoKeyspace, Kind: driver.KindInvalid, Definite: true, Advice: driver.NameKeyspace},
			{Err: gocql.ErrKeyspaceDoesNotExist, Kind: driver.KindInvalid, Definite: true, Advice: driver.NameKeyspace},
			{Err: gocql.ErrUseStmt, Kind: driver.KindInvalid, Definite: true},
			{Err: gocql.ErrTooManyStmts, Kind: driver.KindInvalid, Definite: true},
			{Err: gocql.ErrTimeoutNoResponse, Kind: driver.KindTimeout},
			{Err: gocql.ErrConnectionClosed, Kind: driver.KindConnection},
		},
		Details: details,
	})
}

// details are those of the driver's types of errors.
func details(err error, e *driver.ServerError) {
	var (
		unavailable *gocql.RequestErrUnavailable
		timeout     *gocql.RequestErrWriteTimeout
		failure     *gocql.RequestErrWriteFailure
		cas         *gocql.RequestErrCASWriteUnknown
		read        *gocql.RequestErrReadTimeout
		readFailure *gocql.RequestErrReadFailure
	)
	switch {
	case errors.As(err, &unavailable):
		e.Consistency = driver.Consistency(unavailable.Consistency)
	case errors.As(err, &timeout):
		e.WriteType, e.Received, e.Required = timeout.WriteType, timeout.Received, timeout.BlockFor
	case errors.As(err, &failure):
		e.WriteType, e.Received, e.Required = failure.WriteType, failure.Received, failure.BlockFor
	case errors.As(err, &cas):
		e.WriteType, e.Received, e.Required = "CAS", cas.Received, cas.BlockFor
	case errors.As(err, &read):
		e.WriteType, e.Received, e.Required = "CAS", read.Received, read.BlockFor // the read of a Paxos round
	case errors.As(err, &readFailure):
		e.WriteType, e.Received, e.Required = "CAS", readFailure.Received, readFailure.BlockFor
	}
}
