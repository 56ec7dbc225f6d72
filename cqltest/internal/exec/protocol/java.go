package protocol

import (
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// NullPointer is the server's answer where it trips over a null.
func NullPointer(what string) *Error { return ServerError("java.lang.NullPointerException: %s", what) }

// CastError is the server's answer where it takes a value of one of its classes for another.
func CastError(from, to string) *Error { return ServerError("%s", types.CastError(from, to)) }

// OutOfBounds is the server's answer where it takes a number out of no bytes.
func OutOfBounds() *Error { return ServerError("java.lang.IndexOutOfBoundsException") }
