package store

import (
	"context"

	"github.com/coodie-go/coodie"
)

// Product is what is for sale: a partition per category, in order of the names.
type Product struct {
	Category string `cql:"category,partition" json:"category"`
	Name     string `cql:"name,clustering" json:"name"`
	SKU      string `cql:"sku,clustering" json:"sku"`
	Cents    int64  `cql:"cents" json:"cents"`
}

func (Product) TableName() string { return "products" }

var category = coodie.Col(func(p *Product) *string { return &p.Category })

// AddProduct puts a product into the catalogue, with some of it in stock.
func (s *Store) AddProduct(ctx context.Context, p Product, pieces int) error {
	if err := s.restock(ctx, p.SKU, pieces); err != nil {
		return err
	}
	return s.products.New(p).Save(ctx)
}

// Catalogue reads a page of a category, and the token of the next one; "" if there is none.
// A token is safe in a customer's hands: a damaged one, or one of another category, is refused
// with an error of coodie.KindPageToken.
func (s *Store) Catalogue(ctx context.Context, name string, size int, page string) (products []Product, next string, err error) {
	if size < 1 || size > 100 {
		size = 20
	}
	read, err := s.products.Find(category.Eq(name)).With(coodie.WithPageSize(size)).Page(ctx, page)
	return read.Items, read.Next, err
}
