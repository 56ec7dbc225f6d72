// Package gocql is a stub: the part of gocql's API that the analyzers' test data uses. A test
// compares each declaration with the real one.
package gocql

import "context"

type (
	Consistency uint16
	BatchType   byte
)

const (
	Quorum      Consistency = 4
	LoggedBatch BatchType   = 0
)

type ClusterConfig struct {
	RetryPolicy RetryPolicy
}

func NewCluster(hosts ...string) *ClusterConfig { panic("stub") }

func (cfg *ClusterConfig) CreateSession() (*Session, error) { panic("stub") }

func NewSession(cfg ClusterConfig) (*Session, error) { panic("stub") }

type RetryPolicy interface{}

type SimpleRetryPolicy struct{ NumRetries int }

type Session struct{}

func (s *Session) Query(stmt string, values ...interface{}) *Query { panic("stub") }
func (s *Session) NewBatch(typ BatchType) *Batch                   { panic("stub") }
func (s *Session) ExecuteBatch(batch *Batch) error                 { panic("stub") }
func (s *Session) ExecuteBatchCAS(batch *Batch, dest ...interface{}) (applied bool, iter *Iter, err error) {
	panic("stub")
}
func (s *Session) MapExecuteBatchCAS(batch *Batch, dest map[string]interface{}) (applied bool, iter *Iter, err error) {
	panic("stub")
}

type Iter struct{}

func (iter *Iter) Close() error { panic("stub") }

type Query struct{}

func (q *Query) Bind(v ...interface{}) *Query                                     { panic("stub") }
func (q *Query) Consistency(c Consistency) *Query                                 { panic("stub") }
func (q *Query) Exec() error                                                      { panic("stub") }
func (q *Query) Idempotent(value bool) *Query                                     { panic("stub") }
func (q *Query) Iter() *Iter                                                      { panic("stub") }
func (q *Query) MapScan(m map[string]interface{}) error                           { panic("stub") }
func (q *Query) MapScanCAS(dest map[string]interface{}) (applied bool, err error) { panic("stub") }
func (q *Query) NoSkipMetadata() *Query                                           { panic("stub") }
func (q *Query) RetryPolicy(r RetryPolicy) *Query                                 { panic("stub") }
func (q *Query) Scan(dest ...interface{}) error                                   { panic("stub") }
func (q *Query) ScanCAS(dest ...interface{}) (applied bool, err error)            { panic("stub") }
func (q *Query) WithContext(ctx context.Context) *Query                           { panic("stub") }

type Batch struct {
	Cons Consistency
}

func NewBatch(typ BatchType) *Batch                     { panic("stub") }
func (b *Batch) Query(stmt string, args ...interface{}) { panic("stub") }
func (b *Batch) WithContext(ctx context.Context) *Batch { panic("stub") }
