package wire

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// From version 5 on, everything behind the answer to STARTUP travels in segments
// with checksums. A segment holds whole frames, or a part of one that is larger.
// Either way the payloads, one behind the other, are the stream of frames.
const (
	maxPayload   = 1<<17 - 1
	plainHeader  = 3 // 17 bits of length, one for whole frames
	packedHeader = 5 // and 17 bits more: the unpacked length
	checksum24   = 3
	checksum32   = 4
)

var errChecksum = errors.New("segment with a wrong checksum")

// crc24 is the checksum of a segment's header.
func crc24(header []byte) uint32 {
	crc := uint32(0x875060)
	for _, b := range header {
		crc ^= uint32(b) << 16
		for range 8 {
			if crc <<= 1; crc&0x1000000 != 0 {
				crc ^= 0x1974F0B
			}
		}
	}
	return crc
}

// crcOfPayload is the checksum of a segment's payload.
func crcOfPayload(payload []byte) uint32 {
	seed := crc32.ChecksumIEEE([]byte{0xFA, 0x2D, 0x55, 0xCA})
	return crc32.Update(seed, crc32.IEEETable, payload)
}

// segments is one connection's way of cutting frames into segments and back.
type segments struct{ packed bool }

func (s segments) headerLength() int {
	if s.packed {
		return packedHeader
	}
	return plainHeader
}

// append appends the segments that carry one frame.
func (s segments) append(b, frame []byte) []byte {
	whole := len(frame) <= maxPayload
	for len(frame) > 0 {
		part := frame[:min(len(frame), maxPayload)]
		frame = frame[len(part):]
		b = s.appendOne(b, part, whole)
	}
	return b
}

func (s segments) appendOne(b, payload []byte, whole bool) []byte {
	header := uint64(len(payload))
	flag := uint64(1) << 17
	if s.packed {
		unpacked := uint64(0) // not packed
		if short := appendLZ4(nil, payload); len(short) < len(payload) {
			unpacked, payload = uint64(len(payload)), short
		}
		header, flag = uint64(len(payload))|unpacked<<17, 1<<34
	}
	if whole {
		header |= flag
	}
	start := len(b)
	var word [8]byte
	binary.LittleEndian.PutUint64(word[:], header)
	b = append(b, word[:s.headerLength()]...)
	sum := crc24(b[start:])
	b = append(b, byte(sum), byte(sum>>8), byte(sum>>16))
	b = append(b, payload...)
	return binary.LittleEndian.AppendUint32(b, crcOfPayload(payload))
}

// segmentReader is the stream of frames that comes in segments.
type segmentReader struct {
	segments
	in   io.Reader
	rest []byte // of the present payload
}

func (r *segmentReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *segmentReader) next() error {
	n := r.headerLength()
	var word [8]byte
	if _, err := io.ReadFull(r.in, word[:n+checksum24]); err != nil {
		return err
	}
	if sum := word[n : n+checksum24]; crc24(word[:n]) != uint32(sum[0])|uint32(sum[1])<<8|uint32(sum[2])<<16 {
		return errChecksum
	}
	clear(word[n:])
	header := binary.LittleEndian.Uint64(word[:])
	length, unpacked := int(header&maxPayload), 0
	if r.packed {
		unpacked = int(header >> 17 & maxPayload)
	}
	body := make([]byte, length+checksum32)
	if _, err := io.ReadFull(r.in, body); err != nil {
		return err
	}
	payload := body[:length]
	if crcOfPayload(payload) != binary.LittleEndian.Uint32(body[length:]) {
		return errChecksum
	}
	if unpacked > 0 {
		var err error
		if payload, err = unpackLZ4(make([]byte, 0, unpacked), payload); err != nil {
			return err
		}
	}
	r.rest = payload
	return nil
}
