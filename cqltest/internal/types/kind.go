package types

// Kind is the family a [Type] belongs to. For every kind the native protocol
// knows, the value is the protocol's option id.
type Kind uint16

// The kinds. [KindVector] and [KindEmpty] have no option id of their own: on
// the wire they travel as [KindCustom] with a class name.
const (
	KindCustom    Kind = 0x0000
	KindASCII     Kind = 0x0001
	KindBigint    Kind = 0x0002
	KindBlob      Kind = 0x0003
	KindBoolean   Kind = 0x0004
	KindCounter   Kind = 0x0005
	KindDecimal   Kind = 0x0006
	KindDouble    Kind = 0x0007
	KindFloat     Kind = 0x0008
	KindInt       Kind = 0x0009
	KindTimestamp Kind = 0x000B
	KindUUID      Kind = 0x000C
	KindText      Kind = 0x000D
	KindVarint    Kind = 0x000E
	KindTimeUUID  Kind = 0x000F
	KindInet      Kind = 0x0010
	KindDate      Kind = 0x0011
	KindTime      Kind = 0x0012
	KindSmallint  Kind = 0x0013
	KindTinyint   Kind = 0x0014
	KindDuration  Kind = 0x0015
	KindList      Kind = 0x0020
	KindMap       Kind = 0x0021
	KindSet       Kind = 0x0022
	KindUDT       Kind = 0x0030
	KindTuple     Kind = 0x0031
	KindVector    Kind = 0x0100
	KindEmpty     Kind = 0x0101
)
