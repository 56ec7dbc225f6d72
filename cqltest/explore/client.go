package explore

import (
	"cmp"
	"context"
	"net"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/cqltest"
)

// dialer connects a client.
type dialer struct {
	x      *T
	client string
	calm   bool // guarded by x.mu: no fault strikes
}

func (x *T) dialer(client string) *dialer {
	return &dialer{x: x, client: cmp.Or(oneWord(client), "client")}
}

func (d *dialer) calmed(calm bool) {
	d.x.mu.Lock()
	defer d.x.mu.Unlock()
	d.calm = calm
}

// DialContext implements gocql.Dialer.
func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	x := d.x
	x.mu.Lock()
	var way Way
	if !d.calm && !x.over && x.config.only == nil {
		if s := x.sight(point{client: d.client, class: Connection}, cqltest.Statement{}); s.strike > 0 {
			way = x.plan[s.strike-1].way
		}
	}
	x.mu.Unlock()
	failure := &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	switch way {
	case Refused:
		return nil, failure
	case Silent:
		timer := time.NewTimer(x.config.timeout())
		defer timer.Stop()
		failure.Err = syscall.ETIMEDOUT
		select {
		case <-timer.C:
		case <-ctx.Done():
			failure.Err = ctx.Err()
		}
		return nil, failure
	}
	conn, err := x.Server().Dialer().DialContext(ctx, network, address)
	if err == nil {
		x.mu.Lock()
		x.clients[conn.LocalAddr().String()] = d.client
		x.mu.Unlock()
	}
	return conn, err
}

// settle lets the other goroutines of a bubble go as far as they come without waiting.
func settle() { time.Sleep(time.Millisecond) }

// policy finds no host for a statement that is not to be sent.
type policy struct {
	gocql.HostSelectionPolicy
	x      *T
	client string
}

// Pick implements gocql.HostSelectionPolicy.
func (p *policy) Pick(q gocql.ExecutableQuery) gocql.NextHost {
	if p.x.settles(p.client) {
		settle() // so that it does not depend on the scheduler how far the driver is with connecting again
	}
	if p.x.unsent(p.client, q) {
		return func() gocql.SelectedHost { return nil }
	}
	return p.HostSelectionPolicy.Pick(q)
}

// settles reports whether the client's connections have been broken since it last sent something.
func (x *T) settles(client string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	settling := x.settling[client]
	delete(x.settling, client)
	return settling
}

// unsent reports whether the statement is one that is not to be sent.
func (x *T) unsent(client string, q gocql.ExecutableQuery) bool {
	text := ""
	switch q := q.(type) {
	case *gocql.Query:
		text = q.Statement()
	case *gocql.Batch:
		texts := make([]string, len(q.Entries))
		for i, e := range q.Entries {
			texts[i] = e.Stmt
		}
		text = strings.Join(texts, "; ")
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.late {
		x.mu.Unlock()
		defer x.mu.Lock()
		runtime.Goexit() // of the client's goroutine
	}
	s, ok := x.config.texts[text]
	if !ok || x.over {
		return false
	}
	class, _ := classOf(s)
	p := point{client: client, class: class, table: tableOf(s)}
	next := p
	next.n = x.counts[p] + 1
	for i, f := range x.plan {
		if f.way == NotSent && f.point == next && !x.struck[i] {
			x.sight(p, s)
			return true
		}
	}
	return false
}
