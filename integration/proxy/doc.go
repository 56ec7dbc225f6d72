// Package proxy stands between a driver and a real CQL server and breaks what passes, in
// the ways that networks and nodes do: a request that is never delivered, an answer that is
// lost though the statement was executed, a connection cut in the middle of a frame.
//
//	p := proxy.Run(t, "127.0.0.1:0", "127.0.0.2:9042")
//	config := p.Config()                                  // a gocql configuration that goes through it
//	rule := p.Fault(proxy.On(proxy.Conditional).Nth(1), proxy.CutAnswer)
//	…                                                     // the first LWT is executed, and its answer lost
//	rule.Hits()                                           // 1
//
// A fault is a value: a point in a request's life and what then becomes of the connection.
// The proxy reads the frames of protocol versions 3 and 4 without compression, and refuses
// clients that want others.
package proxy
