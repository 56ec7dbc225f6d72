package coodie

// presenceType says what an answer holds of a column.
type presenceType uint8

const (
	aMissing presenceType = iota // it was not sent
	aNull
	aPresent
)

// rowStateType says what an answer tells about the row before the write.
type rowStateType uint8

const (
	rUnknown rowStateType = iota
	rMissing
	rPresent
)

// verdictType is what an answer tells about a condition.
type verdictType uint8

const (
	vUnknown verdictType = iota
	vHeld
	vNotHeld
)
