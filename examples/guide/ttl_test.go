package guide_test

import (
	"fmt"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie"
)

type Session struct {
	Token     string     `cql:"token,partition"`
	UserID    gocql.UUID `cql:"user_id"`
	CreatedAt time.Time  `cql:"created_at"`
}

func (Session) TableName() string { return "sessions" }

var (
	token  = coodie.Col(func(s *Session) *string { return &s.Token })
	userID = coodie.Col(func(s *Session) *gocql.UUID { return &s.UserID })
)

// A TTL belongs to the cells that a write writes, not to the row.
func Example_ttl() {
	db, srv, stop := connect()
	defer stop()
	sessions := open[Session](db)

	session := sessions.New(Session{Token: "abc123", UserID: gocql.MustRandomUUID(), CreatedAt: time.Now()})
	check(session.With(coodie.WithTTL(time.Hour)).Save(ctx))
	check(session.With(coodie.WithTTL(2*time.Hour)).Update(ctx, userID.Set(gocql.MustRandomUUID())))

	srv.FastForward(90 * time.Minute)
	read, err := sessions.Find(token.Eq("abc123")).Get(ctx)
	check(err)
	fmt.Println("after 90 minutes:", read.CreatedAt.IsZero(), read.UserID == session.Value.UserID)

	srv.FastForward(time.Hour)
	_, err = sessions.Find(token.Eq("abc123")).Get(ctx)
	fmt.Println(err)
	// Output:
	// after 90 minutes: true true
	// coodie: select sessions (token): not found
}
