package lwtresult

import (
	"context"
	"testing"

	"github.com/coodie-go/coodie"
)

func test(t *testing.T, locks *coodie.Table[Lock]) {
	if _, err := locks.New(Lock{}).Insert(context.Background()); err != nil { // a row that the test begins with
		t.Fatal(err)
	}
}
