package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/examples/shop/store"
)

// shop is two processes of examples/shop on one server, under load. What they do is the same in each run; how long
// it takes is not.
type shop struct {
	srv       *cqltest.Server
	processes []*store.Store
	dbs       []*coodie.DB
	customers []store.Customer
}

// products are on sale; the first is the one that everybody wants.
var products = []string{"assam", "ceylon", "darjeeling", "keemun", "oolong", "sencha"}

func openShop(ctx context.Context, observer coodie.Observer) (*shop, error) {
	srv, err := cqltest.Run(cqltest.WithKeyspace("shop"))
	if err != nil {
		return nil, err
	}
	s := &shop{srv: srv}
	for range 2 {
		db, err := coodie.Connect(ctx, srv.Cluster(), coodie.WithObserver(observer))
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		s.dbs = append(s.dbs, db)
		process, err := store.Open(ctx, db, make([]byte, 32))
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		s.processes = append(s.processes, process)
	}
	for _, sku := range products {
		p := store.Product{Category: "tea", Name: sku, SKU: sku, Cents: 500}
		if err := s.processes[0].AddProduct(ctx, p, 100_000); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	for i := range 8 {
		c, err := s.processes[0].SignUp(ctx, fmt.Sprintf("%d@example.org", i), "somebody")
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		s.customers = append(s.customers, c)
	}
	return s, nil
}

func (s *shop) close() error {
	for _, db := range s.dbs {
		db.Close()
	}
	s.srv.Close()
	return nil
}

// phase is a part of the load.
type phase struct {
	name   string
	steps  int
	orders int                   // of each customer in each process, at the same time
	hot    bool                  // everybody wants the same product
	delay  time.Duration         // of each LWT's answer, so that callers meet
	faults func(*cqltest.Server) // makes the faults
}

// phases are 17 minutes of the shop, a step every 15 s.
var phases = []phase{
	{name: "calm", steps: 12, orders: 1},
	{name: "hot product", steps: 16, orders: 3, hot: true, delay: time.Millisecond},
	{name: "answers lost, settled", steps: 12, orders: 1, faults: func(srv *cqltest.Server) {
		srv.Fault(cqltest.On(cqltest.Conditional, "orders", "stock").Chance(0.3, 1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	}},
	{name: "answers lost, left open", steps: 12, orders: 1, faults: func(srv *cqltest.Server) {
		srv.Fault(cqltest.On(cqltest.Conditional, "orders").Chance(0.3, 2), cqltest.Apply, cqltest.WriteTimeout("CAS"))
		srv.Fault(cqltest.On(cqltest.Select, "orders").Chance(0.5, 3), cqltest.ReadTimeout())
	}},
	{name: "too few replicas", steps: 8, orders: 1, faults: func(srv *cqltest.Server) {
		srv.Fault(cqltest.On(cqltest.Conditional, "stock").Chance(0.3, 4), cqltest.Unavailable())
	}},
	{name: "calm again", steps: 8, orders: 1},
}

// begin makes the faults of the phase.
func (s *shop) begin(p phase) {
	s.srv.ClearFaults()
	if p.delay > 0 {
		s.srv.Fault(cqltest.On(cqltest.Conditional, "stock"), cqltest.Delay(p.delay))
	}
	if p.faults != nil {
		p.faults(s.srv)
	}
}

// step is what happens in 15 s: customers look at the catalogue and order, and some sign up with an address that is taken.
func (s *shop) step(ctx context.Context, p phase) error {
	var running sync.WaitGroup
	failed := make(chan error, 1000)
	for i, process := range s.processes {
		for j, customer := range s.customers {
			for k := range p.orders {
				running.Go(func() {
					sku := products[0]
					if !p.hot {
						sku = products[(2*(j+k)+i)%len(products)] // each process has its own
					}
					failed <- order(ctx, process, customer.ID, sku)
				})
			}
		}
		running.Go(func() {
			_, _, err := process.Catalogue(ctx, "tea", 10, "")
			failed <- err
		})
		running.Go(func() {
			_, err := process.SignUp(ctx, fmt.Sprintf("%d@example.org", i), "somebody else")
			if !errors.Is(err, store.ErrTaken) {
				failed <- fmt.Errorf("an address was given twice: %w", err)
			}
		})
	}
	running.Wait()
	close(failed)
	var errs []error
	for err := range failed {
		if err != nil && !expected(err) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// order places, pays and ships.
func order(ctx context.Context, s *store.Store, customer coodie.UUID, sku string) error {
	o, err := s.Place(ctx, customer, []store.Line{{SKU: sku, Pieces: 1}})
	for _, state := range []store.State{store.Paid, store.Shipped} {
		if err != nil {
			return err
		}
		o, err = s.Advance(ctx, customer, o.ID, state)
	}
	return err
}

// expected are the errors that the faults cause.
func expected(err error) bool {
	return errors.Is(err, coodie.ErrOutcomeUnknown) || errors.Is(err, coodie.ErrContended) ||
		coodie.KindOf(err) == coodie.KindTimeout || coodie.KindOf(err) == coodie.KindUnavailable
}
