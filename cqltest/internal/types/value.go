package types

// Unset is the value of a bind variable that was not set. Compare with
// [IsUnset], which looks at identity.
var Unset = make([]byte, 1)[:0]

// IsUnset says whether b is [Unset].
func IsUnset(b []byte) bool {
	return len(b) == 0 && cap(b) == 1 && &b[:1][0] == &Unset[:1][0]
}
