package linear_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/linear"
)

type (
	register = linear.Operation[linear.RegisterInput[int], linear.RegisterAnswer[int]]
	lock     = linear.Operation[linear.LockInput, linear.LockAnswer]
	counter  = linear.Operation[linear.CounterInput, linear.CounterAnswer]
	claims   = linear.Operation[linear.ClaimsInput, linear.ClaimsAnswer]
)

var (
	read    = linear.Read[int]()
	written = linear.RegisterAnswer[int]{}
	swapped = linear.RegisterAnswer[int]{Applied: true}
	ok      = linear.LockAnswer{OK: true}
	no      = linear.LockAnswer{}
	added   = linear.CounterAnswer{}
	claimed = linear.ClaimsAnswer{OK: true}
)

func refused(saw int) linear.RegisterAnswer[int] { return linear.Value(saw) }

func TestRegister(t *testing.T) {
	type answer = linear.RegisterAnswer[int]
	for name, test := range map[string]struct {
		history  []register
		shortest []int
	}{
		"reads of nothing": {[]register{op("a", 0, 1, read, linear.Value(0))}, nil},
		"one after the other": {[]register{
			op("a", 0, 1, linear.Write(5), written), op("a", 2, 3, linear.Swap(5, 6), swapped),
			op("b", 4, 5, linear.Swap(5, 7), refused(6)), op("b", 6, 7, read, linear.Value(6)),
		}, nil},
		"at one time": {[]register{
			op("a", 0, 9, linear.Swap(5, 6), swapped), op("b", 1, 8, linear.Write(5), written), op("a", 10, 11, read, linear.Value(6)),
		}, nil},
		"a write is lost": {[]register{op("a", 0, 1, linear.Write(5), written), op("b", 2, 3, read, linear.Value(0))}, []int{0, 1}},
		"a read of the past": {[]register{
			op("a", 0, 1, linear.Write(5), written), op("a", 2, 3, linear.Write(6), written), op("b", 4, 5, read, linear.Value(5)),
		}, []int{1, 2}},
		"an update is lost": {[]register{
			op("a", 0, 1, linear.Write(5), written), op("a", 2, 3, linear.Swap(5, 6), swapped), op("b", 2, 3, linear.Swap(5, 7), swapped),
		}, []int{1, 2}},
		"refused by what it wanted": {[]register{op("a", 0, 1, linear.Swap(0, 5), refused(0))}, []int{0}},
		"open, and it took effect":  {[]register{open[answer]("a", 0, 1, linear.Write(5)), op("b", 2, 3, read, linear.Value(5))}, nil},
		"open, and it never did":    {[]register{open[answer]("a", 0, 1, linear.Write(5)), op("b", 2, 3, read, linear.Value(0))}, nil},
		"open, and it did so late": {[]register{
			open[answer]("a", 0, 1, linear.Write(5)), op("b", 2, 3, read, linear.Value(0)), op("b", 4, 5, read, linear.Value(5)),
		}, nil},
		"open, and it came and went": {[]register{
			open[answer]("a", 0, 1, linear.Write(5)), op("b", 2, 3, read, linear.Value(5)), op("b", 4, 5, read, linear.Value(0)),
		}, []int{1, 2}},
		"open, seen before it was called": {[]register{op("b", 0, 1, read, linear.Value(5)), open[answer]("a", 2, 3, linear.Write(5))}, []int{0}},
		"no effect, and yet it is there":  {[]register{failed[answer]("a", 0, 1, linear.Write(5)), op("b", 2, 3, read, linear.Value(5))}, []int{1}},
		// Client a swaps 1 for 4 and its driver, which got no answer, does it again; b swaps 4 for 2.
		"a driver's retry": {[]register{
			op("a", 0, 1, linear.Swap(0, 1), swapped), op("a", 2, 9, linear.Swap(1, 4), refused(2)),
			op("b", 4, 5, linear.Swap(4, 2), swapped), op("b", 10, 11, read, linear.Value(2)),
		}, []int{2}},
	} {
		t.Run(name, func(t *testing.T) { requireShortest(t, linear.Register[int](), test.history, test.shortest...) })
	}
}

