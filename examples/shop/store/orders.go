package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/recipes/machine"
)

// Order is what a customer has ordered, the newest first.
type Order struct {
	Customer coodie.UUID `cql:"customer,partition" json:"-"`
	ID       coodie.UUID `cql:"id,clustering,desc,type=timeuuid" json:"id"`
	Lines    []Line      `cql:"lines" json:"lines"`
	State    State       `cql:"state" json:"state"`
	Attempt  coodie.UUID `cql:"attempt,attempt" json:"-"`
}

func (Order) TableName() string { return "orders" }

// Line is one product of an order.
type Line struct {
	SKU    string `json:"sku"`
	Pieces int    `json:"pieces"`
}

// State is how far an order has come.
type State string

// The states of an order. New is one whose products are being reserved.
const (
	New       State = "new"
	Placed    State = "placed"
	Paid      State = "paid"
	Shipped   State = "shipped"
	Cancelled State = "cancelled"
)

// orders say into which states an order comes from another.
var orders = machine.New(func(o *Order) *State { return &o.State }, machine.Rules[State, State]{
	New:    {Placed: Placed, Cancelled: Cancelled},
	Placed: {Paid: Paid, Cancelled: Cancelled},
	Paid:   {Shipped: Shipped, Cancelled: Cancelled},
})

var (
	orderCustomer = coodie.Col(func(o *Order) *coodie.UUID { return &o.Customer })
	orderID       = coodie.Col(func(o *Order) *coodie.UUID { return &o.ID })
)

// Place orders. Either all products are reserved and the order is placed, or it is
// cancelled and the error says why.
func (s *Store) Place(ctx context.Context, customer coodie.UUID, lines []Line) (Order, error) {
	lines, err := collect(lines)
	if err != nil {
		return Order{}, err
	}
	order := s.orders.New(Order{Customer: customer, ID: coodie.NewTimeUUID(), Lines: lines, State: New})
	res, err := order.Insert(ctx)
	if err := cmp.Or(err, res.Err()); err != nil {
		return Order{}, err
	}
	for _, line := range lines {
		err := s.reserve(ctx, order.Value.ID, line)
		if errors.Is(err, coodie.ErrNotFound) {
			err = fmt.Errorf("%w: %s", ErrOutOfStock, line.SKU)
		}
		if err != nil {
			_, failed := s.Advance(ctx, customer, order.Value.ID, Cancelled)
			return Order{}, errors.Join(err, failed)
		}
	}
	placed, err := s.Advance(ctx, customer, order.Value.ID, Placed)
	if errors.Is(err, ErrNotAllowed) { // cancelled meanwhile, perhaps before all was reserved
		err = errors.Join(err, s.follow(ctx, placed))
	}
	return placed, err
}

// collect makes one line of a product's lines: an order reserves each product once.
func collect(lines []Line) ([]Line, error) {
	pieces := map[string]int{}
	for _, line := range lines {
		if line.Pieces < 1 {
			return nil, fmt.Errorf("%w: %d pieces of %s", ErrNotAllowed, line.Pieces, line.SKU)
		}
		pieces[line.SKU] += line.Pieces
	}
	if len(pieces) == 0 {
		return nil, fmt.Errorf("%w: an order of nothing", ErrNotAllowed)
	}
	lines = nil
	for _, sku := range slices.Sorted(maps.Keys(pieces)) {
		lines = append(lines, Line{SKU: sku, Pieces: pieces[sku]})
	}
	return lines, nil
}

// Advance brings an order into a state; ErrNotAllowed if it cannot come there from the
// state in which it is. It can be repeated: an order that is there already stays there.
func (s *Store) Advance(ctx context.Context, customer, id coodie.UUID, to State) (Order, error) {
	step, err := orders.Fire(ctx, s.orders.Find(orderCustomer.Eq(customer), orderID.Eq(id)), to)
	switch {
	case errors.Is(err, machine.ErrNotAllowed) && step.Row.State != to:
		return step.Row, fmt.Errorf("%w: it is %s", ErrNotAllowed, step.Row.State)
	case err != nil && !errors.Is(err, machine.ErrNotAllowed):
		return Order{}, err
	}
	return step.Row, s.follow(ctx, step.Row)
}

// follow brings the stock to what the order's state asks for.
func (s *Store) follow(ctx context.Context, order Order) error {
	var errs []error
	for _, line := range order.Lines {
		var err error
		switch order.State {
		case Cancelled:
			err = s.release(ctx, order.ID, line)
		case Shipped:
			err = s.handOver(ctx, order.ID, line)
		}
		if !errors.Is(err, coodie.ErrNotFound) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Orders are a customer's, the newest first.
func (s *Store) Orders(ctx context.Context, customer coodie.UUID) ([]Order, error) {
	return s.orders.Find(orderCustomer.Eq(customer)).Limit(100).All(ctx)
}
