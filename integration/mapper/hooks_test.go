package mapper_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// Signup has defaults and hooks.
type Signup struct {
	ID     gocql.UUID  `cql:"id,partition,default=uuid()"`
	Seq    gocql.UUID  `cql:"seq,clustering,type=timeuuid,default=now()"`
	Email  string      `cql:"email"`
	Plan   *string     `cql:"plan,default=free"`
	Day    coodie.Date `cql:"day,default=now()"`
	Limit  *int64      `cql:"limit,default=0"`
	Domain string      `cql:"-"`
}

func (s *Signup) BeforeSave(context.Context) error {
	s.Email = strings.ToLower(s.Email)
	return nil
}

func (s *Signup) Validate() error {
	if !strings.Contains(s.Email, "@") {
		return errors.New("no address")
	}
	return nil
}

func (s *Signup) AfterLoad(context.Context) error {
	_, s.Domain, _ = strings.Cut(s.Email, "@")
	return nil
}

func TestDefaultsAndHooks(t *testing.T) {
	t.Parallel()
	s := connect(t)
	db := over(t, s)
	signups, err := coodie.Open[Signup](db)
	require.NoError(t, err)
	ctx := t.Context()
	require.NoError(t, coodie.Schema(db, signups).Create(ctx))
	require.NoError(t, coodie.Schema(db, signups).Verify(ctx))
	for name, write := range map[string]func(*coodie.Document[Signup]) error{
		"insert": func(d *coodie.Document[Signup]) error { return failure(d.Insert(ctx)) },
		"save":   func(d *coodie.Document[Signup]) error { return d.Save(ctx) },
		"batch": func(d *coodie.Document[Signup]) error {
			batch := db.Batch()
			d.InsertIn(batch)
			return batch.Exec(ctx)
		},
	} {
		t.Run(name, func(t *testing.T) {
			doc := signups.New(Signup{Email: "Ada@X.org"})
			require.NoError(t, write(doc))
			require.Equal(t, "ada@x.org", doc.Value.Email)
			require.WithinDuration(t, time.Now(), doc.Value.Seq.Time(), time.Minute)

			row := signups.Find(coodie.AnyCol(signups, "id").Eq(doc.Value.ID), coodie.AnyCol(signups, "seq").Eq(doc.Value.Seq))
			got, err := row.Get(ctx)
			require.NoError(t, err)
			require.Equal(t, Signup{
				ID: doc.Value.ID, Seq: doc.Value.Seq, Email: "ada@x.org", Plan: ptr("free"), Day: doc.Value.Day, Limit: ptr[int64](0), Domain: "x.org",
			}, got)

			res, err := row.Mutate(ctx, func(_ context.Context, s *Signup) error { s.Email = "ADA@" + s.Domain; return nil })
			require.NoError(t, err)
			require.False(t, res.Changed, "BeforeSave made it what it was")
			res, err = row.Mutate(ctx, func(_ context.Context, s *Signup) error { s.Email = "BOB@Y.org"; return nil })
			require.NoError(t, err)
			require.True(t, res.Changed)
			_, err = row.Mutate(ctx, func(_ context.Context, s *Signup) error { s.Email = "nobody"; return nil })
			var hook *coodie.Error
			require.ErrorAs(t, err, &hook)
			require.Equal(t, coodie.KindHook, hook.Kind)
			got, err = row.Get(ctx)
			require.NoError(t, err)
			require.Equal(t, "bob@y.org", got.Email)
		})
	}
}
