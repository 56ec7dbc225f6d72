package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/bench/internal/canned"
	"github.com/coodie-go/coodie/cqltest"
)

var record = flag.String("record", "", "record the answers of the real Cassandra at this address anew")

// recorded holds the frames with which Cassandra 5.0.6 answers the operations of gocql by
// hand, one after the other.
var recorded = filepath.Join("testdata", "cassandra-5.0.6.frames.gz")

// TestAnswersAreCassandras: the answers that the benchmark plays back are, but for the
// opaque paging state, those of a real Cassandra.
func TestAnswersAreCassandras(t *testing.T) {
	if *record != "" {
		save(t, answers(t, *record))
	}
	server, err := cqltest.Run()
	require.NoError(t, err)
	defer server.Close()
	got, want := answers(t, server.Addr()), load(t)
	require.Equal(t, len(want), len(got))
	for i := range want {
		require.Equal(t, comparable(want[i]), comparable(got[i]), "answer %d", i)
	}
}

// answers carries out the operations once and returns what the server at addr answered.
func answers(t *testing.T, addr string) [][]byte {
	t.Helper()
	session, err := connect(addr, "")
	require.NoError(t, err)
	defer session.Close()
	require.NoError(t, seed(session))

	server, err := canned.Listen(addr)
	require.NoError(t, err)
	defer server.Close()
	replay, err := connect(server.Addr(), keyspace)
	require.NoError(t, err)
	defer replay.Close()
	before := len(server.Exchanges()) // gocql's own questions
	for range 2 {                     // the second time from memory
		require.NoError(t, check(context.Background(), []contender{byHand{replay}}))
	}
	var out [][]byte
	for _, e := range server.Exchanges()[before:] {
		out = append(out, e.Answer)
	}
	require.NoError(t, session.Query(schema[0]).Exec())
	return out
}

// comparable is the frame without its stream, its length and its paging state.
func comparable(frame []byte) []byte {
	const header, rows, morePages = 9, 2, 0x02
	out := append([]byte(nil), frame...)
	copy(out[2:], []byte{0, 0})
	copy(out[5:], []byte{0, 0, 0, 0})
	body := out[header:]
	if len(body) < 12 || binary.BigEndian.Uint32(body) != rows || binary.BigEndian.Uint32(body[4:])&morePages == 0 {
		return out
	}
	state := 4 + int(binary.BigEndian.Uint32(body[12:]))
	return append(out[:header+12:header+12], body[12+state:]...)
}

func save(t *testing.T, frames [][]byte) {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	require.NoError(t, err)
	for _, f := range frames {
		_, err := z.Write(f)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	require.NoError(t, os.MkdirAll(filepath.Dir(recorded), 0o755))
	require.NoError(t, os.WriteFile(recorded, b.Bytes(), 0o644))
}

func load(t *testing.T) (frames [][]byte) {
	t.Helper()
	f, err := os.Open(recorded)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	all, err := io.ReadAll(z)
	require.NoError(t, err)
	for len(all) > 0 {
		n := 9 + int(binary.BigEndian.Uint32(all[5:]))
		frames = append(frames, all[:n])
		all = all[n:]
	}
	return frames
}
