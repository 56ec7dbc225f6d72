// Package apache is coodie on Apache's driver, github.com/apache/cassandra-gocql-driver/v2, which speaks version 5 of
// the native protocol. New and Connect take that driver's session and cluster config; everything else is as
// package coodie has it.
//
// A program may use both drivers. Errors unwrap to those of the driver that made them, and a Go type may implement
// the Marshaler and Unmarshaler of this driver, beside those of coodie and of gocql.
package apache

import (
	"context"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/coodie-go/coodie"
)

// New returns a DB on a session of yours, which you close yourself: see coodie.New, which says what a session does
// not tell. This driver's does not tell its retry policy either. A policy may answer gocql.Ignore, which makes a
// write that failed look like one that succeeded. So the policy gets reads alone, and a read that it ignored is an
// error; coodie's own WithRetries sends again what certainly was not executed. Connect knows the policy.
func New(session *gocql.Session, opts ...coodie.Option) *coodie.DB {
	if session == nil {
		return coodie.New(nil, opts...)
	}
	return coodie.NewOver(&conn{Session: session}, opts...)
}

// Connect opens a session on a cluster and returns a DB that owns it: see coodie.Connect, which says what becomes
// of the config. ProtoVersion stays as it is: 0 finds out the newest version that the nodes speak.
//
// Idempotent writes and reads are left to the config's RetryPolicy, where gocql.Ignore counts as gocql.Rethrow.
// Other writes are sent once. The config's observers are told as they are without coodie.
func Connect(ctx context.Context, cfg *gocql.ClusterConfig, opts ...coodie.ConnectOption) (*coodie.DB, error) {
	return coodie.ConnectOver(ctx, cluster{cfg}, opts...)
}
