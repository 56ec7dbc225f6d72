package proxy

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// conn is one client's connection and the one to the server.
type conn struct {
	proxy          *Proxy
	client, server side
	once           sync.Once
	done           chan struct{} // closed when it has ended

	mu      sync.Mutex
	waiting map[int16]waiting // requests on their way, by stream
}

// waiting is a request whose answer has not come.
type waiting struct {
	rule    *Rule  // strikes the answer; nil: none
	prepare string // the text to prepare
	lost    bool   // the answer is dropped
}

// side is one end of the connection, to which frames are written whole, until one is
// broken off: nothing can follow it.
type side struct {
	*net.TCPConn
	mu   sync.Mutex
	mute bool
}

func (s *side) write(f []byte, breakOff bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.mute {
		_, _ = s.Write(f) // an error shows when reading
	}
	s.mute = s.mute || breakOff
}

// end ends both connections. A client that is sent a FIN has a second to close its own side;
// a connection closed before it would be reset.
func (c *conn) end(way Way) {
	c.once.Do(func() {
		if way == Reset {
			_ = c.client.SetLinger(0)
			c.client.Close()
		} else {
			_ = c.client.CloseWrite()
			_ = c.client.SetReadDeadline(time.Now().Add(time.Second))
		}
		c.server.Close()
		close(c.done)
		c.proxy.forget(c)
	})
}

func (c *conn) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// maxFrame is more than servers accept.
const maxFrame = 256 << 20

func readFrame(r io.Reader, check func(header frame) error) (frame, error) {
	f := make(frame, headerSize)
	if _, err := io.ReadFull(r, f); err != nil {
		return nil, err
	}
	if err := check(f); err != nil {
		return f, err
	}
	n := binary.BigEndian.Uint32(f[5:])
	if n > maxFrame {
		return nil, errors.New("the frame is too long")
	}
	f = append(f, make([]byte, n)...)
	_, err := io.ReadFull(r, f[headerSize:])
	return f, err
}

// requests passes requests on until the client ends the connection.
func (c *conn) requests() {
	for {
		f, err := readFrame(c.client.TCPConn, checkRequest)
		if why := refused(""); errors.As(err, &why) {
			c.client.write(refusal(f.stream(), why), true)
		}
		if err != nil {
			return
		}
		c.proxy.gate.pass(c.done)
		if c.ended() {
			continue // until it has heard of it
		}
		r := c.proxy.texts.request(f)
		c.proxy.count(r)
		w := waiting{rule: c.proxy.rules.strike(r)}
		if r.Kind == Prepare {
			w.prepare = r.CQL
		}
		if w.rule == nil || w.rule.fault.Point >= Executed {
			c.forward(f, w)
		} else {
			c.strikeRequest(f, w)
		}
	}
}

func checkRequest(header frame) error {
	switch {
	case header.version() < 3 || header.version() > 4:
		return otherVersion
	case header.flags()&flagCompressed != 0:
		return compressed
	}
	return nil
}

// forward passes a request on.
func (c *conn) forward(f frame, w waiting) {
	c.mu.Lock()
	c.waiting[f.stream()] = w
	c.mu.Unlock()
	c.server.write(f, false)
}

// strikeRequest has a request suffer the fault of its rule.
func (c *conn) strikeRequest(f frame, w waiting) {
	rule := w.rule
	w.rule = nil
	pass := func() { c.forward(f, w) }
	switch {
	case rule.fault.Point == AfterRequest:
		w.lost = rule.fault.Way != Pass
		pass()
		pass = func() {}
	case rule.fault.Point == MidRequest && rule.fault.Way != Pass:
		c.server.write(f[:headerSize+len(f.body())/2], true)
	}
	c.proxy.work.Go(func() { c.strike(rule, pass) }) // the requests behind it go on
}

// answers passes answers on until the server ends the connection.
func (c *conn) answers() {
	for {
		f, err := readFrame(c.server.TCPConn, func(frame) error { return nil })
		if err != nil {
			return
		}
		c.proxy.gate.pass(c.done)
		c.mu.Lock()
		w, known := c.waiting[f.stream()]
		delete(c.waiting, f.stream())
		c.mu.Unlock()
		if known && w.prepare != "" {
			c.proxy.texts.learn(w.prepare, f)
		}
		switch {
		case w.lost:
		case w.rule == nil:
			c.client.write(f, false)
		default:
			c.strikeAnswer(f, w.rule)
		}
	}
}

// strikeAnswer has an answer suffer the fault of its rule.
func (c *conn) strikeAnswer(f frame, rule *Rule) {
	if rule.fault.Way != Pass {
		switch rule.fault.Point {
		case MidHeader:
			c.client.write(f[:headerSize/2], true)
		case AfterHeader:
			c.client.write(f[:headerSize], true)
		case MidAnswer:
			c.client.write(f[:headerSize+len(f.body())/2], true)
		}
	}
	c.proxy.work.Go(func() { c.strike(rule, func() { c.client.write(f, false) }) })
}

// strike goes the way of the rule's fault.
func (c *conn) strike(rule *Rule, pass func()) {
	fault := &rule.fault
	if fault.Delay > 0 {
		timer := time.NewTimer(fault.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.done:
			return
		}
	}
	c.proxy.struck.Add(1)
	rule.owner.mu.Lock()
	rule.hit()
	rule.owner.mu.Unlock()
	if fault.Do != nil {
		fault.Do()
	}
	switch fault.Way {
	case Close, Reset:
		c.end(fault.Way)
	case Pass:
		pass()
	}
}
