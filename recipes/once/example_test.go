package once_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/recipes/once"
)

// exampleKeys are on a server of their own, in memory.
func exampleKeys(ctx context.Context) (keys *once.Keys, stop func()) {
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"))
	if err != nil {
		log.Fatal(err)
	}
	session, err := srv.Cluster().CreateSession()
	if err != nil {
		log.Fatal(err)
	}
	if keys, err = once.Open(coodie.New(session)); err != nil {
		log.Fatal(err)
	}
	if err := keys.Create(ctx); err != nil {
		log.Fatal(err)
	}
	return keys, func() { session.Close(); srv.Close() }
}

// A client that got no answer asks again: the card is charged once.
func Example() {
	ctx := context.Background()
	keys, stop := exampleKeys(ctx)
	defer stop()
	for range 2 {
		receipt, err := keys.Do(ctx, "charge/request-7", func(context.Context) ([]byte, error) {
			fmt.Println("charging the card")
			return []byte("receipt 1"), nil
		})
		fmt.Println(string(receipt), err)
	}
	// Output:
	// charging the card
	// receipt 1 <nil>
	// receipt 1 <nil>
}

// A process has died in the middle of the work. Whoever can find out what came of it says so.
func ExampleKeys_Finish() {
	ctx := context.Background()
	keys, stop := exampleKeys(ctx)
	defer stop()
	func() {
		defer func() { _ = recover() }()
		_, _ = keys.Do(ctx, "charge/request-8", func(context.Context) ([]byte, error) { panic("power cut") })
	}()

	charge := func(context.Context) ([]byte, error) { return nil, errors.New("not called") }
	_, err := keys.Do(ctx, "charge/request-8", charge)
	var started *once.StartedError
	if errors.As(err, &started) {
		fmt.Println(err)
		// The bank says that it was charged. Had it not been: keys.Forget.
		err = keys.Finish(ctx, started.Key, started.Run, []byte("receipt 2"), nil)
		fmt.Println(err)
	}
	receipt, err := keys.Do(ctx, "charge/request-8", charge)
	fmt.Println(string(receipt), err)
	// Output:
	// once: started and not finished
	// <nil>
	// receipt 2 <nil>
}
