package coodie

import "github.com/coodie-go/coodie/internal/driver"

// Consistency is the level of a plain statement, or of the commit of an LWT. The numbers are those of the
// native protocol, so that a driver's level converts: coodie.Consistency(gocql.Quorum).
type Consistency uint16

// The levels of a Consistency.
const (
	Any         = Consistency(driver.Any)
	One         = Consistency(driver.One)
	Two         = Consistency(driver.Two)
	Three       = Consistency(driver.Three)
	Quorum      = Consistency(driver.Quorum)
	All         = Consistency(driver.All)
	LocalQuorum = Consistency(driver.LocalQuorum)
	EachQuorum  = Consistency(driver.EachQuorum)
	LocalOne    = Consistency(driver.LocalOne)
)

// String returns the level's name in CQL, such as LOCAL_QUORUM.
func (c Consistency) String() string { return driver.Consistency(c).String() }

// SerialConsistency is the level of an LWT's Paxos round, or of a linearizable read.
type SerialConsistency uint16

// The levels of a SerialConsistency.
const (
	Serial      = SerialConsistency(driver.Serial)
	LocalSerial = SerialConsistency(driver.LocalSerial)
)

// String returns the level's name in CQL: SERIAL or LOCAL_SERIAL.
func (s SerialConsistency) String() string { return driver.SerialConsistency(s).String() }
