package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/big"
	"unsafe"

	"gopkg.in/inf.v0"
)

// textCoder is a string kind as text or ascii. Null decodes as "".
type textCoder struct{}

func (textCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	return append(dst, *(*string)(p)...), false, nil
}

func (textCoder) decode(p unsafe.Pointer, data []byte) error {
	*(*string)(p) = string(data)
	return nil
}

// blobCoder is a byte slice as a blob: nil is null, empty is empty.
type blobCoder struct{}

func (blobCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	b := *(*[]byte)(p)
	return append(dst, b...), b == nil, nil
}

func (blobCoder) decode(p unsafe.Pointer, data []byte) error {
	*(*[]byte)(p) = bytes.Clone(data)
	return nil
}

func (blobCoder) appendEmpty(dst []byte) []byte { return dst }

// bytesCoder is an array of bytes as a blob of that length, or as a uuid.
type bytesCoder struct{ size int }

func (c bytesCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	return append(dst, unsafe.Slice((*byte)(p), c.size)...), false, nil
}

func (c bytesCoder) decode(p unsafe.Pointer, data []byte) error {
	b := unsafe.Slice((*byte)(p), c.size)
	if len(data) != c.size {
		clear(b)
		return badLength(data)
	}
	copy(b, data)
	return nil
}

// boolCoder is a bool kind as a boolean.
type boolCoder struct{}

func (boolCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	if *(*bool)(p) {
		return append(dst, 1), false, nil
	}
	return append(dst, 0), false, nil
}

func (boolCoder) decode(p unsafe.Pointer, data []byte) error {
	*(*bool)(p) = len(data) == 1 && data[0] != 0
	if len(data) != 1 {
		return badLength(data)
	}
	return nil
}

// floatCoder is a Go float as a CQL float (width 4) or double (width 8). What
// would lose precision on the way is an error, in both directions.
type floatCoder[G ~float32 | ~float64] struct{ width int }

func (c floatCoder[G]) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	dst, err := c.appendValue(dst, *(*G)(p))
	return dst, false, err
}

func (c floatCoder[G]) decode(p unsafe.Pointer, data []byte) (err error) {
	*(*G)(p), err = c.value(data)
	return err
}

func (c floatCoder[G]) appendValue(dst []byte, v G) ([]byte, error) {
	if c.width == 8 {
		return binary.BigEndian.AppendUint64(dst, math.Float64bits(float64(v))), nil
	}
	f := float32(v)
	if G(f) != v && v == v {
		return dst, errPrecision
	}
	return binary.BigEndian.AppendUint32(dst, math.Float32bits(f)), nil
}

func (c floatCoder[G]) value(data []byte) (G, error) {
	if len(data) != c.width {
		return 0, badLength(data)
	}
	if c.width == 4 {
		return G(math.Float32frombits(binary.BigEndian.Uint32(data))), nil
	}
	f := math.Float64frombits(binary.BigEndian.Uint64(data))
	if v := G(f); float64(v) == f || f != f {
		return v, nil
	}
	return 0, errPrecision
}

var errPrecision = errors.New("the value loses precision: use float32 with float, float64 with double")

// decimalCoder is an inf.Dec as a decimal.
type decimalCoder struct{}

func (decimalCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	d := (*inf.Dec)(p)
	dst = binary.BigEndian.AppendUint32(dst, uint32(d.Scale()))
	return appendBig(dst, d.UnscaledBig()), false, nil
}

func (decimalCoder) decode(p unsafe.Pointer, data []byte) error {
	d := (*inf.Dec)(p)
	*d = inf.Dec{} // its words may be shared with an earlier copy of the value
	return setDec(d, data, nil)
}

// decodeNew allocates the number together with a word for its digits.
func (decimalCoder) decodeNew(data []byte) (unsafe.Pointer, error) {
	v := new(struct {
		d    inf.Dec
		word [1]big.Word
	})
	return unsafe.Pointer(&v.d), setDec(&v.d, data, v.word[:])
}

func setDec(d *inf.Dec, data []byte, word []big.Word) error {
	if len(data) == 0 {
		return nil
	}
	if len(data) < 5 {
		return errShort
	}
	d.SetScale(inf.Scale(int32(binary.BigEndian.Uint32(data))))
	setBig(d.UnscaledBig(), data[4:], word)
	return nil
}
