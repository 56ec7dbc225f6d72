package wire

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/datastax/go-cassandra-native-protocol/frame"
	"github.com/datastax/go-cassandra-native-protocol/message"
	"github.com/datastax/go-cassandra-native-protocol/primitive"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

// libCompressor lets the protocol library's codec use ours.
type libCompressor struct{ compressor }

func (c libCompressor) CompressFrame(b []byte) ([]byte, error) { return c.compress(b), nil }

func (c libCompressor) DecompressFrame(b []byte) ([]byte, error) { return c.decompress(b, 1<<30) }

// Of segments the length is known, and not sent along.
func (libCompressor) CompressSegment(b []byte) ([]byte, error) { return appendLZ4(nil, b), nil }

func (libCompressor) DecompressSegment(packed, into []byte) error {
	_, err := unpackLZ4(into[:0:len(into)], packed)
	return err
}

func TestCompression(t *testing.T) {
	for name, z := range compressors {
		t.Run(name, func(t *testing.T) {
			h := &stub{answer: func(_ context.Context, _ *Conn, request any) Response {
				return Response{Message: Error{&protocol.Error{Code: protocol.CodeServer, Message: request.(*Query).CQL}}}
			}}
			c := dial(t, newServer(t, h), primitive.ProtocolVersion4)
			c.codec = frame.NewRawCodecWithCompression(libCompressor{z})
			hello := message.NewStartup()
			hello.Options["compression"] = strings.ToUpper(name)
			require.IsType(t, &message.Ready{}, c.ask(hello))

			for _, n := range []int{1, 100, 1000, 60_000} {
				cql := strings.Repeat("select ", n)[:n]
				c.send(1, &message.Query{Query: cql}, func(f *frame.Frame) { f.SetCompress(true) })
				f := c.receive()
				require.Equal(t, cql, f.Body.Message.(*message.ServerError).ErrorMessage)
				require.Equal(t, n >= compressionThreshold, f.Header.Flags.Contains(primitive.HeaderFlagCompressed))
			}
		})
	}
}

// Without a negotiated compression the flag means nothing.
func TestCompressedWithoutNegotiation(t *testing.T) {
	c := connect(t, newServer(t, &stub{}), primitive.ProtocolVersion4)
	c.write(rawFrame(primitive.OpCodeQuery, 1, "\x00\x00\x00\x01q\x00\x01\x00"))
	require.IsType(t, &message.VoidResult{}, c.receive().Body.Message)
}

func TestLZ4(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	random := make([]byte, 100_000)
	for i := range random {
		random[i] = byte(rng.Uint32())
	}
	few := make([]byte, 100_000)
	for i := range few {
		few[i] = "abc"[rng.IntN(3)]
	}
	for name, src := range map[string][]byte{
		"empty": {}, "one byte": {1}, "shorter than a match": []byte("abcabcabc"),
		"run": bytes.Repeat([]byte{7}, 70_000), "period 3": bytes.Repeat([]byte("abc"), 30_000),
		"random": random, "few letters": few, "random twice, far apart": append(bytes.Clone(random), random...),
	} {
		t.Run(name, func(t *testing.T) {
			packed := lz4Frames{}.compress(src)
			got, err := lz4Frames{}.decompress(packed, len(src))
			require.NoError(t, err)
			require.True(t, bytes.Equal(src, got))
			if len(src) > 0 {
				_, err = lz4Frames{}.decompress(packed, len(src)-1)
				require.Error(t, err, "over the limit")
			}
		})
	}
	require.Less(t, len(lz4Frames{}.compress(bytes.Repeat([]byte("abc"), 30_000))), 1000, "it does compress")

	// Written by another encoder.
	packed := "\x00\x00\x00\x10" + "\x35abc\x03\x00" + "\x40cabc"
	got, err := lz4Frames{}.decompress([]byte(packed), 100)
	require.NoError(t, err)
	require.Equal(t, "abcabcabcabccabc", string(got))
}

func TestCorruptLZ4(t *testing.T) {
	for name, packed := range map[string]string{
		"no length":            "\x00\x00",
		"longer than declared": "\x00\x00\x00\x02" + "\x30abc",
		"shorter":              "\x00\x00\x00\x04" + "\x30abc",
		"literals missing":     "\x00\x00\x00\x03" + "\x30ab",
		"length missing":       "\x00\x00\x00\x20" + "\xF0\xFF",
		"offset missing":       "\x00\x00\x00\x20" + "\x30abc\x01",
		"offset zero":          "\x00\x00\x00\x20" + "\x30abc\x00\x00",
		"offset before start":  "\x00\x00\x00\x20" + "\x30abc\x04\x00",
		"match too long":       "\x00\x00\x00\x06" + "\x30abc\x01\x00",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := lz4Frames{}.decompress([]byte(packed), 1000)
			require.ErrorIs(t, err, errCorrupt)
		})
	}
}

func FuzzLZ4(f *testing.F) {
	f.Add([]byte("abcabcabcabcabcabcabc"))
	f.Add([]byte("\x00\x00\x00\x0C\x35abc\x03\x00\x40cabc"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := lz4Frames{}.decompress(lz4Frames{}.compress(b), len(b))
		if err != nil || !bytes.Equal(got, b) {
			t.Fatalf("round trip of %x: %x, %v", b, got, err)
		}
		lz4Frames{}.decompress(b, 1<<20)
	})
}
