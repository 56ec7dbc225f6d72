package answer

// Presence says what an answer holds of a column.
type Presence uint8

const (
	Missing Presence = iota // it was not sent
	Null
	Present
)

// RowState says what an answer tells about the row before the write.
type RowState uint8

const (
	RowUnknown RowState = iota
	RowMissing
	RowPresent
)

// Verdict is what an answer tells about a condition.
type Verdict uint8

const (
	Unknown Verdict = iota
	Held
	NotHeld
)

func (v Verdict) not() Verdict {
	switch v {
	case Held:
		return NotHeld
	case NotHeld:
		return Held
	}
	return Unknown
}
