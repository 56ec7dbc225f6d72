package lostchain

import (
	"testing"

	"github.com/coodie-go/coodie"
)

func test(t *testing.T, locks *coodie.Table[Lock]) {
	locks.New(Lock{}) // want `nothing is sent: the chain has no last call`
}
