package store

import (
	"bytes"
	"fmt"
	"math/rand"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReconcile(t *testing.T) {
	live := func(v string, ts int64) Cell { return NewCell([]byte(v), ts, 0, 0) }
	expiring := func(v string, ts int64, ttl int32) Cell { return NewCell([]byte(v), ts, ttl, 100) }
	dead := func(ts int64) Cell { return NewTombstone(ts, 100) }
	tests := []struct {
		name      string
		win, lose Cell
	}{
		{"the newer value", live("a", 2), live("z", 1)},
		{"the newer tombstone", dead(2), live("z", 1)},
		{"the newer value over a tombstone", live("a", 2), dead(1)},
		{"at equal times a tombstone", dead(1), live("z", 1)},
		{"at equal times a tombstone over one that expires", dead(1), expiring("z", 1, 1000)},
		{"at equal times one that expires", expiring("a", 1, 5), live("z", 1)},
		{"of two that expire the later", expiring("a", 1, 9), expiring("z", 1, 5)},
		{"at equal times the greater value", live("b", 1), live("a", 1)},
		{"a longer value over its prefix", live("ab", 1), live("a", 1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.win, *reconcile(&tt.win, &tt.lose))
			require.Equal(t, tt.win, *reconcile(&tt.lose, &tt.win))
		})
	}
}

func row(clustering string, cells ...Cell) *Row {
	r := &Row{Clustering: [][]byte{[]byte(clustering)}}
	for i, c := range cells {
		r.Put(int32(i), c)
	}
	return r
}

func newTable() *Table { return NewTable(Order{bytes.Compare}, false) }

func key(n int64) Key { return Key{Token: n, Bytes: fmt.Sprint(n)} }

// shown returns the clusterings and values that a reader sees.
func shown(p *Partition, s Slice, reverse bool, now int64) []string {
	var out []string
	p.Rows(s, reverse, now, func(r *Row) bool {
		line := string(r.Clustering[0])
		if c := r.Cell(0); c != nil {
			line += "=" + string(c.Value)
		}
		out = append(out, line)
		return true
	})
	return out
}

func bound(prefix string, inclusive bool) Bound {
	return Bound{Prefix: [][]byte{[]byte(prefix)}, Inclusive: inclusive}
}

func TestSlices(t *testing.T) {
	tab := newTable()
	for _, c := range []string{"c", "a", "d", "b"} {
		tab.Apply(&Update{Key: key(1), Rows: []*Row{row(c, NewCell([]byte("v"), 1, 0, 0))}})
	}
	tab.Apply(&Update{Key: key(2), Rows: []*Row{row("x", NewCell([]byte("v"), 1, 0, 0))}})
	tests := []struct {
		slice Slice
		want  []string
	}{
		{All, []string{"a=v", "b=v", "c=v", "d=v"}},
		{Slice{bound("b", true), All.End}, []string{"b=v", "c=v", "d=v"}},
		{Slice{bound("b", false), All.End}, []string{"c=v", "d=v"}},
		{Slice{All.Start, bound("c", false)}, []string{"a=v", "b=v"}},
		{Slice{bound("b", true), bound("c", true)}, []string{"b=v", "c=v"}},
		{Slice{bound("c", true), bound("b", true)}, nil},
		{Exactly([][]byte{[]byte("d")}), []string{"d=v"}},
	}
	for _, tt := range tests {
		forward := shown(tab.View().Partition(key(1)), tt.slice, false, 0)
		require.Equal(t, tt.want, forward)
		backward := shown(tab.View().Partition(key(1)), tt.slice, true, 0)
		for i := range backward {
			require.Equal(t, forward[len(forward)-1-i], backward[i])
		}
		require.Len(t, backward, len(forward))
	}
}

func TestDeletions(t *testing.T) {
	cell := func(ts int64) Cell { return NewCell([]byte("v"), ts, 0, 0) }
	tests := []struct {
		name  string
		apply []Update
		want  []string
	}{
		{"a row deletion covers what is as old", []Update{
			{Rows: []*Row{row("a", cell(5)), row("b", cell(6))}},
			{Rows: []*Row{{Clustering: [][]byte{[]byte("a")}, Deletion: Deletion{5, true}}, {Clustering: [][]byte{[]byte("b")}, Deletion: Deletion{5, true}}}},
		}, []string{"b=v"}},
		{"a deletion that came first covers late writes", []Update{
			{Rows: []*Row{{Clustering: [][]byte{[]byte("a")}, Deletion: Deletion{5, true}}}},
			{Rows: []*Row{row("a", cell(4))}},
		}, nil},
		{"a partition deletion", []Update{
			{Rows: []*Row{row("a", cell(1)), row("b", cell(9))}},
			{Deletion: Deletion{5, true}},
			{Rows: []*Row{row("c", cell(5)), row("d", cell(6))}},
		}, []string{"b=v", "d=v"}},
		{"a range deletion", []Update{
			{Rows: []*Row{row("a", cell(1)), row("b", cell(1)), row("c", cell(9)), row("d", cell(1))}},
			{Ranges: []RangeTombstone{{Slice{bound("b", true), bound("d", false)}, Deletion{5, true}}}},
			{Rows: []*Row{row("bb", cell(5)), row("bc", cell(6))}},
		}, []string{"a=v", "bc=v", "c=v", "d=v"}},
		{"a wider, later range replaces a narrower one", []Update{
			{Ranges: []RangeTombstone{{Slice{bound("b", true), bound("c", true)}, Deletion{5, true}}}},
			{Ranges: []RangeTombstone{{All, Deletion{7, true}}}},
			{Rows: []*Row{row("b", cell(6)), row("z", cell(7)), row("y", cell(8))}},
		}, []string{"y=v"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tab := newTable()
			for _, u := range tt.apply {
				u.Key = key(1)
				tab.Apply(&u)
			}
			require.Equal(t, tt.want, shown(tab.View().Partition(key(1)), All, false, 0))
		})
	}
}

