package chaos

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// link is a TCP proxy in front of a node.
type link struct {
	listener net.Listener
	target   string
	eating   atomic.Bool

	mu    sync.Mutex
	pairs map[*pair]struct{}
	done  sync.WaitGroup
}

// pair is one connection through the proxy.
type pair struct {
	client, server net.Conn
	lost           atomic.Bool // answers were eaten, so what follows makes no sense
}

func (p *pair) close() { p.client.Close(); p.server.Close() }

func newLink(address, target string) (*link, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	l := &link{listener: listener, target: target, pairs: map[*pair]struct{}{}}
	l.done.Go(l.accept)
	return l, nil
}

func (l *link) accept() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", l.target)
		if err != nil {
			client.Close()
			continue
		}
		p := &pair{client: client, server: server}
		l.mu.Lock()
		l.pairs[p] = struct{}{}
		l.mu.Unlock()
		l.done.Go(func() { _, _ = io.Copy(server, client); p.close() })
		l.done.Go(func() {
			_, _ = io.Copy(answers{l, p}, server)
			p.close()
			l.mu.Lock()
			delete(l.pairs, p)
			l.mu.Unlock()
		})
	}
}

// answers is the way to the client, on which answers can be eaten.
type answers struct {
	*link
	*pair
}

func (a answers) Write(b []byte) (int, error) {
	if a.eating.Load() || a.lost.Load() {
		a.lost.Store(true)
		return len(b), nil
	}
	return a.client.Write(b)
}

// cut closes all connections.
func (l *link) cut() { l.each(func(*pair) bool { return true }) }

// eat begins or ends to swallow answers; connections that lost one are closed in the end.
func (l *link) eat(on bool) {
	l.eating.Store(on)
	if !on {
		l.each(func(p *pair) bool { return p.lost.Load() })
	}
}

func (l *link) each(closed func(*pair) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := range l.pairs {
		if closed(p) {
			p.close()
		}
	}
}

func (l *link) close() {
	l.listener.Close()
	l.cut()
	l.done.Wait()
}
