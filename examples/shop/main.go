// Shop is a small web shop: a catalogue that is read page by page, stock that is never sold
// twice, orders that go from state to state, e-mail addresses with one owner each, and sessions
// that end by themselves. Package store says how.
//
//	go run ./examples/shop -listen 127.0.0.1:8080
//	curl 127.0.0.1:8080/catalogue/tea?size=2
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/examples/internal/server"
	"github.com/coodie-go/coodie/examples/shop/store"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "the address to serve on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *listen); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, listen string) error {
	session, closeSession, err := server.Connect()
	if err != nil {
		return err
	}
	defer closeSession()
	pageKey := make([]byte, 32)
	if _, err := rand.Read(pageKey); err != nil { // one process: the tokens end with it
		return err
	}
	s, err := store.Open(ctx, coodie.New(session), pageKey)
	if err != nil {
		return err
	}
	if err := fill(ctx, s); err != nil {
		return err
	}

	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	fmt.Println("open at http://" + listener.Addr().String())
	web := &http.Server{Handler: api(s), ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second}
	context.AfterFunc(ctx, func() { _ = web.Close() })
	if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// fill gives the shop something to sell.
func fill(ctx context.Context, s *store.Store) error {
	for i, name := range []string{"Assam", "Ceylon", "Darjeeling", "Earl Grey", "Keemun", "Oolong", "Sencha"} {
		p := store.Product{Category: "tea", Name: name, SKU: fmt.Sprintf("T%d", i+1), Cents: int64(500 + 50*i)}
		if err := s.AddProduct(ctx, p, 100); err != nil {
			return err
		}
	}
	return nil
}
