// Package wire speaks the server's side of CQL's native protocol, versions 3
// and 4: frames, requests, responses and the life of a connection. What a
// statement means is its [Handler]'s business.
//
// Requests are decoded here, and not by the protocol library whose constants
// are used, because they come from strangers: no length that a frame declares
// is believed before as many bytes have arrived.
package wire
