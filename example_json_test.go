package coodie_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/coodie-go/coodie"
)

// Rows that come as JSON, and what the server has when they clash.
func ExampleInsertWrite_CreateJSON() {
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	configs := openConfigs(ctx, session)

	row := json.RawMessage(`{"key": "flag", "value": "on", "version": 1}`)
	res, err := configs.Find().IfNotExists().CreateJSON(ctx, row)
	fmt.Println(res.Applied, err)

	res, err = configs.Find().IfNotExists().CreateJSON(ctx, json.RawMessage(`{"key": "flag", "value": "off"}`))
	fmt.Println(res.Applied, res.Existing.Value.Value, err)

	_, err = configs.Find().IfNotExists().CreateJSON(ctx, json.RawMessage(`{"value": "off"}`))
	fmt.Println(err)
	// Output:
	// true <nil>
	// false on <nil>
	// coodie: insert app_config: column key: a partition key column cannot be null, nor left out
}

// A row that is saved as JSON replaces what is there, as one that is saved from a struct; with
// WithOmitNil it leaves alone what it does not name.
func ExampleQuerySet_SaveJSON() {
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	configs := openConfigs(ctx, session)
	show := func() {
		raw, err := configs.Find(key.Eq("flag")).JSON().One(ctx)
		fmt.Println(string(raw), err)
	}

	fmt.Println(configs.Find().SaveJSON(ctx, json.RawMessage(`{"key": "flag", "value": "on", "version": 1}`)))
	fmt.Println(configs.Find().With(coodie.WithOmitNil()).SaveJSON(ctx, json.RawMessage(`{"key": "flag", "version": 2}`)))
	show()
	fmt.Println(configs.Find().SaveJSON(ctx, json.RawMessage(`{"key": "flag", "version": 3}`)))
	show()
	// Output:
	// <nil>
	// <nil>
	// {"key": "flag", "value": "on", "version": 2} <nil>
	// <nil>
	// {"key": "flag", "value": null, "version": 3} <nil>
}
