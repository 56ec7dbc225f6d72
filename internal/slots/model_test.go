package slots

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The model: two clients write one row through a network that loses answers and holds requests
// back for as long as it likes, and somebody deletes the row and inserts it anew. All interleavings are looked
// at, within the budgets of a variant. What a client does after each answer is decided by Op itself, the code that
// the mapper runs.

const clients = 2

// program is what each client wants, one write after the other: SET v = to IF v = from.
type program [clients][2]struct{ from, to int8 }

// In both programs values return, so that a condition on the value alone does not tell a late
// copy from a new write.
var (
	undoing  = program{{{1, 2}, {2, 3}}, {{2, 1}, {3, 1}}} // B undoes what A has written
	blocking = program{{{1, 2}, {2, 3}}, {{1, 3}, {3, 1}}} // B refuses A's write, and then it could be applied again
)

// variant is a protocol, right or broken, and what may happen to it.
type variant struct {
	name    string
	program // undoing if there is none

	// What may happen, how often.
	losses, deletes, inserts, cleans int8

	versions bool // the condition is a version that no row has twice, instead of a value

	// What is broken.
	unclaimed bool // the first write of a row takes null for the old id
	noSlot    bool // the write is sent again without a slot
	dropped   bool // the slot is emptied once the outcome is known
	tries     bool // each request has an id of its own
	noFence   bool // a refusal is believed although an earlier request may be on its way
	ghostly   bool // the fence has no condition that proves the row

	only  string // look for this alone
	wrong string // what the search has to find; "": nothing
}

type kind int8

const (
	none kind = iota
	claim
	write
	fence
)

// request is a request on its way.
type request struct {
	kind     kind
	client   int8
	op       int8 // the number of the client's write
	from, to int8
	old, id  string
	awaited  bool // the client still waits for the answer
}

type phase int8

const (
	idle phase = iota
	waiting
	looking // about to look at the row, and to fence
)

type client struct {
	phase    phase
	at       int8 // the number of its write
	sent     int8 // requests of it
	from, to int8
	op       Op
	last     string // what it remembers of its slot
}

type world struct {
	exists, ghost bool
	v             int8
	slot          [clients]string
	net           [6]request
	client        [clients]client
	executed      [clients][2]int8
	verdict       [clients][2]Verdict
	gone          bool // the row was deleted, or a slot removed
	next          int8 // the next version

	losses, deletes, inserts, cleans int8
}

type step struct {
	what string
	to   world
}

type search struct {
	variant
	steps []step
}

func (s *search) can(what string, to world) { s.steps = append(s.steps, step{what, to}) }

// moves are all that can happen next.
func (s *search) moves(w world) []step {
	s.steps = s.steps[:0]
	for c := range int8(clients) {
		s.clientMoves(w, c)
	}
	for i := range w.net {
		if w.net[i].kind != none {
			s.execute(w, i)
		}
	}
	if w.exists && w.deletes > 0 {
		to := w
		to.deletes--
		to.exists, to.v, to.slot, to.gone = false, 0, [clients]string{}, true
		s.can("the row is deleted", to)
	}
	if !w.exists && w.inserts > 0 {
		to := w
		to.inserts--
		to.exists, to.v = true, 1
		if s.versions {
			to.next++
			to.v = to.next
		}
		s.can("the row is inserted", to)
	}
	for c := range int8(clients) {
		if w.cleans > 0 && w.slot[c] != "" {
			to := w
			to.cleans--
			to.slot[c], to.gone = "", true
			s.can(fmt.Sprintf("%c's slot is removed", 'A'+c), to)
		}
	}
	return s.steps
}

func (s *search) clientMoves(w world, c int8) {
	who := string('A' + rune(c))
	me := &w.client[c]
	switch me.phase {
	case idle:
		if int(me.at) == len(s.program[c]) {
			return
		}
		id := fmt.Sprintf("%s%d", strings.ToLower(who), me.at+1)
		me.op = Op{Writer: who, ID: id, Old: me.last}
		me.from, me.to = s.program[c][me.at].from, s.program[c][me.at].to
		if s.versions {
			w.next++
			me.from, me.to = w.v, w.next
		}
		me.sent = 0
		first := me.op.Begin()
		if s.unclaimed || s.noSlot {
			first = Write
		}
		s.do(w, c, first, who+" begins "+id)
	case looking:
		if s.noFence {
			return
		}
		s.do(w, c, me.op.Look(Seen{w.exists, w.slot[c]}), who+" looks")
	}
}

