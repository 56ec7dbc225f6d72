package mixedwrites

import (
	"context"

	"github.com/coodie-go/coodie"
	"github.com/gocql/gocql"
)

type (
	Lock  struct{ Name, Owner string }
	Plain struct{ Name string }
	Only  struct{ Name string }
)

func mixed(ctx context.Context, locks *coodie.Table[Lock], plains *coodie.Table[Plain], only *coodie.Table[Only], b *coodie.Batch, db *coodie.DB) {
	own, conditional := db.Batch(), db.Batch()
	locks.New(Lock{}).Insert(ctx)
	locks.New(Lock{}).Save(ctx) // want `a plain write to the table mixedwrites.Lock, which a.go:18 writes conditionally: .*, as do 3 more`
	locks.Find().Delete(ctx)
	locks.SaveAll(ctx, nil)
	locks.New(Lock{}).SaveIn(b)
	locks.New(Lock{}).With(coodie.WithTTL(1)).Save(ctx)
	plains.New(Plain{}).Save(ctx)
	only.New(Only{}).SaveIn(conditional) // part of a conditional write
	only.New(Only{}).InsertIn(conditional)
	only.Find().Mutate(ctx, nil)
}

func generic[T any](ctx context.Context, t *coodie.Table[T]) {
	t.Find().Delete(ctx)
	t.Find().Mutate(ctx, nil)
}

const table = "ks.jobs"

func drivers(s *gocql.Session, m map[string]interface{}) {
	s.Query(`INSERT INTO ks.jobs (id, owner) VALUES (?, ?) IF NOT EXISTS`, 1, 2).MapScanCAS(m)
	s.Query("DELETE FROM "+table+" WHERE id = ?", 1).Exec() // want `a plain write to the table jobs, which a.go:38 writes conditionally: by a clock that is ahead it undoes later conditional writes$`
	b := s.NewBatch(gocql.LoggedBatch)
	b.Query(`UPDATE jobs SET owner = 1 WHERE id = 1 IF owner = 2`)
	b.Query(`UPDATE jobs SET state = 1 WHERE id = 1`)
	s.Query(`INSERT INTO other (id) VALUES (?)`, 1).Exec()
	s.Query(`CREATE TABLE IF NOT EXISTS other (id int PRIMARY KEY)`).Exec()
}
