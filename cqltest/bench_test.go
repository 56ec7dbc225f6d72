package cqltest_test

import (
	"strconv"
	"sync"
	"testing"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/cqltest"
)

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		srv, err := cqltest.Run(cqltest.WithKeyspace("app"), cqltest.WithSchema(locks))
		if err != nil {
			b.Fatal(err)
		}
		srv.Close()
	}
}

func BenchmarkCAS(b *testing.B) {
	for name, opts := range map[string][]cqltest.Option{"tcp": nil, "pipe": {cqltest.WithPipe()}} {
		b.Run(name, func(b *testing.B) {
			_, session := start(b, opts...)
			i := 0
			for b.Loop() {
				i++
				applied, err := session.Query("UPDATE locks SET fence = ? WHERE name = 'a' IF fence = ?", i, previous(i)).MapScanCAS(map[string]any{})
				if err != nil || !applied {
					b.Fatal(applied, err)
				}
			}
		})
	}
}

// previous is what the row holds before the nth write: nothing before the first.
func previous(n int) any {
	if n == 1 {
		return nil
	}
	return n - 1
}

func BenchmarkRows100k(b *testing.B) {
	const rows, writers = 100_000, 16
	for b.Loop() {
		_, session := start(b)
		if err := session.Query("CREATE TABLE items (k int, c int, v text, PRIMARY KEY (k, c))").Exec(); err != nil {
			b.Fatal(err)
		}
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := w; i < rows; i += writers {
					if err := session.Query("INSERT INTO items (k, c, v) VALUES (?, ?, ?)", i%100, i, strconv.Itoa(i)).Exec(); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		b.ReportMetric(float64(count(b, session)), "rows")
	}
}

func count(b *testing.B, session *gocql.Session) (n int) {
	iter := session.Query("SELECT k, c, v FROM items").PageSize(5000).Iter()
	var k, c int
	var v string
	for iter.Scan(&k, &c, &v) {
		n++
	}
	if err := iter.Close(); err != nil {
		b.Fatal(err)
	}
	return n
}