// do does what the protocol says.
func (s *search) do(w world, c int8, next Next, what string) {
	switch next {
	case Done:
		s.done(w, c, what)
	case Claim:
		s.send(w, c, claim, what+", and claims the slot")
	case Write:
		s.send(w, c, write, what+", and sends the write")
	case Fence:
		s.send(w, c, fence, what+", and sends the fence")
	}
}

// send puts a request on its way.
func (s *search) send(w world, c int8, k kind, what string) {
	me := &w.client[c]
	for i := range w.net {
		if w.net[i].kind == none {
			me.sent++
			var id string
			switch {
			case k == claim:
				id = me.op.Claimed()
			case k == fence:
				id = me.op.Fenced()
			case s.tries && me.op.lost:
				me.op.ID += "'"
				fallthrough
			default:
				id = me.op.ID
			}
			w.net[i] = request{k, c, me.at, me.from, me.to, me.op.Old, id, true}
			me.phase = waiting
			s.can(what, w)
			return
		}
	}
}

// execute carries a request out. The client hears of it, or not.
func (s *search) execute(w world, i int) {
	r := w.net[i]
	who := string('A' + rune(r.client))
	if r.awaited && w.losses > 0 { // it stays on its way, and the client gives up waiting
		late := w
		late.losses--
		late.net[i].awaited = false
		s.unheard(late, r, who+" hears nothing, and the request is still on its way")
	}
	w.net[i] = request{}
	applied := w.exists
	switch r.kind {
	case write, claim:
		applied = applied && w.v == r.from && (s.noSlot || w.slot[r.client] == r.old)
		if applied && r.kind == write {
			w.v = r.to
			w.executed[r.client][r.op]++
		}
	case fence:
		applied = (applied || s.ghostly) && w.slot[r.client] == r.old
		if applied && !w.exists {
			w.exists, w.ghost = true, true
		}
	}
	if applied && !s.noSlot {
		w.slot[r.client] = r.id
	}
	what := fmt.Sprintf("%s's request (%s, slot %q to %q) is executed: applied %v", who, [...]string{"", "claim", "write", "fence"}[r.kind], r.old, r.id, applied)
	if !r.awaited {
		s.can(what+", late", w)
		return
	}
	if w.losses > 0 {
		lost := w
		lost.losses--
		s.unheard(lost, r, what+"; the answer is lost")
	}
	s.heard(w, r, applied, what)
}

// unheard is what a client does that has no answer: it sends again, or gives up and fences. A claim that
// is given up has changed nothing.
func (s *search) unheard(w world, r request, what string) {
	me := &w.client[r.client]
	if r.kind == claim {
		s.send(w, r.client, claim, what+"; it claims again")
		return
	}
	me.op.Lost()
	if me.sent < 4 {
		s.send(w, r.client, write, what+"; it sends the write again")
	}
	me.phase = looking
	s.can(what+"; it gives up", w)
}

func (s *search) heard(w world, r request, applied bool, what string) {
	me := &w.client[r.client]
	seen := Seen{w.exists, w.slot[r.client]}
	next := Done
	switch {
	case applied && r.kind == claim:
		next = me.op.ClaimApplied(r.id)
	case applied && r.kind == write:
		next = me.op.WriteApplied()
	case applied:
		next = me.op.FenceApplied()
	case s.noSlot, s.noFence && seen.Slot != me.op.ID:
		me.op.verdict = Refused
	case s.tries && seen.Row && seen.Slot != me.op.Old && seen.Slot != me.op.ID:
		me.op.Old, next = seen.Slot, Write // taken for an earlier write's
	case s.unclaimed && !me.op.lost:
		if next = me.op.Refuse(seen); next == Claim {
			next = Write
		}
	default:
		next = me.op.Refuse(seen)
	}
	if next == Fence { // it looks once more, at the whole row
		me.phase = looking
		s.can(what, w)
		return
	}
	s.do(w, r.client, next, what)
}

// done ends a client's write.
func (s *search) done(w world, c int8, what string) {
	me := &w.client[c]
	w.verdict[c][me.at] = me.op.Verdict()
	me.last = me.op.Left()
	if s.dropped {
		w.slot[c], me.last = "", ""
	}
	me.at++
	me.phase, me.op, me.from, me.to, me.sent = idle, Op{}, 0, 0, 0
	s.can(what, w)
}

