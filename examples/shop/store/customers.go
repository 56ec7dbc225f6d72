package store

import (
	"context"
	"errors"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie"
)

// Customer is a customer.
type Customer struct {
	ID    gocql.UUID `cql:"id,partition" json:"id"`
	Email string     `cql:"email" json:"email"`
	Name  string     `cql:"name" json:"name"`
}

func (Customer) TableName() string { return "customers" }

// email makes an address unique: its first owner inserts it.
type email struct {
	Address  string     `cql:"address,partition"`
	Customer gocql.UUID `cql:"customer"`
	Attempt  gocql.UUID `cql:"attempt,attempt"`
}

func (email) TableName() string { return "emails" }

type session struct {
	Token    gocql.UUID `cql:"token,partition"`
	Customer gocql.UUID `cql:"customer"`
}

func (session) TableName() string { return "sessions" }

const sessionTTL = 24 * time.Hour

var (
	address    = coodie.Col(func(e *email) *string { return &e.Address })
	customerID = coodie.Col(func(c *Customer) *gocql.UUID { return &c.ID })
	token      = coodie.Col(func(s *session) *gocql.UUID { return &s.Token })
)

// SignUp makes a customer, of whom there is one to an address; ErrTaken if there is
// one already. The customer is written before the claim, so that an address always leads to
// one; a customer whose claim was refused is found by nobody.
func (s *Store) SignUp(ctx context.Context, mail, name string) (Customer, error) {
	customer := Customer{ID: gocql.MustRandomUUID(), Email: mail, Name: name}
	if err := s.customers.New(customer).Save(ctx); err != nil {
		return Customer{}, err
	}
	res, err := s.emails.Find().IfNotExists().Create(ctx, email{Address: mail, Customer: customer.ID})
	if err != nil {
		return Customer{}, err
	}
	if !res.Applied {
		return Customer{}, errors.Join(ErrTaken, s.customers.New(customer).Delete(ctx))
	}
	return customer, nil
}

// SignIn begins a session, which ends by itself after a day. A real shop would ask for a
// password.
func (s *Store) SignIn(ctx context.Context, mail string) (gocql.UUID, error) {
	owner, err := s.emails.Find(address.Eq(mail)).Get(ctx)
	if err != nil {
		return gocql.UUID{}, err
	}
	new := session{Token: gocql.MustRandomUUID(), Customer: owner.Customer}
	return new.Token, s.sessions.New(new).TTL(sessionTTL).Save(ctx)
}

// SignedIn returns whose session it is; ErrNoSession if it has ended.
func (s *Store) SignedIn(ctx context.Context, t gocql.UUID) (Customer, error) {
	current, err := s.sessions.Find(token.Eq(t)).Get(ctx)
	if errors.Is(err, coodie.ErrNotFound) {
		return Customer{}, ErrNoSession
	}
	if err != nil {
		return Customer{}, err
	}
	return s.customers.Find(customerID.Eq(current.Customer)).Get(ctx)
}
