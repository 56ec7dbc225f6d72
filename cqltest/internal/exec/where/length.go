package where

import (
	"math"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

// CheckClustering refuses rows whose clustering columns are too long together.
// Conditional writes do not look.
func CheckClustering(rows [][][]byte) error {
	for _, row := range rows {
		if n := Length(row); n > math.MaxUint16 {
			return keyTooLong(n)
		}
	}
	return nil
}

func keyTooLong(n int) error {
	return protocol.Invalid("Key length of %d is longer than maximum of %d", n, math.MaxUint16)
}

// Length is that of all parts together.
func Length(parts [][]byte) (n int) {
	for _, b := range parts {
		n += len(b)
	}
	return n
}
