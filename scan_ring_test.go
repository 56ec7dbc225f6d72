package coodie

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/driver/fake"
)

func TestCheckpointText(t *testing.T) {
	var c Checkpoint
	require.NoError(t, c.UnmarshalText([]byte("1|-5:7,9:12|ks.t")))
	require.Equal(t, "1|-5:7,9:12|ks.t", c.String())
	require.NoError(t, c.UnmarshalText(nil))
	require.Equal(t, Checkpoint{}, c)
	require.ErrorContains(t, c.UnmarshalText([]byte("1|1:2")), "no checkpoint")
}

// TestRing: the tokens of all nodes are read, and what is no ring of Murmur3Partitioner is refused.
func TestRing(t *testing.T) {
	set := driver.Column{Name: "tokens", Type: &codec.Type{Kind: codec.Set, Elem: codec.Native(codec.Text)}}
	tokens := func(texts ...string) (cell []byte) {
		cell = []byte{0, 0, 0, byte(len(texts))}
		for _, text := range texts {
			cell = append(append(cell, 0, 0, 0, byte(len(text))), text...)
		}
		return cell
	}
	partitioner, local := "org.apache.cassandra.dht.Murmur3Partitioner", tokens("-5", "7")
	sender := &fake.Sender{Answer: func(r *driver.Request) fake.Answer {
		if r.Statement == "SELECT tokens FROM system.peers" {
			return fake.Answer{Columns: []driver.Column{set}, Rows: [][][]byte{{tokens("12")}, {nil}}}
		}
		return fake.Answer{Columns: []driver.Column{set, fake.Column("partitioner", codec.Text)}, Rows: [][][]byte{{local, []byte(partitioner)}}}
	}}
	configs, err := Open[AppConfig](newDB(sender, nil))
	require.NoError(t, err)
	ring, err := (*table)(configs).ring(t.Context())
	require.NoError(t, err)
	require.Equal(t, []int64{-5, 7, 12}, ring)

	local = tokens("abc")
	_, err = (*table)(configs).ring(t.Context())
	require.ErrorContains(t, err, `a token "abc"`)
	partitioner = "org.apache.cassandra.dht.RandomPartitioner"
	_, err = (*table)(configs).ring(t.Context())
	var usage *Error
	require.ErrorAs(t, err, &usage)
	require.Equal(t, KindUsage, usage.Kind)
	require.ErrorContains(t, err, "RandomPartitioner")
}
