package main

import "context"

// contender is one way to write the operations. A conditional write answers with
// whether it was applied and, if not, with what was sent of the row.
type contender interface {
	InsertLock(ctx context.Context, l Lock) (applied bool, existing Lock, err error)
	UpdateLock(ctx context.Context, name, expected, owner string) (applied bool, actual string, err error)
	DeleteLock(ctx context.Context, name, expected string) (applied bool, actual string, err error)
	// UpdateDocument and DeleteDocument are UpdateLock and DeleteLock of a row at hand.
	UpdateDocument(ctx context.Context, l Lock, owner string) (applied bool, actual string, err error)
	DeleteDocument(ctx context.Context, l Lock) (applied bool, actual string, err error)

	InsertRow(ctx context.Context, r Row) (applied bool, existing Row, err error)
	SaveRow(ctx context.Context, r Row) error
	GetRow(ctx context.Context, name string, seq int) (Row, error)
	EachRow(ctx context.Context, name string, f func(Row)) error
}
