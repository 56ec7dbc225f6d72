package claim_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/recipes/claim"
)

type Member struct {
	ID     string `cql:"id,partition"`
	Email  string `cql:"email"`
	Closed bool   `cql:"closed"`
}

// exampleTables are on a server of their own, in memory.
func exampleTables(ctx context.Context) (emails *claim.Claims, members *coodie.Table[Member], stop func()) {
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"))
	if err != nil {
		log.Fatal(err)
	}
	session, err := srv.Cluster().CreateSession()
	if err != nil {
		log.Fatal(err)
	}
	db := coodie.New(session)
	if emails, err = claim.Open(db, coodie.WithTable("emails")); err != nil {
		log.Fatal(err)
	}
	if members, err = coodie.Open[Member](db, coodie.WithLWTOnly()); err != nil {
		log.Fatal(err)
	}
	if err := errors.Join(emails.Create(ctx), coodie.Schema(db, members).Create(ctx)); err != nil {
		log.Fatal(err)
	}
	return emails, members, func() { session.Close(); srv.Close() }
}

// Two people want one address.
func Example() {
	ctx := context.Background()
	emails, members, stop := exampleTables(ctx)
	defer stop()

	signUp := func(id, address string) error {
		return emails.Do(ctx, address, id, func(ctx context.Context) error {
			res, err := members.New(Member{ID: id, Email: address}).Insert(ctx)
			if err == nil && !res.Applied && res.Existing.Value.Email == address {
				return nil // by an earlier call
			}
			return cmp.Or(err, res.Err())
		})
	}
	fmt.Println(signUp("m1", "ann@example.org"))
	fmt.Println(signUp("m1", "ann@example.org"))
	fmt.Println(signUp("m2", "ann@example.org"))
	fmt.Println(emails.Owner(ctx, "ann@example.org"))
	// Output:
	// <nil>
	// <nil>
	// claim: taken by another
	// m1 true <nil>
}

// An owner has reserved an address and is not heard of again. Whoever wants it makes
// sure that the owner's entity will never be written, and then it is free.
func ExampleClaims_Resolve() {
	ctx := context.Background()
	emails, members, stop := exampleTables(ctx)
	defer stop()
	if _, err := emails.Reserve(ctx, "ann@example.org", "m1"); err != nil {
		log.Fatal(err)
	}

	_, err := emails.Reserve(ctx, "ann@example.org", "m2")
	var taken *claim.TakenError
	fmt.Println(errors.As(err, &taken), taken.Owner, taken.Confirmed)

	if time.Since(taken.Since) < time.Hour { // it would be polite to wait
		err = emails.Resolve(ctx, taken.Value, func(ctx context.Context, value, owner string) (bool, error) {
			res, err := members.New(Member{ID: owner, Closed: true}).Insert(ctx) // bars the owner's
			if err != nil || res.Applied {
				return false, err
			}
			return res.Existing.Value.Email == value, nil
		})
		fmt.Println(err)
	}
	_, err = emails.Reserve(ctx, "ann@example.org", "m2")
	fmt.Println(err)
	// Output:
	// true m1 false
	// <nil>
	// <nil>
}

// A change of address. Both addresses are the member's until it is done.
func ExampleClaims_Move() {
	ctx := context.Background()
	emails, members, stop := exampleTables(ctx)
	defer stop()
	email := coodie.Col(func(m *Member) *string { return &m.Email })
	m1 := members.New(Member{ID: "m1", Email: "ann@example.org"})
	err := emails.Do(ctx, m1.Value.Email, m1.Value.ID, func(ctx context.Context) error {
		res, err := m1.Insert(ctx)
		return cmp.Or(err, res.Err())
	})
	fmt.Println(err)

	err = emails.Move(ctx, "ann@example.org", "ann@example.com", "m1", func(ctx context.Context) error {
		res, err := m1.If(email.Eq("ann@example.org")).Update(ctx, email.Set("ann@example.com"))
		return cmp.Or(err, res.Err())
	})
	fmt.Println(err)
	_, _, err = emails.Owner(ctx, "ann@example.org")
	fmt.Println(errors.Is(err, coodie.ErrNotFound))
	// Output:
	// <nil>
	// <nil>
	// true
}
