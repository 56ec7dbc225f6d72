package answer

import (
	"encoding/binary"

	"github.com/coodie-go/coodie/internal/codec"
)

// Cells are those of one row, in one piece of memory: where each ends, and then their bytes.
type Cells struct {
	memory  *byte // the first of size bytes
	size, n int32
}

func (c *Cells) bytes() []byte { return codec.From(c.memory, int(c.size)) }

// isNull is set in the end of a null, which is that of the cell before.
const isNull = 1 << 31

// Pack copies cells, without the one at the index that is left out (-1: none), into room if
// that is large enough.
func Pack(room []byte, of [][]byte, without int) Cells {
	n, size := len(of), 0
	for i := range of {
		size += len(of[i])
	}
	if without >= 0 {
		n--
		size -= len(of[without])
	}
	if size += 4 * n; size > len(room) {
		room = make([]byte, size)
	}
	memory := room[:size]
	next, at := 0, 4*n
	for i, cell := range of {
		if i == without {
			continue
		}
		at += copy(memory[at:], cell)
		end := uint32(at)
		if cell == nil {
			end |= isNull
		}
		binary.LittleEndian.PutUint32(memory[next:], end)
		next += 4
	}
	return Cells{codec.First(memory), int32(size), int32(n)}
}

// At is cell i; nil is null.
func (c *Cells) At(i int) []byte {
	memory := c.bytes()
	end := binary.LittleEndian.Uint32(memory[4*i:])
	if end&isNull != 0 {
		return nil
	}
	start := uint32(4 * c.n)
	if i > 0 {
		start = binary.LittleEndian.Uint32(memory[4*i-4:]) &^ isNull
	}
	return memory[start:end:end]
}

// list are all cells.
func (c *Cells) list() [][]byte {
	list := make([][]byte, c.n)
	for i := range list {
		list[i] = c.At(i)
	}
	return list
}
