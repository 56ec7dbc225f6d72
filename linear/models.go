package linear

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/coodie-go/coodie"
)

// RegisterInput is an operation of a [Register]: [Read], [Write] or [Swap].
type RegisterInput[V comparable] struct {
	kind     registerKind
	old, new V
}

type registerKind uint8

const (
	read registerKind = iota
	write
	swap
)

// Read asks for the value.
func Read[V comparable]() RegisterInput[V] { return RegisterInput[V]{} }

// Write stores a value, whatever was there.
func Write[V comparable](value V) RegisterInput[V] {
	return RegisterInput[V]{kind: write, new: value}
}

// Swap stores next if the value is old: a conditional write.
func Swap[V comparable](old, next V) RegisterInput[V] {
	return RegisterInput[V]{kind: swap, old: old, new: next}
}

// RegisterAnswer is the answer of a [Register].
type RegisterAnswer[V comparable] struct {
	Applied bool // of Swap
	// Value is what was there before the operation, if Told: what Read answers, and the row that
	// refused a Swap.
	Value V
	Told  bool
}

// Value is the answer of a Read.
func Value[V comparable](v V) RegisterAnswer[V] { return RegisterAnswer[V]{Value: v, Told: true} }

// Register is a cell that is read, written and swapped: a row's column. It begins with V's zero
// value, which may stand for a missing row.
func Register[V comparable]() Model[V, RegisterInput[V], RegisterAnswer[V]] {
	return Model[V, RegisterInput[V], RegisterAnswer[V]]{
		Do: func(value V, in RegisterInput[V]) (V, RegisterAnswer[V]) {
			out := RegisterAnswer[V]{Value: value, Told: true}
			switch {
			case in.kind == write:
				value = in.new
			case in.kind == swap && value == in.old:
				value, out.Applied = in.new, true
			}
			return value, out
		},
		Agree: func(_ RegisterInput[V], did, told RegisterAnswer[V]) bool {
			return did.Applied == told.Applied && (!told.Told || did.Value == told.Value)
		},
		Idle: func(in RegisterInput[V], out RegisterAnswer[V]) bool {
			return in.kind == read || in.kind == swap && !out.Applied
		},
		Observed: func(in RegisterInput[V], outcome coodie.Outcome) RegisterAnswer[V] {
			return RegisterAnswer[V]{Applied: in.kind == swap && outcome == coodie.OutcomeApplied}
		},
		Describe: func(in RegisterInput[V], out *RegisterAnswer[V]) string {
			s := [...]string{"read", fmt.Sprintf("write %v", in.new), fmt.Sprintf("swap %v for %v", in.old, in.new)}[in.kind]
			switch {
			case out == nil:
				return s + unknown
			case in.kind == swap && out.Applied:
				s += ": applied"
			case in.kind == swap:
				s += ": refused"
			}
			if out.Told {
				s += fmt.Sprintf(", saw %v", out.Value)
			}
			return s
		},
	}
}

// unknown is what a description says of an operation without an answer.
const unknown = ": outcome unknown"

// LockInput is an operation of a [Lock]: [Acquire], [Release] or [Holder].
type LockInput struct {
	kind  lockKind
	owner string
}

type lockKind uint8

const (
	holder lockKind = iota
	acquire
	release
)

// Holder asks who holds the lock.
func Holder() LockInput { return LockInput{} }

// Acquire takes the lock for an owner, if nobody holds it. Names of owners tell holds apart: use a
// new one each time, if an owner can take the lock again while an earlier request is under way.
func Acquire(owner string) LockInput { return LockInput{acquire, owner} }

// Release gives the lock back, if the owner holds it.
func Release(owner string) LockInput { return LockInput{release, owner} }

// LockAnswer is the answer of a [Lock].
type LockAnswer struct {
	OK bool // of Acquire and Release
	// Owner is who held the lock before the operation, "" for nobody, if Told.
	Owner string
	Told  bool
}

// Lock is held by one owner at a time. It does not expire.
func Lock() Model[string, LockInput, LockAnswer] {
	return Model[string, LockInput, LockAnswer]{
		Do: func(held string, in LockInput) (string, LockAnswer) {
			out := LockAnswer{Owner: held, Told: true}
			switch {
			case in.kind == acquire && held == "":
				held, out.OK = in.owner, true
			case in.kind == release && held == in.owner:
				held, out.OK = "", true
			}
			return held, out
		},
		Agree: func(_ LockInput, did, told LockAnswer) bool {
			return did.OK == told.OK && (!told.Told || did.Owner == told.Owner)
		},
		Idle: func(_ LockInput, out LockAnswer) bool { return !out.OK },
		Observed: func(in LockInput, outcome coodie.Outcome) LockAnswer {
			return LockAnswer{OK: in.kind != holder && outcome == coodie.OutcomeApplied}
		},
		Describe: func(in LockInput, out *LockAnswer) string {
			s := [...]string{"asks for the holder", "acquires as " + in.owner, "releases as " + in.owner}[in.kind]
			switch {
			case out == nil:
				return s + unknown
			case in.kind != holder && out.OK:
				s += ": done"
			case in.kind != holder:
				s += ": refused"
			}
			if out.Told {
				s += ", held by " + nobody(out.Owner)
			}
			return s
		},
	}
}

