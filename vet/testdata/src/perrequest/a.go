package perrequest

import (
	"context"
	"net/http"
	"sync"

	apachegocql "github.com/apache/cassandra-gocql-driver/v2"
	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/apache"
	"github.com/gocql/gocql"
	"github.com/scylladb/gocqlx/v2"
)

type Lock struct{ Name, Owner string }

type Message struct{}

func (*Message) ProtoReflect() {}

type server struct {
	db      *coodie.DB
	cluster *gocql.ClusterConfig
	session *gocql.Session
	other   *apachegocql.ClusterConfig
	opened  *apachegocql.Session
	once    sync.Once
	locks   *coodie.Table[Lock]
	err     error
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	coodie.Open[Lock](s.db)   // want `the table is opened for each request`
	s.cluster.CreateSession() // want `a session is made for each request`
	gocqlx.NewSession(s.session)
}

func (s *server) Call(ctx context.Context, m *Message) (*Message, error) {
	coodie.Connect(ctx, s.cluster) // want `a session is made for each request`
	apache.Connect(ctx, s.other)   // want `a session is made for each request`
	apache.New(s.opened)
	s.other.CreateSession() // want `a session is made for each request`
	return nil, nil
}

// Stream is one of gRPC.
type Stream interface{ SendMsg(m any) error }

func (s *server) List(m *Message, stream Stream) error {
	coodie.Open[Lock](s.db) // want `the table is opened for each request`
	return nil
}

// open is given its configuration, which is a message.
func open(ctx context.Context, config *Message, cluster *gocql.ClusterConfig) (*coodie.DB, error) {
	return coodie.Connect(ctx, cluster)
}

func (s *server) lazily(w http.ResponseWriter, r *http.Request) {
	s.once.Do(func() { s.locks, s.err = coodie.Open[Lock](s.db) })
}

func start(db *coodie.DB, mux *http.ServeMux) {
	coodie.Open[Lock](db)
	mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) {
		func() {
			coodie.Open[Lock](db) // want `the table is opened for each request`
		}()
	})
}
