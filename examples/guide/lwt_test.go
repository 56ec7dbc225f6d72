package guide_test

import (
	"context"
	"fmt"
	"time"

	"github.com/coodie-go/coodie"
)

type DeployLock struct {
	Service  string    `cql:"service,partition"`
	LockedBy string    `cql:"locked_by"`
	LockedAt time.Time `cql:"locked_at"`
}

func (DeployLock) TableName() string { return "deploy_locks" }

type AppConfig struct {
	Key     string `cql:"key,partition"`
	Value   string `cql:"value"`
	Version int    `cql:"version"`
}

var (
	service  = coodie.Col(func(l *DeployLock) *string { return &l.Service })
	lockedBy = coodie.Col(func(l *DeployLock) *string { return &l.LockedBy })
	key      = coodie.Col(func(c *AppConfig) *string { return &c.Key })
	value    = coodie.Col(func(c *AppConfig) *string { return &c.Value })
	version  = coodie.Col(func(c *AppConfig) *int { return &c.Version })
)

// A lock: whoever inserts the row holds it.
func Example_lwtInsert() {
	db, _, stop := connect()
	defer stop()
	locks := open[DeployLock](db)

	for _, who := range []string{"alice", "bob"} {
		res, err := locks.New(DeployLock{Service: "coodie-api", LockedBy: who, LockedAt: time.Now()}).Insert(ctx)
		check(err)
		if res.Applied {
			fmt.Println("Lock acquired by", who)
		} else {
			fmt.Println("Lock held by", res.Existing.Value.LockedBy)
		}
	}
	// the same from the QuerySet
	res, err := locks.Find().IfNotExists().Create(ctx, DeployLock{Service: "coodie-api", LockedBy: "carol"})
	answer("carol's claim", res, err)
	// Output:
	// Lock acquired by alice
	// Lock held by alice
	// carol's claim refused
}

func Example_lwtIfExists() {
	db, _, stop := connect()
	defer stop()
	locks := open[DeployLock](db)
	lock := locks.New(DeployLock{Service: "coodie-api", LockedBy: "alice"})
	_, err := lock.Insert(ctx)
	check(err)

	res, err := lock.IfExists().Update(ctx, lockedBy.Set("bob"))
	answer("update", res, err)
	res, err = lock.IfExists().Delete(ctx)
	answer("release", res, err)
	res, err = locks.Find(service.Eq("coodie-api")).IfExists().Delete(ctx)
	answer("release again", res, err)
	// Output:
	// update applied
	// release applied
	// release again refused
}

// Optimistic locking: the row changes only if it is still the one that was read.
func Example_lwtConditions() {
	db, _, stop := connect()
	defer stop()
	configs := open[AppConfig](db)
	config := configs.New(AppConfig{Key: "feature_flag", Value: "off", Version: 42})
	_, err := config.Insert(ctx)
	check(err)

	for range 2 {
		res, err := configs.Find(key.Eq("feature_flag")).If(version.Eq(42)).Update(ctx, value.Set("enabled"), version.Set(43))
		check(err)
		if res.Applied {
			fmt.Println("Config updated! Version bumped to 43.")
		} else {
			current, _ := version.From(res.Existing)
			fmt.Println("Conflict! Current version is", current)
		}
	}
	// Output:
	// Config updated! Version bumped to 43.
	// Conflict! Current version is 43
}

// Read, change, write, without losing what others write meanwhile.
func Example_lwtMutate() {
	db, _, stop := connect()
	defer stop()
	configs := open[AppConfig](db)
	_, err := configs.New(AppConfig{Key: "hits", Version: 1}).Insert(ctx)
	check(err)

	res, err := configs.Find(key.Eq("hits")).Mutate(ctx, func(_ context.Context, c *AppConfig) error {
		c.Version++
		return nil
	})
	fmt.Println(res.Value.Version, err)
	// Output: 2 <nil>
}
