package coodie

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/driver/gocqlv1"
)

// New returns a DB on a session of yours, which you close yourself. The options are the
// defaults of its tables.
//
// A session does not tell how it was configured. Of what Connect checks, New sees only
// whether the session is open, and its keyspace. It cannot see
//
//   - the timeouts: Timeout 0 waits for ever; WithTimeout bounds calls nevertheless,
//   - the datacenters and the host selection policy: coordinators may be anywhere,
//   - how many sessions there are to the same cluster,
//   - WriteCoalesceWaitTime: by default a lone request waits 200 µs, see docs/performance.md.
//
// Whatever the session's cluster config says of retries, idempotence and speculative
// execution, an LWT is sent once. A gocql.QueryObserver of the session must not keep the
// bound values that it is shown: their memory is used again.
func New(session *gocql.Session, opts ...Option) *DB {
	if session == nil {
		return newDB(nil, opts)
	}
	return NewOver(gocqlv1.Of(session), opts...)
}

// NewOver is New over a session of another driver. It is for the modules of coodie that have one, such as
// coodie/apache: driver.Driver is internal.
func NewOver(session driver.Driver, opts ...Option) *DB { return newDB(driver.New(session), opts) }

// ConnectOption sets something of a DB that Connect makes. Every Option is one too.
type ConnectOption interface {
	applyConnect(*connection)
}

type connection struct {
	settings
	where driver.Locality
	log   *slog.Logger // of the driver; nil is its own
}

type connectOption func(*connection)

func (o connectOption) applyConnect(c *connection) { o(c) }

// WithLocalDatacenter names the datacenter in which the program runs. Statements go to its
// nodes alone, to a replica of their partition first, and never to another datacenter's: if
// all local nodes are down they fail with KindNoHost. An LWT at LOCAL_SERIAL is linearizable
// only so.
func WithLocalDatacenter(name string) ConnectOption {
	return connectOption(func(c *connection) { c.where.Datacenter = name })
}

// WithAnyDatacenter sends statements to the nodes of all datacenters alike, although the
// cluster has several. Tables are then refused that want LOCAL_SERIAL, which would mean
// another quorum with each statement.
func WithAnyDatacenter() ConnectOption {
	return connectOption(func(c *connection) { c.where.Anywhere = true })
}

// WithDriverLog has the driver log to logger instead of standard error or the config's Logger: each message is a
// record with the attribute logger=gocql. gocql v1 has no levels; its messages are warnings.
func WithDriverLog(logger *slog.Logger) ConnectOption {
	return connectOption(func(c *connection) { c.log = logger })
}

// Connect opens a session on a cluster and returns a DB that owns it: see DB.Close. One DB
// serves a whole program; for several keyspaces use WithKeyspace.
//
//	cluster := gocql.NewCluster("10.0.0.1", "10.0.0.2")
//	cluster.Keyspace = "app"
//	db, err := coodie.Connect(ctx, cluster)
//
// It works on a copy of the config and keeps what is set there: TLS, authentication, hosts,
// keyspace, policies, dialer, observers. A field that has the default of gocql.NewCluster
// counts as not set, and becomes
//
//	WriteCoalesceWaitTime  0        instead of 200 µs, which a lone request would wait
//	ConnectTimeout         5s       instead of 11s
//	ReconnectInterval      10s      instead of 60s: when a node that was lost is tried again
//	ProtoVersion           4        instead of a connection more that finds it out
//	HostSelectionPolicy    by token, in the local datacenter, instead of any node
//
// docs/performance.md has the measurements behind these, and behind gocql's NumConns (2),
// PageSize (5000) and MaxPreparedStmts (1000), which stay. Consistency, unless it is
// QUORUM, and SerialConsistency become the defaults of the DB's options of these names.
//
// Refused with an *Error that names the field are zero timeouts, which wait for
// ever, no hosts, a protocol that has no unset values, and the like. A cluster of several
// datacenters needs WithLocalDatacenter, unless the config's own HostSelectionPolicy prefers
// one, or WithAnyDatacenter says that all will do.
//
// The context is that of connecting alone. If it ends before there is a session, Connect returns, and the driver, which
// takes no context, goes on by itself until its own timeouts; a session that it still makes is closed.
//
// A call whose context has no deadline gets one of 30 s: see WithTimeout.
//
// An observer gets an Event with Op "connect", whose Warning says if the process has other
// live sessions to this cluster, if its LWTs cross datacenters without having been
// told to, or if TLS verifies no node. Without an observer warnings go to slog.Default().
func Connect(ctx context.Context, cfg *gocql.ClusterConfig, opts ...ConnectOption) (*DB, error) {
	return ConnectOver(ctx, gocqlv1.Cluster(cfg), opts...)
}

