package store

import (
	"context"

	"github.com/coodie-go/coodie"
)

// Stock is how many pieces of a product can be ordered, and what orders keep for themselves.
// That an order is named in it makes each change one that can be repeated: whoever does not
// know whether it was made makes it again.
type Stock struct {
	SKU      string              `cql:"sku,partition"`
	Free     int                 `cql:"free"`
	Reserved map[coodie.UUID]int `cql:"reserved"`
	Version  int64               `cql:"version,version"`
	Attempt  coodie.UUID         `cql:"attempt,attempt"`
}

var sku = coodie.Col(func(s *Stock) *string { return &s.SKU })

// Free is how many pieces can be ordered.
func (s *Store) Free(ctx context.Context, product string) (int, error) {
	row, err := s.stock.Find(sku.Eq(product)).Get(ctx)
	return row.Free, err
}

func (s *Store) restock(ctx context.Context, product string, pieces int) error {
	_, err := s.stock.Find(sku.Eq(product)).Mutate(ctx, func(_ context.Context, row *Stock) error {
		row.Free += pieces
		return nil
	}, coodie.OrCreate())
	return err
}

// reserve takes pieces out of stock for an order.
func (s *Store) reserve(ctx context.Context, order coodie.UUID, line Line) error {
	return s.change(ctx, line.SKU, func(row *Stock) error {
		if _, done := row.Reserved[order]; done {
			return nil
		}
		if row.Free < line.Pieces {
			return ErrOutOfStock
		}
		row.Free -= line.Pieces
		if row.Reserved == nil {
			row.Reserved = map[coodie.UUID]int{}
		}
		row.Reserved[order] = line.Pieces
		return nil
	})
}

// release puts back what an order has reserved.
func (s *Store) release(ctx context.Context, order coodie.UUID, line Line) error {
	return s.change(ctx, line.SKU, func(row *Stock) error {
		row.Free += row.Reserved[order]
		delete(row.Reserved, order)
		return nil
	})
}

// handOver forgets what an order has reserved: it has left the house.
func (s *Store) handOver(ctx context.Context, order coodie.UUID, line Line) error {
	return s.change(ctx, line.SKU, func(row *Stock) error {
		delete(row.Reserved, order)
		return nil
	})
}

func (s *Store) change(ctx context.Context, product string, change func(*Stock) error) error {
	_, err := s.stock.Find(sku.Eq(product)).Mutate(ctx, func(_ context.Context, row *Stock) error { return change(row) })
	return err
}
