// Uniquename signs up two users who want one address.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/recipes/claim"
)

type User struct {
	ID    string `cql:"id,partition"`
	Email string `cql:"email"`
}

func main() {
	ctx := context.Background()
	server, err := cqltest.Run(cqltest.WithKeyspace("app")) // a cluster in production
	check(err)
	defer server.Close()
	db, err := coodie.Connect(ctx, server.Cluster())
	check(err)
	defer db.Close()
	users, err := coodie.Open[User](db)
	check(err)
	emails, err := claim.Open(db, coodie.WithTable("emails"))
	check(err)
	check(errors.Join(emails.Create(ctx), coodie.Schema(db, users).Create(ctx)))

	signUp := func(id, email string) {
		err := emails.Do(ctx, email, id, users.New(User{ID: id, Email: email}).Save)
		switch {
		case errors.Is(err, claim.ErrTaken):
			fmt.Println(id, "must choose another address")
		case err != nil:
			fmt.Println(id, "try again:", err)
		default:
			fmt.Println(id, "is", email)
		}
	}
	signUp("u1", "ann@example.org")
	signUp("u2", "ann@example.org")
	signUp("u1", "ann@example.org") // repeated after a crash: nothing changes
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