// violation says what is wrong with a world, of all or of one thing only; "" if nothing is.
func (w *world) violation(only string) string {
	for c := range w.verdict {
		for i, v := range w.verdict[c] {
			n := w.executed[c][i]
			for _, is := range []struct {
				so   bool
				what string
			}{
				{w.ghost, "a fence has made a row"},
				{n > 1, "a write was executed twice"},
				{v == Applied && n == 0, "a write that was not executed is said to be applied"},
				{v == Refused && n > 0, "a write that was executed is said to be refused"},
				{v == Untold && !w.gone, "the outcome of a write is open, although the row was never deleted"},
			} {
				if is.so && (only == "" || only == is.what) {
					return is.what
				}
			}
		}
	}
	return ""
}

// run looks at all interleavings, and returns the shortest one that goes wrong.
func (v variant) run() (trace []string, wrong string, worlds int) {
	type origin struct {
		from int
		what string
	}
	start := world{exists: true, v: 1, next: 1, losses: v.losses, deletes: v.deletes, inserts: v.inserts, cleans: v.cleans}
	seen, list, origins := map[world]bool{start: true}, []world{start}, []origin{{-1, ""}}
	if v.program == (program{}) {
		v.program = undoing
	}
	s := search{variant: v}
	for i := 0; i < len(list); i++ {
		if wrong = list[i].violation(v.only); wrong != "" {
			for at := i; at > 0; at = origins[at].from {
				trace = append(trace, origins[at].what)
			}
			slices.Reverse(trace)
			return trace, wrong, len(list)
		}
		for _, step := range s.moves(list[i]) {
			slices.SortFunc(step.to.net[:], compare) // their order says nothing
			if !seen[step.to] {
				seen[step.to] = true
				list, origins = append(list, step.to), append(origins, origin{i, step.what})
			}
		}
	}
	return nil, "", len(list)
}

func compare(a, b request) int {
	awaited := func(r request) int {
		if r.awaited {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.client, b.client), cmp.Compare(a.op, b.op), cmp.Compare(a.from, b.from),
		cmp.Compare(a.to, b.to), cmp.Compare(a.old, b.old), cmp.Compare(a.id, b.id), awaited(a)-awaited(b))
}

// The protocol holds under each disturbance, and the model finds each broken variant.
func TestAllInterleavings(t *testing.T) {
	const (
		twice   = "a write was executed twice"
		missed  = "a write that was executed is said to be refused"
		unknown = "the outcome of a write is open, although the row was never deleted"
	)
	for _, v := range []variant{
		{name: "answers lost, requests late", losses: 3},
		{name: "answers lost, requests late, refusals", losses: 3, program: blocking},
		{name: "the row deleted", losses: 2, deletes: 1},
		{name: "the row deleted and inserted, values that return", losses: 2, deletes: 1, inserts: 1},
		{name: "the row deleted and inserted, versions", losses: 1, deletes: 1, inserts: 1, versions: true},
		{name: "a slot removed, or expired, at any time", losses: 2, cleans: 1},

		{name: "no slot", losses: 2, noSlot: true, wrong: missed},
		{name: "no slot, and refusals not believed", losses: 2, noSlot: true, only: twice, wrong: twice},
		{name: "no claim, the mark dropped early", losses: 2, unclaimed: true, dropped: true, only: twice, wrong: twice},
		{name: "no claim, the mark on a TTL or removed by age", losses: 2, cleans: 1, unclaimed: true, only: twice, wrong: twice},
		{name: "no claim, the row deleted and inserted", losses: 2, deletes: 1, inserts: 1, unclaimed: true, only: twice, wrong: twice},
		{name: "an id for each try", losses: 2, tries: true, only: twice, wrong: twice},
		{name: "a refusal believed without a fence", losses: 2, program: blocking, noFence: true, wrong: missed},
		{name: "a fence that makes a row", losses: 2, deletes: 1, unclaimed: true, ghostly: true, wrong: "a fence has made a row"},
	} {
		t.Run(v.name, func(t *testing.T) {
			trace, wrong, worlds := v.run()
			t.Logf("%d worlds; %s\n%s", worlds, wrong, strings.Join(trace, "\n"))
			require.Equal(t, v.wrong, wrong)
		})
	}
}
