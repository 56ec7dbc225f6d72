package types

import (
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
)

// parseInet parses what Java's InetAddress does short of asking a name server:
// IPv6, IPv4 with one to four parts, and localhost.
func parseInet(s string) ([]byte, error) {
	if s == "" {
		return []byte{}, nil
	}
	if strings.EqualFold(s, "localhost") {
		return []byte{127, 0, 0, 1}, nil
	}
	text := s
	if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		text = text[1 : len(text)-1]
	}
	if a, err := netip.ParseAddr(text); err == nil {
		a = a.WithZone("").Unmap()
		return a.AsSlice(), nil
	}
	if b := parseIPv4(text); b != nil {
		return b, nil
	}
	return nil, Invalidf("Unable to make inet address from '%s'", s)
}

// parseIPv4 parses the forms whose last part fills the remaining bytes: 127.1.
func parseIPv4(s string) []byte {
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return nil
	}
	out := make([]byte, 0, 4)
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 10, 32)
		room := 4 - i
		if i < len(parts)-1 {
			room = 1
		}
		if err != nil || v >= 1<<(8*room) {
			return nil
		}
		for room--; room >= 0; room-- {
			out = append(out, byte(v>>(8*room)))
		}
	}
	return out
}

// FormatInet writes an address like Java: IPv6 in eight groups, none left out.
func FormatInet(b []byte) string {
	a, ok := netip.AddrFromSlice(b)
	if !ok {
		return ""
	}
	a = a.Unmap()
	if a.Is4() {
		return a.String()
	}
	var sb strings.Builder
	for i := 0; i < 16; i += 2 {
		if i > 0 {
			sb.WriteByte(':')
		}
		sb.WriteString(strconv.FormatUint(uint64(b[i])<<8|uint64(b[i+1]), 16))
	}
	return sb.String()
}

// FormatUUID writes a UUID in its canonical form.
func FormatUUID(b []byte) string {
	if len(b) != 16 {
		return ""
	}
	var s [36]byte
	hex.Encode(s[:8], b[:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:], b[10:])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}

// parseUUID returns nil when s is not a UUID.
func parseUUID(s string) []byte {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return nil
	}
	b, err := hex.DecodeString(s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:])
	if err != nil {
		return nil
	}
	return b
}
