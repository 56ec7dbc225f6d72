// Package plain has structs that were written by hand, and the column variables that were generated for them.
package plain

import (
	"context"
	"errors"
	"math/big"
	"time"

	"github.com/coodie-go/coodie"
)

//go:generate coodie gen columns

// Kind is a type of the program's own.
type Kind string

// Base is embedded.
type Base struct {
	Tenant string    `cql:"tenant,partition"`
	Made   time.Time `cql:"made,clustering,desc"`
}

// Lock is a table.
type Lock struct {
	Base
	Name     string `cql:"name,clustering"`
	LockedBy *string
	Labels   map[string][]Kind `cql:"labels"`
	Parts    []coodie.UUID     `cql:"parts,set"`
	Size     *big.Int          `cql:"size"`
	Hidden   chan int          `cql:"-"`
	Place    *Place            `cql:"place"`
	own      int
}

// Place is a user-defined type, and no table.
type Place struct{ X, Y int }

// Hits has counters.
type Hits struct {
	URL string `cql:"url,partition"`
	N   int64  `cql:"n,type=counter"`
}

// Check opens the tables with all their columns.
func Check(ctx context.Context, db *coodie.DB) error {
	locks, err1 := coodie.Open[Lock](db, coodie.WithColumns(lockTenant, lockMade, lockName, lockedBy, lockLabels, lockParts, lockSize, lockPlace))
	hits, err2 := coodie.Open[Hits](db, coodie.WithColumns(hitsURL, hitsN))
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if _, err := coodie.Schema(db, locks, hits).Sync(ctx); err != nil {
		return err
	}
	_ = Lock{}.own
	return hits.Find(hitsURL.Eq("/")).Update(ctx, coodie.Increment(hitsN, 1))
}
