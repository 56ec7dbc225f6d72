package coodie

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/ring"
)

// Checkpoint is how far a scan has come: the ranges of tokens that are left, which are no
// more than Concurrency and one. It is a small text (MarshalText, so JSON as well) that can
// be kept for as long as one likes: whatever becomes of the cluster, a token stays that of its
// partition. The zero value is the beginning.
type Checkpoint struct{ left ring.Progress }

// Done reports whether the scan has come to its end.
func (c Checkpoint) Done() bool { return c.left.Begun && len(c.left.Left) == 0 }

// String is the checkpoint's text.
func (c Checkpoint) String() string { return c.left.String() }

// MarshalText is the checkpoint's text; "" for the beginning.
func (c Checkpoint) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

var errNoCheckpoint = errors.New("coodie: the text is no checkpoint of a scan")

// UnmarshalText reads what MarshalText wrote.
func (c *Checkpoint) UnmarshalText(text []byte) error {
	left, ok := ring.Parse(string(text))
	if !ok {
		return errNoCheckpoint
	}
	c.left = left
	return nil
}

var tokensCodec = stmt.MustCodec(reflect.TypeFor[[]string](), &codec.Type{Kind: codec.Set, Elem: codec.Native(codec.Text)})

// ring reads the tokens of all nodes. It may leave out a node or have one that is gone, if
// the two statements come to different nodes: that makes ranges only larger or smaller.
func (t *table) ring(ctx context.Context) (tokens []int64, err error) {
	for _, statement := range [...]string{"SELECT tokens, partitioner FROM system.local", "SELECT tokens FROM system.peers"} {
		r := &driver.Request{Kind: driver.Read, Statement: statement, Consistency: driver.One}
		rows := driver.Do(ctx, t.sender, r)
		for err == nil && rows.Next() {
			cells := rows.Cells()
			if len(cells) > 1 && !strings.HasSuffix(string(cells[1]), "Murmur3Partitioner") {
				err = &UsageError{Op: "scan", Table: t.schema.Name, Reason: "the cluster's partitioner is " + string(cells[1]) +
					", and a scan goes by the tokens of Murmur3Partitioner; use Iter"}
				break
			}
			var texts []string
			if err = tokensCodec.Decode(codec.At(&texts), cells[0]); err != nil {
				break
			}
			for _, text := range texts {
				token, bad := strconv.ParseInt(text, 10, 64)
				if bad != nil {
					err = fmt.Errorf("coodie: scan %s: the ring has a token %q", t.schema.Name, text)
				}
				tokens = append(tokens, token)
			}
		}
		if failed := rows.Close(); failed != nil {
			return nil, t.failure("scan", r, failed)
		}
	}
	return tokens, err
}
