// Package backoff is a stub of a retry library.
package backoff

type Operation func() error

type BackOff interface{}

func Retry(o Operation, b BackOff) error { panic("stub") }
