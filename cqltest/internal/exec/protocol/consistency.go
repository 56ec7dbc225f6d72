package protocol

import (
	"fmt"
)

// Consistency levels as the protocol numbers them.
const (
	Any         uint16 = 0x0000
	One         uint16 = 0x0001
	Two         uint16 = 0x0002
	Three       uint16 = 0x0003
	Quorum      uint16 = 0x0004
	All         uint16 = 0x0005
	LocalQuorum uint16 = 0x0006
	EachQuorum  uint16 = 0x0007
	Serial      uint16 = 0x0008
	LocalSerial uint16 = 0x0009
	LocalOne    uint16 = 0x000A
)

// ConsistencyName is the name of a level.
func ConsistencyName(c uint16) string {
	names := []string{"ANY", "ONE", "TWO", "THREE", "QUORUM", "ALL", "LOCAL_QUORUM", "EACH_QUORUM", "SERIAL", "LOCAL_SERIAL", "LOCAL_ONE"}
	if int(c) < len(names) {
		return names[c]
	}
	return fmt.Sprintf("UNKNOWN(%d)", c)
}
