package store

import (
	"context"
	"errors"
	"time"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/recipes/claim"
)

// Customer is a customer.
type Customer struct {
	ID    coodie.UUID `cql:"id,partition" json:"id"`
	Email string      `cql:"email" json:"email"`
	Name  string      `cql:"name" json:"name"`
}

func (Customer) TableName() string { return "customers" }

type session struct {
	Token    coodie.UUID `cql:"token,partition"`
	Customer coodie.UUID `cql:"customer"`
}

func (session) TableName() string { return "sessions" }

const sessionTTL = 24 * time.Hour

var (
	customerID = coodie.Col(func(c *Customer) *coodie.UUID { return &c.ID })
	token      = coodie.Col(func(s *session) *coodie.UUID { return &s.Token })
)

// SignUp makes a customer, of whom there is one to an address; ErrTaken if there is
// one already.
func (s *Store) SignUp(ctx context.Context, mail, name string) (Customer, error) {
	customer := Customer{ID: coodie.NewUUID(), Email: mail, Name: name}
	err := s.emails.Do(ctx, mail, customer.ID.String(), s.customers.New(customer).Save)
	if errors.Is(err, claim.ErrTaken) {
		err = ErrTaken // by whom is nobody's business
	}
	return customer, err
}

// SignIn begins a session, which ends by itself after a day. A real shop would ask for a
// password.
func (s *Store) SignIn(ctx context.Context, mail string) (coodie.UUID, error) {
	owner, confirmed, err := s.emails.Owner(ctx, mail)
	if err == nil && !confirmed {
		err = coodie.ErrNotFound // somebody is just signing up
	}
	if err != nil {
		return coodie.UUID{}, err
	}
	customer, err := coodie.ParseUUID(owner)
	if err != nil {
		return coodie.UUID{}, err
	}
	new := session{Token: coodie.NewUUID(), Customer: customer}
	return new.Token, s.sessions.New(new).With(coodie.WithTTL(sessionTTL)).Save(ctx)
}

// SignedIn returns whose session it is; ErrNoSession if it has ended.
func (s *Store) SignedIn(ctx context.Context, t coodie.UUID) (Customer, error) {
	current, err := s.sessions.Find(token.Eq(t)).Get(ctx)
	if errors.Is(err, coodie.ErrNotFound) {
		return Customer{}, ErrNoSession
	}
	if err != nil {
		return Customer{}, err
	}
	return s.customers.Find(customerID.Eq(current.Customer)).Get(ctx)
}