func TestExpiry(t *testing.T) {
	tab := newTable()
	marked := row("a", NewCell([]byte("v"), 1, 10, 100))
	marked.Liveness = NewLiveness(1, 0, 100)
	tab.Apply(&Update{Key: key(1), Rows: []*Row{marked, row("b", NewCell([]byte("w"), 1, 10, 100))}})
	p := tab.View().Partition(key(1))
	require.Equal(t, []string{"a=v", "b=w"}, shown(p, All, false, 109))
	require.Equal(t, []string{"a"}, shown(p, All, false, 110), "the row marker keeps a; b is gone")
}

func TestViewIsASnapshot(t *testing.T) {
	tab := newTable()
	tab.Apply(&Update{Key: key(1), Rows: []*Row{row("a", NewCell([]byte("old"), 1, 0, 0))}})
	before := tab.View()
	tab.Apply(&Update{Key: key(1), Rows: []*Row{row("a", NewCell([]byte("new"), 2, 0, 0)), row("b", NewCell([]byte("x"), 2, 0, 0))}})
	require.Equal(t, []string{"a=old"}, shown(before.Partition(key(1)), All, false, 0))
	require.Equal(t, []string{"a=new", "b=x"}, shown(tab.View().Partition(key(1)), All, false, 0))
	tab.Restore(before)
	require.Equal(t, []string{"a=old"}, shown(tab.View().Partition(key(1)), All, false, 0))
}

func TestScanInRingOrder(t *testing.T) {
	tab := newTable()
	for _, n := range []int64{5, -3, 0, 9, -7} {
		tab.Apply(&Update{Key: key(n), Static: &Row{Columns: []Column{{Cell: NewCell([]byte("s"), 1, 0, 0)}}}, Rows: []*Row{row("a"), row("b", NewCell(nil, 1, 0, 0))}})
	}
	var got []int64
	tab.View().Scan(&Key{Token: -3}, func(p *Partition) bool {
		require.NotNil(t, p.Static(0))
		require.Equal(t, []string{"b="}, shown(p, All, false, 0))
		got = append(got, p.Key.Token)
		return len(got) < 3
	})
	require.Equal(t, []int64{-3, 0, 5}, got)
}

// TestOrderOfWritesDoesNotMatter applies the same writes in random orders.
func TestOrderOfWritesDoesNotMatter(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	for range 50 {
		var updates []Update
		for range 30 {
			ts := int64(rnd.Intn(8))
			c := string(rune('a' + rnd.Intn(4)))
			u := Update{Key: key(1)}
			switch rnd.Intn(6) {
			case 0:
				u.Deletion = Deletion{ts, true}
			case 1:
				u.Ranges = []RangeTombstone{{Slice{bound(c, rnd.Intn(2) == 0), All.End}, Deletion{ts, true}}}
			case 2:
				u.Rows = []*Row{{Clustering: [][]byte{[]byte(c)}, Deletion: Deletion{ts, true}}}
			case 3:
				r := &Row{Clustering: [][]byte{[]byte(c)}}
				r.DeleteComplex(1, bytes.Compare, ts)
				r.PutElement(1, bytes.Compare, []byte{byte(rnd.Intn(3))}, NewCell([]byte{byte(rnd.Intn(9))}, ts+1, 0, 0))
				u.Rows = []*Row{r}
			case 4:
				u.Rows = []*Row{row(c, NewTombstone(ts, 0))}
			default:
				u.Rows = []*Row{row(c, NewCell([]byte{byte('0' + rnd.Intn(9))}, ts, 0, 0))}
			}
			updates = append(updates, u)
		}
		want := ""
		for i := range 5 {
			rnd.Shuffle(len(updates), func(i, j int) { updates[i], updates[j] = updates[j], updates[i] })
			tab := newTable()
			for j := range updates {
				tab.Apply(&updates[j])
			}
			got := ""
			tab.View().Partition(key(1)).Rows(All, false, 0, func(r *Row) bool {
				got += fmt.Sprintf("%s %v %v;", r.Clustering, r.Cell(0), elements(r.Complex(1)))
				return true
			})
			if i == 0 {
				want = got
			}
			require.Equal(t, want, got)
		}
	}
}

func elements(c *Complex) (out []string) {
	if c != nil {
		for _, pc := range c.Cells {
			out = append(out, fmt.Sprint(pc.Path, pc.Cell))
		}
	}
	return out
}
