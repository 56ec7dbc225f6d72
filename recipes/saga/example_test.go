package saga_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/recipes/saga"
)

// Stock is what there is of an item, with the orders that it is reserved for.
type Stock struct {
	Item     string         `cql:"item,partition"`
	Free     int            `cql:"free"`
	Reserved map[string]int `cql:"reserved"` // by idempotency key
	Version  int64          `cql:"version,version"`
	Attempt  coodie.UUID    `cql:"attempt,attempt"`
}

// Order is the data of the saga.
type Order struct {
	Item    string
	Count   int
	Card    string
	Receipt string
}

var item = coodie.Col(func(s *Stock) *string { return &s.Item })

// bank takes and gives back money, once for each key.
type bank map[string]string

func (b bank) charge(key, card string) (receipt string, err error) {
	if card == "expired" {
		return "", saga.Permanent(errors.New("card declined")) // asking again is of no use
	}
	b[key] = "receipt for " + card
	return b[key], nil
}

func (b bank) refund(key string) error {
	if b[key] == "" {
		fmt.Println("nothing to refund")
		return nil // it was never charged: that is fine
	}
	delete(b, key)
	fmt.Println("refunded")
	return nil
}

// orderSaga reserves stock, charges the card and ships. Each step may run again, so each looks at its key.
func orderSaga(db *coodie.DB, stocks *coodie.Table[Stock], bank bank) (*saga.Saga[Order], error) {
	return saga.Open(db, "order", []saga.Step[Order]{{
		Name: "reserve",
		Do: func(ctx context.Context, c *saga.Call[Order]) error {
			_, err := stocks.Find(item.Eq(c.Data.Item)).Mutate(ctx, func(_ context.Context, s *Stock) error {
				if s.Reserved[c.Key] > 0 {
					return nil // by an attempt before
				}
				if s.Free < c.Data.Count {
					return saga.Permanent(errors.New("out of stock"))
				}
				if s.Reserved == nil {
					s.Reserved = map[string]int{}
				}
				s.Free, s.Reserved[c.Key] = s.Free-c.Data.Count, c.Data.Count
				return nil
			})
			return err
		},
		Undo: func(ctx context.Context, c *saga.Call[Order]) error {
			_, err := stocks.Find(item.Eq(c.Data.Item)).Mutate(ctx, func(_ context.Context, s *Stock) error {
				s.Free += s.Reserved[c.Key] // 0 if it was not reserved, or is released already
				delete(s.Reserved, c.Key)
				return nil
			})
			return err
		},
	}, {
		Name: "charge",
		Do: func(_ context.Context, c *saga.Call[Order]) (err error) {
			c.Data.Receipt, err = bank.charge(c.Key, c.Data.Card)
			return err
		},
		Undo: func(_ context.Context, c *saga.Call[Order]) error { return bank.refund(c.Key) },
	}, {
		Name: "ship",
		Do: func(_ context.Context, c *saga.Call[Order]) error {
			fmt.Println("shipping", c.Data.Item, "with", c.Data.Receipt)
			return nil
		},
	}})
}

// shop is on a server of its own, in memory, with five lamps.
func shop(ctx context.Context) (db *coodie.DB, stocks *coodie.Table[Stock], stop func()) {
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"))
	if err != nil {
		log.Fatal(err)
	}
	session, err := srv.Cluster().CreateSession()
	if err != nil {
		log.Fatal(err)
	}
	db = coodie.New(session)
	if stocks, err = coodie.Open[Stock](db, coodie.WithLWTOnly()); err != nil {
		log.Fatal(err)
	}
	if err := coodie.Schema(db, stocks).Create(ctx); err != nil {
		log.Fatal(err)
	}
	if _, err := stocks.New(Stock{Item: "lamp", Free: 5}).Insert(ctx); err != nil {
		log.Fatal(err)
	}
	return db, stocks, func() { session.Close(); srv.Close() }
}

// An order whose card is good, and one whose card is declined: its stock is released.
func Example() {
	ctx := context.Background()
	db, stocks, stop := shop(ctx)
	defer stop()
	orders, err := orderSaga(db, stocks, bank{})
	if err != nil {
		log.Fatal(err)
	}
	if err := orders.Create(ctx); err != nil {
		log.Fatal(err)
	}

	for id, card := range []string{"visa", "expired"} {
		order, err := orders.Run(ctx, fmt.Sprint("order-", id), Order{Item: "lamp", Count: 2, Card: card})
		var failed *saga.FailedError
		switch {
		case err == nil:
			fmt.Println("done:", order.Receipt)
		case errors.As(err, &failed):
			fmt.Println("undone:", failed.Step, "failed:", failed.Failure)
		default:
			fmt.Println("later:", err) // Recover will bring it to its end
		}
	}
	lamps, err := stocks.Find(item.Eq("lamp")).Get(ctx)
	fmt.Println(lamps.Free, "lamps are free", err)
	// Output:
	// shipping lamp with receipt for visa
	// done: receipt for visa
	// nothing to refund
	// undone: charge failed: card declined
	// 3 lamps are free <nil>
}

// A process has died between the charge and its record. Another one recovers the saga as soon as the claim has ended; the key keeps
// the card from being charged twice.
func ExampleSaga_Recover() {
	ctx := context.Background()
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"))
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	session, err := srv.Cluster().CreateSession()
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()
	charged := map[string]bool{}
	dead := false
	orders, err := saga.Open(coodie.New(session), "order", []saga.Step[Order]{{
		Name: "charge",
		Do: func(_ context.Context, c *saga.Call[Order]) error {
			fmt.Println("charge", c.Key, "before:", charged[c.Key])
			charged[c.Key] = true
			if !dead {
				dead = true
				panic("power cut")
			}
			return nil
		},
	}})
	if err != nil {
		log.Fatal(err)
	}
	if err := orders.Create(ctx); err != nil {
		log.Fatal(err)
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = orders.Run(ctx, "order-7", Order{Item: "lamp"})
	}()
	_, err = orders.Resume(ctx, "order-7")
	fmt.Println(err)

	srv.FastForward(orders.Lease + orders.MaxClockSkew + 2*time.Second)
	fmt.Println(orders.Recover(ctx))
	status, err := orders.Status(ctx, "order-7")
	fmt.Println(status.State, err)
	// Output:
	// charge order/order-7/charge before: false
	// saga: not finished: step charge: held by another worker
	// charge order/order-7/charge before: true
	// <nil>
	// completed <nil>
}
