package mapper_test

import (
	"context"

	"github.com/coodie-go/coodie"
)

// conditionalWrite is one way to end a chain in IF.
type conditionalWrite struct {
	name     string
	document bool
	update   bool // sets mark to 2
	columns  bool // deletes mark
	send     func(context.Context, coodie.ConditionalWrite[Thing]) (coodie.LWTResult[Thing], error)
}

// conditionalWrites is every terminal call after If, from Document and from QuerySet.
var conditionalWrites = []conditionalWrite{
	{name: "document update", document: true, update: true, send: updateMark},
	{name: "query update", update: true, send: updateMark},
	{name: "document delete", document: true, send: deleteRow},
	{name: "query delete", send: deleteRow},
	{name: "document delete columns", document: true, columns: true, send: deleteMark},
	{name: "query delete columns", columns: true, send: deleteMark},
}

func updateMark(ctx context.Context, c coodie.ConditionalWrite[Thing]) (coodie.LWTResult[Thing], error) {
	return c.Update(ctx, mark.Set(2))
}

func deleteRow(ctx context.Context, c coodie.ConditionalWrite[Thing]) (coodie.LWTResult[Thing], error) {
	return c.Delete(ctx)
}

func deleteMark(ctx context.Context, c coodie.ConditionalWrite[Thing]) (coodie.LWTResult[Thing], error) {
	return c.DeleteColumns(ctx, mark)
}