func TestLock(t *testing.T) {
	type answer = linear.LockAnswer
	held := func(owner string) answer { return answer{Owner: owner, Told: true} }
	for name, test := range map[string]struct {
		history  []lock
		shortest []int
	}{
		"from one to the other": {[]lock{
			op("a", 0, 1, linear.Acquire("a"), ok), op("b", 2, 3, linear.Acquire("b"), held("a")), op("a", 4, 5, linear.Release("a"), ok),
			op("b", 4, 6, linear.Acquire("b"), ok), op("c", 7, 8, linear.Holder(), held("b")), op("b", 9, 10, linear.Release("b"), ok),
		}, nil},
		"held twice, after much else": {[]lock{
			op("a", 0, 1, linear.Acquire("a"), ok), op("a", 2, 3, linear.Release("a"), ok), op("c", 4, 5, linear.Acquire("c"), ok),
			op("c", 6, 7, linear.Release("c"), ok), op("a", 8, 9, linear.Acquire("a"), ok), op("c", 9, 11, linear.Acquire("c"), no),
			op("b", 10, 13, linear.Acquire("b"), ok), op("a", 14, 15, linear.Release("a"), no),
		}, []int{4, 6}},
		"an open release lets the next one in": {[]lock{
			op("a", 0, 1, linear.Acquire("a"), ok), open[answer]("a", 2, 3, linear.Release("a")), op("b", 4, 5, linear.Acquire("b"), ok),
		}, nil},
		"an open acquire keeps others out": {[]lock{open[answer]("a", 0, 1, linear.Acquire("a")), op("b", 2, 3, linear.Acquire("b"), no)}, nil},
		"who was refused holds it":         {[]lock{op("a", 0, 1, linear.Acquire("a"), no), op("b", 2, 3, linear.Acquire("b"), held("a"))}, []int{0}},
		"released for somebody else":       {[]lock{op("a", 0, 1, linear.Acquire("a"), ok), op("b", 2, 3, linear.Release("b"), ok)}, []int{1}},
	} {
		t.Run(name, func(t *testing.T) { requireShortest(t, linear.Lock(), test.history, test.shortest...) })
	}
}

func TestCounter(t *testing.T) {
	type answer = linear.CounterAnswer
	for name, test := range map[string]struct {
		history  []counter
		shortest []int
	}{
		"counted": {[]counter{
			op("a", 0, 1, linear.Add(1), linear.Count(1)), op("b", 0, 1, linear.Add(2), linear.Count(3)), op("a", 2, 3, linear.Get(), linear.Count(3)),
		}, nil},
		"lost":                {[]counter{op("a", 0, 1, linear.Add(1), linear.Count(1)), op("b", 0, 1, linear.Add(1), linear.Count(1))}, []int{0, 1}},
		"twice":               {[]counter{op("a", 0, 1, linear.Add(1), added), op("b", 2, 3, linear.Get(), linear.Count(2))}, []int{1}},
		"open or not":         {[]counter{open[answer]("a", 0, 1, linear.Add(1)), op("b", 0, 1, linear.Add(1), added), op("b", 2, 3, linear.Get(), linear.Count(2))}, nil},
		"failed, and counted": {[]counter{failed[answer]("a", 0, 1, linear.Add(1)), op("b", 2, 3, linear.Get(), linear.Count(1))}, []int{1}},
	} {
		t.Run(name, func(t *testing.T) { requireShortest(t, linear.Counter(), test.history, test.shortest...) })
	}
}

func TestClaims(t *testing.T) {
	type answer = linear.ClaimsAnswer
	all := func(m map[string]string) answer { return answer{All: m} }
	for name, test := range map[string]struct {
		history  []claims
		shortest []int
	}{
		"claimed, listed, freed": {[]claims{
			op("a", 0, 1, linear.Claim("x", "ann"), claimed), op("b", 0, 1, linear.Claim("y", "bob"), claimed),
			op("b", 2, 3, linear.Claim("x", "bob"), answer{}), op("c", 4, 5, linear.List(), all(map[string]string{"x": "ann", "y": "bob"})),
			op("a", 6, 7, linear.Unclaim("x", "ann"), claimed), op("b", 6, 7, linear.Unclaim("y", "ann"), answer{}),
			op("c", 8, 9, linear.List(), all(map[string]string{"y": "bob"})),
		}, nil},
		"claimed twice": {[]claims{
			op("b", 0, 1, linear.Claim("y", "bob"), claimed), op("a", 2, 3, linear.Claim("x", "ann"), claimed), op("b", 2, 3, linear.Claim("x", "bob"), claimed),
		}, []int{1, 2}},
		"missing from the list": {[]claims{
			op("a", 0, 1, linear.Claim("x", "ann"), claimed), op("b", 0, 1, linear.Claim("y", "bob"), claimed),
			op("c", 2, 3, linear.List(), all(map[string]string{"y": "bob"})),
		}, []int{0, 2}},
		"open": {[]claims{
			open[answer]("a", 0, 1, linear.Claim("x", "ann")), op("c", 2, 3, linear.List(), all(map[string]string{})),
			op("c", 4, 5, linear.List(), all(map[string]string{"x": "ann"})),
		}, nil},
	} {
		t.Run(name, func(t *testing.T) { requireShortest(t, linear.Claims(), test.history, test.shortest...) })
	}
}

// A model of one's own: a queue, whose answers are compared whole.
func TestOwnModel(t *testing.T) {
	type in struct{ push string }
	queue := linear.Model[string, in, string]{Do: func(state string, i in) (string, string) {
		switch {
		case i.push != "":
			return state + i.push, ""
		case state == "":
			return "", ""
		}
		return state[1:], state[:1]
	}}
	history := []linear.Operation[in, string]{
		op("a", 0, 1, in{"x"}, ""), op("a", 2, 3, in{"y"}, ""), op("b", 4, 5, in{}, "x"), op("b", 6, 7, in{}, "y"),
	}
	requireShortest(t, queue, history)
	history[2].Output, history[3].Output = "y", "x"
	requireShortest(t, queue, history, 0, 2)
	require.ErrorContains(t, queue.Check(history).Err(), "b: {} → y")
}
