package perrequest

import (
	"context"
	"net/http"

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

func start(db *coodie.DB, mux *http.ServeMux) {
	coodie.Open[Lock](db)
	mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) {
		func() {
			coodie.Open[Lock](db) // want `the table is opened for each request`
		}()
	})
}
