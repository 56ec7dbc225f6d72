// Package gocql is a stub: the part of the API of Apache's driver that the analyzers' test data
// uses. A test compares each declaration with the real one.
package gocql

import "context"

type BatchType byte

const LoggedBatch BatchType = 0

type ClusterConfig struct {
	RetryPolicy RetryPolicy
}

func (cfg *ClusterConfig) CreateSession() (*Session, error) { panic("stub") }

type RetryPolicy interface{}

type SimpleRetryPolicy struct{ NumRetries int }

type Session struct{}

func (s *Session) Query(stmt string, values ...interface{}) *Query { panic("stub") }
func (s *Session) Batch(typ BatchType) *Batch                      { panic("stub") }

type Query struct{}

func (q *Query) Exec() error                                                      { panic("stub") }
func (q *Query) ExecContext(ctx context.Context) error                            { panic("stub") }
func (q *Query) MapScanCAS(dest map[string]interface{}) (applied bool, err error) { panic("stub") }
func (q *Query) MapScanCASContext(ctx context.Context, dest map[string]interface{}) (applied bool, err error) {
	panic("stub")
}
func (q *Query) RetryPolicy(r RetryPolicy) *Query                      { panic("stub") }
func (q *Query) Idempotent(value bool) *Query                          { panic("stub") }
func (q *Query) ScanCAS(dest ...interface{}) (applied bool, err error) { panic("stub") }

type Iter struct{}

type Batch struct{}

func (b *Batch) Query(stmt string, args ...interface{}) *Batch { panic("stub") }
func (b *Batch) Exec() error                                   { panic("stub") }
func (b *Batch) ExecContext(ctx context.Context) error         { panic("stub") }
func (b *Batch) MapExecCAS(dest map[string]interface{}) (applied bool, iter *Iter, err error) {
	panic("stub")
}
