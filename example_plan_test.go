package coodie_test

import (
	"context"
	"fmt"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

func ExamplePlan() {
	srv, _ := cqltest.Run(cqltest.WithKeyspace("app"))
	defer srv.Close()
	session, _ := srv.Cluster().CreateSession()
	defer session.Close()
	locks, _ := coodie.Open[DeployLock](coodie.New(session))

	plan, err := coodie.Plan(context.Background(), func(ctx context.Context) error {
		_, err := locks.Find(service.Eq("api")).IfExists().Delete(ctx)
		return err
	})
	fmt.Println(plan[0], err)
	fmt.Println(plan[0].Types, plan[0].Values())
	// Output:
	// DELETE FROM deploy_locks WHERE service=? IF EXISTS
	//   args: text
	//   consistency: SERIAL, committed at QUORUM
	//   idempotent: false, the condition of a second execution would meet what the first has written <nil>
	// [text] [api]
}
