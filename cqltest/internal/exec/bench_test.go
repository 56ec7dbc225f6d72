package exec

import (
	"context"
	"fmt"
	"testing"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		New(server.Options{})
	}
}

func benchNode(b *testing.B, setup ...string) *node {
	n := &node{New(server.Options{}), &protocol.Client{}}
	for _, q := range append([]string{"CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}", "USE ks"}, setup...) {
		if _, err := n.query(q); err != nil {
			b.Fatal(err)
		}
	}
	return n
}

func BenchmarkCAS(b *testing.B) {
	n := benchNode(b, "CREATE TABLE t (k int PRIMARY KEY, v int)", "INSERT INTO t (k, v) VALUES (1, 0)")
	p, _, err := n.Prepare(n.c, "UPDATE t SET v = ? WHERE k = ? IF v = ?")
	if err != nil {
		b.Fatal(err)
	}
	i := 0
	for b.Loop() {
		res, err := n.Execute(context.Background(), n.c, p, protocol.Params{Consistency: protocol.Quorum, Values: []protocol.Value{
			{Bytes: types.EncodeInt(int32(i + 1))}, {Bytes: types.EncodeInt(1)}, {Bytes: types.EncodeInt(int32(i))}}})
		if err != nil || res.Rows[0][0][0] != 1 {
			b.Fatal(res, err)
		}
		i++
	}
}

func BenchmarkInsertAndScan(b *testing.B) {
	const rows = 100_000
	for b.Loop() {
		n := benchNode(b, "CREATE TABLE t (k int, c int, v text, PRIMARY KEY (k, c))")
		p, _, err := n.Prepare(n.c, "INSERT INTO t (k, c, v) VALUES (?, ?, ?)")
		if err != nil {
			b.Fatal(err)
		}
		for i := range rows {
			_, err := n.Execute(context.Background(), n.c, p, protocol.Params{Consistency: protocol.One, Values: []protocol.Value{
				{Bytes: types.EncodeInt(int32(i / 10))}, {Bytes: types.EncodeInt(int32(i % 10))}, {Bytes: []byte(fmt.Sprint("value ", i))}}})
			if err != nil {
				b.Fatal(err)
			}
		}
		seen := 0
		var state []byte
		for first := true; first || state != nil; first = false {
			res, err := n.Query(context.Background(), n.c, "SELECT * FROM t", protocol.Params{Consistency: protocol.One, PageSize: 5000, PagingState: state})
			if err != nil {
				b.Fatal(err)
			}
			seen += len(res.Rows)
			state = res.PagingState
		}
		if seen != rows {
			b.Fatal(seen)
		}
	}
}
