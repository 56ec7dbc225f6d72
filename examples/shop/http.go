package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/examples/shop/store"
)

// api is the shop's HTTP interface: JSON in and out.
func api(s *store.Store) http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, h func(r *http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			answer, err := h(r)
			status := http.StatusOK
			if err != nil {
				status = statusOf(err)
				answer = map[string]string{"error": reason(err, status)}
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(answer) // to a client that has gone
		})
	}

	signedIn := func(pattern string, h func(r *http.Request, customer store.Customer) (any, error)) {
		handle(pattern, func(r *http.Request) (any, error) {
			token, err := coodie.ParseUUID(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
			if err != nil {
				return nil, store.ErrNoSession
			}
			customer, err := s.SignedIn(r.Context(), token)
			if err != nil {
				return nil, err
			}
			return h(r, customer)
		})
	}

	handle("POST /products", func(r *http.Request) (any, error) {
		var in struct {
			store.Product
			Pieces int `json:"pieces"`
		}
		if err := read(r, &in); err != nil {
			return nil, err
		}
		return in, s.AddProduct(r.Context(), in.Product, in.Pieces)
	})
	handle("GET /catalogue/{category}", func(r *http.Request) (any, error) {
		size, _ := strconv.Atoi(r.FormValue("size"))
		products, next, err := s.Catalogue(r.Context(), r.PathValue("category"), size, r.FormValue("page"))
		return map[string]any{"products": products, "next": next}, err
	})
	handle("POST /customers", func(r *http.Request) (any, error) {
		var in store.Customer
		if err := read(r, &in); err != nil {
			return nil, err
		}
		return s.SignUp(r.Context(), in.Email, in.Name)
	})
	handle("POST /sessions", func(r *http.Request) (any, error) {
		var in struct{ Email string }
		if err := read(r, &in); err != nil {
			return nil, err
		}
		token, err := s.SignIn(r.Context(), in.Email)
		return map[string]coodie.UUID{"token": token}, err
	})
	signedIn("GET /orders", func(r *http.Request, customer store.Customer) (any, error) {
		return s.Orders(r.Context(), customer.ID)
	})
	signedIn("POST /orders", func(r *http.Request, customer store.Customer) (any, error) {
		var in struct{ Lines []store.Line }
		if err := read(r, &in); err != nil {
			return nil, err
		}
		return s.Place(r.Context(), customer.ID, in.Lines)
	})
	signedIn("POST /orders/{id}/{state}", func(r *http.Request, customer store.Customer) (any, error) {
		id, err := coodie.ParseUUID(r.PathValue("id"))
		if err != nil {
			return nil, errors.Join(errBadRequest, err)
		}
		return s.Advance(r.Context(), customer.ID, id, store.State(r.PathValue("state")))
	})
	return mux
}

var errBadRequest = errors.New("the request cannot be read")

func read(r *http.Request, into any) error {
	if err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 1<<20)).Decode(into); err != nil {
		return errors.Join(errBadRequest, err)
	}
	return nil
}

func statusOf(err error) int {
	switch {
	case errors.Is(err, errBadRequest), coodie.KindOf(err) == coodie.KindPageToken, coodie.KindOf(err) == coodie.KindUsage:
		return http.StatusBadRequest
	case errors.Is(err, store.ErrNoSession):
		return http.StatusUnauthorized
	case errors.Is(err, coodie.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, store.ErrTaken), errors.Is(err, store.ErrOutOfStock), errors.Is(err, store.ErrNotAllowed):
		return http.StatusConflict
	case errors.Is(err, coodie.ErrOutcomeUnknown):
		return http.StatusGatewayTimeout // it may have happened: look, and ask again
	}
	return http.StatusServiceUnavailable
}

// reason is what a client may know of an error.
func reason(err error, status int) string {
	switch status {
	case http.StatusServiceUnavailable:
		return "the shop is closed for a moment"
	case http.StatusGatewayTimeout:
		return "it is not known whether that was done; look, and ask again"
	}
	return err.Error()
}
