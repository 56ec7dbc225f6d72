package directive

import (
	"context"

	"github.com/coodie-go/coodie"
)

type Lock struct{ Name string }

func silent(ctx context.Context, t *coodie.Table[Lock]) {
	//coodievet:ignore lwtresult the lock ends by itself
	t.New(Lock{}).Insert(ctx)
	t.New(Lock{}).Insert(ctx) //coodievet:ignore lwtresult,lwtunknown nobody asks

	//coodievet:ignore lwtresult // want `this silences nothing: write //coodievet:ignore NAME the reason`
	t.New(Lock{}).Insert(ctx)

	// coodievet:ignore lwtresult a directive has no space // want `this silences nothing`
	t.New(Lock{}).Insert(ctx)

	//coodievet:ignore lwtresults a name that is none // want `this silences nothing`
	t.New(Lock{}).Insert(ctx)
}
