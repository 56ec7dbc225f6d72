package main

import (
	"context"

	v2 "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/apache"
)

// contender is one way to write the operations. A conditional write answers with
// whether it was applied and, if not, with what was sent of the row.
type contender interface {
	InsertLock(ctx context.Context, l Lock) (applied bool, existing Lock, err error)
	UpdateLock(ctx context.Context, name, expected, owner string) (applied bool, actual string, err error)
	DeleteLock(ctx context.Context, name, expected string) (applied bool, actual string, err error)
	// UpdateDocument and DeleteDocument are UpdateLock and DeleteLock of a row at hand.
	UpdateDocument(ctx context.Context, l Lock, owner string) (applied bool, actual string, err error)
	DeleteDocument(ctx context.Context, l Lock) (applied bool, actual string, err error)
	// LeaseLock is UpdateLock with a TTL of a minute.
	LeaseLock(ctx context.Context, name, expected, owner string) (applied bool, actual string, err error)
	// UpdateCounted writes the owner and the next version if the row still has the version of c.
	UpdateCounted(ctx context.Context, c Counted, owner string) (applied bool, actual int64, err error)
	// TakeSeats updates all seats of a show in one batch, each if it has the expected owner.
	TakeSeats(ctx context.Context, show, expected, owner string) (applied bool, err error)

	InsertRow(ctx context.Context, r Row) (applied bool, existing Row, err error)
	SaveRow(ctx context.Context, r Row) error
	GetRow(ctx context.Context, name string, seq int) (Row, error)
	EachRow(ctx context.Context, name string, f func(Row)) error
	FirstRows(ctx context.Context, name string, n int) ([]Row, error)
}

// field is the contenders over one driver: by hand first, coodie last.
type field struct {
	names      []string
	contenders []contender
	db         *coodie.DB
	close      func()
}

// fields are the drivers. ScyllaDB's fork takes gocql's place in the build: make bench DRIVER=fork.
var fields = map[string]func(addr string) (field, error){"gocql": overGocql, "fork": overGocql, "apache": overApache}

func overGocql(addr string) (field, error) {
	session, err := connect(addr, keyspace)
	if err != nil {
		return field{}, err
	}
	mapper, err := newCoodie(coodie.New(session))
	return field{[]string{"gocql", "gocqlx", "coodie"}, []contender{byHand{session}, newGocqlx(session), mapper}, mapper.db, session.Close}, err
}

func overApache(addr string) (field, error) {
	session, err := connectApache(addr)
	if err != nil {
		return field{}, err
	}
	mapper, err := newCoodie(apache.New(session))
	return field{[]string{"apache", "coodie"}, []contender{byHandApache{session}, mapper}, mapper.db, session.Close}, err
}

// connectApache is connect with Apache's driver.
func connectApache(addr string) (*v2.Session, error) {
	of := config(addr, keyspace)
	cluster := v2.NewCluster(addr)
	cluster.Keyspace, cluster.ProtoVersion, cluster.NumConns, cluster.PageSize = of.Keyspace, of.ProtoVersion, of.NumConns, of.PageSize
	cluster.Timeout, cluster.WriteCoalesceWaitTime = of.Timeout, of.WriteCoalesceWaitTime
	cluster.DisableInitialHostLookup, cluster.Events = of.DisableInitialHostLookup, of.Events
	return cluster.CreateSession()
}
