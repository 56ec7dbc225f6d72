package mapper_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

func TestPage(t *testing.T) {
	ctx := t.Context()
	s := connect(t)
	plain := readings(t, s, 10)
	sealed := open[reading](t, s, coodie.WithPageTokenKeys(bytes.Repeat([]byte("k"), 32)))
	for name, table := range map[string]*coodie.Table[reading]{"plain": plain, "sealed": sealed} {
		t.Run(name, func(t *testing.T) {
			for _, q := range []coodie.Readable[reading]{
				table.Find(readingSensor.Eq("a")), table.Find(), table.Find(readingSensor.Eq("a")).Limit(9),
			} {
				var seen []int
				token := ""
				for i := range 10 {
					page, err := q.Reads().With(coodie.WithPageSize(2+i%2)).Page(ctx, token)
					require.NoError(t, err)
					for _, r := range page.Items {
						seen = append(seen, r.N)
					}
					if token = page.Next; token == "" {
						break
					}
				}
				require.Empty(t, token)
				require.IsIncreasing(t, seen)
				require.GreaterOrEqual(t, len(seen), 9)
			}
		})
	}
}
