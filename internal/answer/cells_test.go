package answer

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What was packed comes out again: null is not empty, and no cell has room for the next.
func TestCells(t *testing.T) {
	for _, of := range [][][]byte{
		{}, {nil}, {{}}, {[]byte("a")}, {nil, nil}, {nil, {}, []byte("abc"), nil, {0}, nil},
		{make([]byte, 300), nil, []byte("x")},
	} {
		for without := -1; without < len(of); without++ {
			want := make([][]byte, 0, len(of))
			for i := range of {
				if i != without {
					want = append(want, of[i])
				}
			}
			for _, room := range [][]byte{nil, make([]byte, 20), make([]byte, 400)} {
				c := Pack(room, of, without)
				require.Equal(t, want, c.list())
				for i := range want {
					cell := c.At(i)
					require.Equal(t, len(cell), cap(cell))
					if len(cell) > 0 {
						require.NotSame(t, &want[i][0], &cell[0])
					}
				}
			}
		}
	}
}
