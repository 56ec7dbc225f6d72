package answer

// State says what an answer tells of a row before the write, or of one of its cells.
type State uint8

const (
	Untold State = iota
	Absent       // there was no row; the cell is null
	Present
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