func nobody(owner string) string {
	if owner == "" {
		return "nobody"
	}
	return owner
}

// CounterInput is an operation of a [Counter]: [Add] or [Get].
type CounterInput struct {
	add bool
	n   int64
}

// Add adds n.
func Add(n int64) CounterInput { return CounterInput{true, n} }

// Get asks for the count.
func Get() CounterInput { return CounterInput{} }

// CounterAnswer is the answer of a [Counter].
type CounterAnswer struct {
	Count int64 // after the operation, if Told
	Told  bool
}

// Count is the answer of a Get, or of an Add that tells the sum.
func Count(n int64) CounterAnswer { return CounterAnswer{n, true} }

// Counter begins with 0.
func Counter() Model[int64, CounterInput, CounterAnswer] {
	return Model[int64, CounterInput, CounterAnswer]{
		Do: func(n int64, in CounterInput) (int64, CounterAnswer) {
			n += in.n
			return n, CounterAnswer{n, true}
		},
		Agree:    func(_ CounterInput, did, told CounterAnswer) bool { return !told.Told || did.Count == told.Count },
		Idle:     func(in CounterInput, _ CounterAnswer) bool { return !in.add },
		Observed: func(CounterInput, coodie.Outcome) CounterAnswer { return CounterAnswer{} },
		Describe: func(in CounterInput, out *CounterAnswer) string {
			s := "get"
			if in.add {
				s = fmt.Sprintf("add %d", in.n)
			}
			switch {
			case out == nil:
				s += unknown
			case out.Told:
				s += fmt.Sprintf(": %d", out.Count)
			default:
				s += ": done"
			}
			return s
		},
	}
}

// ClaimsInput is an operation of a set of [Claims]: [Claim], [Unclaim] or [List].
type ClaimsInput struct {
	kind        claimsKind
	name, owner string
}

type claimsKind uint8

const (
	list claimsKind = iota
	claim
	unclaim
)

// Claim makes a name the owner's, if it is nobody's.
func Claim(name, owner string) ClaimsInput { return ClaimsInput{claim, name, owner} }

// Unclaim frees a name, if it is the owner's.
func Unclaim(name, owner string) ClaimsInput { return ClaimsInput{unclaim, name, owner} }

// List asks for all claims.
func List() ClaimsInput { return ClaimsInput{} }

// ClaimsAnswer is the answer of a set of [Claims].
type ClaimsAnswer struct {
	OK  bool              // of Claim and Unclaim
	All map[string]string // of List: owners by name; nil if it was not told
}

// Claims are names of which each has one owner: a partition whose rows are inserted if they do not
// exist. If nobody lists them, give each name a history of its own instead, as a [Lock].
func Claims() Model[string, ClaimsInput, ClaimsAnswer] {
	return Model[string, ClaimsInput, ClaimsAnswer]{
		Init: "{}",
		Do: func(state string, in ClaimsInput) (string, ClaimsAnswer) {
			owners := map[string]string{}
			if json.Unmarshal([]byte(state), &owners) != nil {
				return state, ClaimsAnswer{}
			}
			owner, taken := owners[in.name]
			out := ClaimsAnswer{All: owners}
			switch {
			case in.kind == claim && !taken:
				owners[in.name], out.OK = in.owner, true
			case in.kind == unclaim && taken && owner == in.owner:
				delete(owners, in.name)
				out.OK = true
			default:
				return state, out
			}
			next, _ := json.Marshal(owners) // sorts the names; texts cannot fail
			return string(next), out
		},
		Agree: func(_ ClaimsInput, did, told ClaimsAnswer) bool {
			return did.OK == told.OK && (told.All == nil || maps.Equal(did.All, told.All))
		},
		Idle: func(_ ClaimsInput, out ClaimsAnswer) bool { return !out.OK },
		Observed: func(in ClaimsInput, outcome coodie.Outcome) ClaimsAnswer {
			return ClaimsAnswer{OK: in.kind != list && outcome == coodie.OutcomeApplied}
		},
		Describe: func(in ClaimsInput, out *ClaimsAnswer) string {
			s := [...]string{"lists", "claims " + in.name + " for " + in.owner, "frees " + in.name + " of " + in.owner}[in.kind]
			switch {
			case out == nil:
				return s + unknown
			case in.kind != list && out.OK:
				return s + ": done"
			case in.kind != list:
				return s + ": refused"
			}
			var all []string
			for _, name := range slices.Sorted(maps.Keys(out.All)) {
				all = append(all, name+" of "+out.All[name])
			}
			return s + ": " + nobody(strings.Join(all, ", "))
		},
	}
}
