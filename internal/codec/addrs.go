package codec

import (
	"errors"
	"net"
	"net/netip"
	"unsafe"
)

// ipCoder is a net.IP as an inet; nil is null. IPv4 comes back in four bytes.
type ipCoder struct{}

var errInet = errors.New("an IP address has 4 or 16 bytes and no zone")

func (ipCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	ip := *(*net.IP)(p)
	if ip == nil {
		return dst, true, nil
	}
	if v4 := ip.To4(); v4 != nil {
		return append(dst, v4...), false, nil
	}
	if len(ip) != net.IPv6len {
		return dst, false, errInet
	}
	return append(dst, ip...), false, nil
}

func (ipCoder) decode(p unsafe.Pointer, data []byte) error {
	ip := (*net.IP)(p)
	*ip = nil
	switch len(data) {
	case 0:
	case net.IPv4len:
		*ip = net.IP(append([]byte(nil), data...))
	case net.IPv6len:
		*ip = net.IP(append([]byte(nil), data...))
		if v4 := ip.To4(); v4 != nil {
			*ip = v4
		}
	default:
		return errInet
	}
	return nil
}

// addrCoder is a netip.Addr as an inet; the zero Addr is null.
type addrCoder struct{}

func (addrCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	a := *(*netip.Addr)(p)
	switch a = a.Unmap(); {
	case !a.IsValid():
		return dst, true, nil
	case a.Zone() != "":
		return dst, false, errInet
	case a.Is4():
		b := a.As4()
		return append(dst, b[:]...), false, nil
	}
	b := a.As16()
	return append(dst, b[:]...), false, nil
}

func (addrCoder) decode(p unsafe.Pointer, data []byte) error {
	a, ok := netip.AddrFromSlice(data)
	*(*netip.Addr)(p) = a.Unmap()
	if !ok && len(data) > 0 {
		return errInet
	}
	return nil
}

// uuidTextCoder is a string kind as a uuid or timeuuid; "" is null.
type uuidTextCoder struct{}

func (uuidTextCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	s := *(*string)(p)
	if s == "" {
		return dst, true, nil
	}
	u, err := ParseUUID(s)
	if err != nil {
		return dst, false, fail("the string is not a uuid")
	}
	return append(dst, u[:]...), false, nil
}

func (uuidTextCoder) decode(p unsafe.Pointer, data []byte) error {
	*(*string)(p) = ""
	if len(data) != 16 {
		return badLength(data)
	}
	*(*string)(p) = UUIDText([16]byte(data))
	return nil
}
