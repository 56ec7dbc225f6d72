package read

import (
	"encoding/binary"
	"math"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/store"
)

// pageState says where a page ended. Clients keep it and must not look inside.
type pageState struct {
	key         store.Key
	clustering  [][]byte
	inPartition int
	remaining   int
	done        bool // the partition has been read
}

func (s *pageState) encode() []byte {
	b := []byte{1}
	b = binary.BigEndian.AppendUint64(b, uint64(s.key.Token))
	b = binary.AppendUvarint(b, uint64(len(s.key.Bytes)))
	b = append(b, s.key.Bytes...)
	b = binary.AppendUvarint(b, uint64(s.inPartition))
	b = binary.AppendUvarint(b, uint64(s.remaining))
	if s.done || s.clustering == nil {
		return append(b, 0)
	}
	b = append(b, 1)
	b = binary.AppendUvarint(b, uint64(len(s.clustering)))
	for _, c := range s.clustering {
		b = binary.AppendUvarint(b, uint64(len(c)))
		b = append(b, c...)
	}
	return b
}

// DecodePageState reads what a page's end was told to the client.
func DecodePageState(b []byte) (*pageState, error) {
	bad := &protocol.Error{Code: protocol.CodeProtocol, Message: "Invalid value for the paging state"}
	if len(b) < 10 || b[0] != 1 {
		return nil, bad
	}
	s := &pageState{}
	s.key.Token = int64(binary.BigEndian.Uint64(b[1:]))
	b = b[9:]
	number := func() (int, bool) {
		n, used := binary.Uvarint(b)
		if used <= 0 || n > math.MaxInt32 {
			return 0, false
		}
		b = b[used:]
		return int(n), true
	}
	take := func() ([]byte, bool) {
		n, ok := number()
		if !ok || n > len(b) {
			return nil, false
		}
		out := b[:n:n]
		b = b[n:]
		return out, true
	}
	key, ok := take()
	if !ok {
		return nil, bad
	}
	s.key.Bytes = string(key)
	if s.inPartition, ok = number(); !ok {
		return nil, bad
	}
	if s.remaining, ok = number(); !ok || len(b) == 0 {
		return nil, bad
	}
	rows := b[0] == 1
	b = b[1:]
	if !rows {
		s.done = true
		return s, nil
	}
	n, ok := number()
	if !ok || n > len(b)+1 {
		return nil, bad
	}
	s.clustering = [][]byte{}
	for range n {
		c, ok := take()
		if !ok {
			return nil, bad
		}
		s.clustering = append(s.clustering, c)
	}
	return s, nil
}
