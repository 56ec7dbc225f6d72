// Package apache is a stub of the real one.
package apache

import (
	"context"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
	"github.com/coodie-go/coodie"
)

func New(session *gocql.Session, opts ...coodie.Option) *coodie.DB { panic("stub") }

func Connect(ctx context.Context, cfg *gocql.ClusterConfig, opts ...coodie.ConnectOption) (*coodie.DB, error) {
	panic("stub")
}