// ConnectOver is Connect over another driver: see NewOver.
func ConnectOver(ctx context.Context, cluster driver.Cluster, opts ...ConnectOption) (*DB, error) {
	if cluster == nil {
		return nil, misuse(opConnect, "", "", "there is no cluster to connect to", nil)
	}
	var c connection
	for _, o := range opts {
		if o != nil {
			o.applyConnect(&c)
		}
	}
	if !c.timeoutSet {
		c.timeout = defaultTimeout
	}
	plain, serial := cluster.Levels()
	if c.serial == 0 {
		c.serial = serial
	}
	if !c.consistencySet && plain != driver.Quorum {
		c.consistency, c.consistencySet = plain, true
	}
	check := c.settings
	if err := check.resolve(); err != nil {
		return nil, misuse(opConnect, "", "", err.Error(), nil)
	}
	var w *watch
	if len(c.observers) > 0 {
		ctx, w = begin(ctx, c.observers, Event{Op: opConnect}, nil)
		defer w.left(nil)
	}
	session, err := connect(ctx, cluster, c.where, c.log)
	if e, ok := err.(*driver.ConnectError); ok {
		err = connectError(e.Field, e.Reason, e.Err)
	}
	if err != nil {
		w.end(OutcomeDone, err, nil)
		return nil, err
	}
	several := len(session.Datacenters) > 1
	c.anywhere = several && c.where.Anywhere
	db := &DB{sender: session, defaults: c.settings, session: session}
	db.connected(w, several && c.serial == 0, session.Unverified)
	return db, nil
}

// connect waits for a session as long as the context lasts.
func connect(ctx context.Context, cluster driver.Cluster, where driver.Locality, log *slog.Logger) (*driver.Session, error) {
	if ctx.Done() == nil {
		return cluster.Connect(where, log)
	}
	type made struct {
		session *driver.Session
		err     error
	}
	done := make(chan made, 1)
	go func() {
		session, err := cluster.Connect(where, log)
		done <- made{session, err}
	}()
	select {
	case m := <-done:
		return m.session, m.err
	case <-ctx.Done():
		go func() {
			if m := <-done; m.session != nil {
				m.session.Close()
			}
		}()
		return nil, connectError("", "the context ended before there was a session", ctx.Err())
	}
}

// connectError is the error of a Connect: of KindUsage if nothing was sent.
func connectError(field, reason string, err error) error {
	kind := KindUsage
	if err != nil {
		kind = ErrorKind(driver.KindOf(err))
	}
	return &Error{Kind: kind, Op: opConnect, Field: field, Reason: reason, Err: err}
}

// connected tells the observers, of which slog is the last resort.
func (db *DB) connected(w *watch, crossing, unverified bool) {
	var warnings []string
	if n := db.session.Others; n > 0 {
		warnings = append(warnings, fmt.Sprintf("the process has %d live sessions to this cluster: share one DB, which is safe for many goroutines; "+
			"WithKeyspace serves several keyspaces, and Close ends a session", n+1))
	}
	if crossing {
		warnings = append(warnings, "the cluster has several datacenters, and LWTs at SERIAL wait for a quorum of all of them: "+
			"say so by WithSerialConsistency(coodie.Serial), or choose coodie.LocalSerial for tables whose LWTs all come from here")
	}
	if unverified {
		warnings = append(warnings, "TLS without verification: whoever can redirect the connection can pose as a node and read the password; "+
			"set SslOpts.EnableHostVerification, and CaPath")
	}
	warning := strings.Join(warnings, "; ")
	if w == nil && warning != "" {
		slog.Default().Warn("coodie", "op", opConnect, "warning", warning)
	}
	w.end(OutcomeDone, nil, func(e *Event) { e.Keyspace, e.Warning = db.sender.Keyspace(), warning })
}

// Close ends the session of a DB that Connect has made. It may be called more than once, and
// waits for nothing: calls under way fail, and the outcome of writes among them is unknown.
// What comes later fails with KindClosed. On a DB from New it does nothing: that session
// is yours.
func (db *DB) Close() {
	if db != nil && db.session != nil {
		db.session.Close()
	}
}
