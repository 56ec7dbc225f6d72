// Package replay says whether a statement may be sent twice, and why.
//
// A statement is idempotent if carrying it out twice in a row leaves what carrying it out
// once leaves. The rules err on the side of "no": what cannot be proved is not idempotent.
package replay

// Reason is why a statement may be sent twice, or why not.
type Reason uint8

const (
	// Same writes the same values over what the first execution wrote.
	Same Reason = iota
	// Read changes nothing.
	Read
	// Declared is idempotent because the program says so.
	Declared

	// OutcomeRefused is not idempotent because the program says so.
	Refused
	// Conditional has a condition, which meets what the first execution wrote.
	Conditional
	// Counter adds to a counter, twice.
	Counter
	// ListAppend appends or prepends to a list, twice.
	ListAppend
	// ListIndex names an element of a list by its index, which may be another by then.
	ListIndex
	// StampedList sets a whole list under a given timestamp. The old elements are deleted
	// just before that timestamp, so those of the first execution stay: [a, b, a, b].
	StampedList
	// Function has a value that a function makes anew.
	Function
	// Unproved adds something that may be a counter, a list or else, or a c[k] of which k
	// may be a list's index.
	Unproved
	// Unparsed is text that the parser does not understand.
	Unparsed
	// Other is neither a SELECT nor an INSERT, UPDATE, DELETE or batch.
	Other
	// Reordered is idempotent by itself, but carries no timestamp: sent again, it is newer
	// than what others wrote since.
	Reordered
)

// Safe reports whether the statement may be sent twice.
func (r Reason) Safe() bool { return r <= Declared }

func (r Reason) String() string {
	return [...]string{
		Same:        "a second execution writes the same values",
		Read:        "a read changes nothing",
		Declared:    "declared idempotent",
		Refused:     "declared not idempotent",
		Conditional: "the condition of a second execution would meet what the first has written",
		Counter:     "a counter would be added to twice",
		ListAppend:  "a list would be appended or prepended to twice",
		ListIndex:   "a list's index may name another element the second time",
		StampedList: "a list set under one timestamp twice has its elements twice",
		Function:    "a function may give another value the second time",
		Unproved:    "the text does not tell a counter or a list from what could be changed twice",
		Unparsed:    "the statement is not understood",
		Other:       "only SELECT, INSERT, UPDATE, DELETE and batches of these are judged",
		Reordered:   "without a client timestamp a second execution would be newer than what others wrote since",
	}[r]
}
