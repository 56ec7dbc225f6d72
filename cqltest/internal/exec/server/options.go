package server

import (
	"time"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
)

// Options configure an Engine. The zero value is usable.
type Options struct {
	Dialect        protocol.Dialect
	Now            func() time.Time               // time.Now if nil
	Nodes          []Node                         // one if empty; its address is 127.0.0.1:9042, in datacenter1 and rack1, as far as left empty
	Cluster        bool                           // the nodes are real, and can be down; otherwise the system tables name them, and the first is alone
	ClusterName    string                         // "Test Cluster" if empty
	Authenticator  string                         // class name; "" or AllowAllAuthenticator: none
	Functions      map[string]schema.FunctionBody // of users' functions, by name or keyspace.name
	User, Password string                         // the superuser; cassandra, cassandra if empty
	MemoryLimit    int64                          // of all rows together, in bytes; none if 0
}
