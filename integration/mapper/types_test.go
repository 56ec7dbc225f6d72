package mapper_test

import (
	"encoding/binary"
	"errors"
	"math"
	"math/big"
	"net"
	"net/netip"
	"time"

	"github.com/gocql/gocql"
	"github.com/google/uuid"
	"gopkg.in/inf.v0"

	"github.com/coodie-go/coodie"
)

// Types has a column of every type.
type Types struct {
	ID        int                 `cql:"id,partition"`
	ASCII     *string             `cql:"c_ascii,type=ascii"`
	Text      *string             `cql:"c_text"`
	Bool      *bool               `cql:"c_bool"`
	Tiny      *int8               `cql:"c_tiny"`
	Small     *int16              `cql:"c_small"`
	Int       *int                `cql:"c_int"`
	Int32     *int32              `cql:"c_int32"`
	Big       *int64              `cql:"c_big"`
	Uint8     *uint8              `cql:"c_uint8"`
	Uint16    *uint16             `cql:"c_uint16"`
	Uint32    *uint32             `cql:"c_uint32"`
	Uint64    *uint64             `cql:"c_uint64"`
	Wide      *int                `cql:"c_wide,type=bigint"`
	Varint    *big.Int            `cql:"c_varint"`
	Decimal   *inf.Dec            `cql:"c_decimal"`
	Float     *float32            `cql:"c_float"`
	Double    *float64            `cql:"c_double"`
	Blob      []byte              `cql:"c_blob"`
	Bytes4    *[4]byte            `cql:"c_bytes4"`
	UUID      *gocql.UUID         `cql:"c_uuid"`
	Google    *uuid.UUID          `cql:"c_google"`
	TimeUUID  *gocql.UUID         `cql:"c_timeuuid,type=timeuuid"`
	Time      time.Time           `cql:"c_timestamp"`
	When      *time.Time          `cql:"c_when"`
	Date      coodie.Date         `cql:"c_date"`
	Clock     *time.Duration      `cql:"c_time,type=time"`
	Duration  *gocql.Duration     `cql:"c_duration"`
	Addr      netip.Addr          `cql:"c_addr"`
	IP        net.IP              `cql:"c_ip"`
	List      []int               `cql:"c_list"`
	Set       []string            `cql:"c_set,set"`
	Keys      map[int64]struct{}  `cql:"c_keys"`
	Map       map[string]int64    `cql:"c_map"`
	Times     map[time.Time]int   `cql:"c_times"`
	Nested    map[string][]int    `cql:"c_nested"`
	Deep      [][]map[string]bool `cql:"c_deep"`
	Frozen    []int               `cql:"c_frozen,frozen"`
	FrozenMap map[string][]string `cql:"c_frozen_map,frozen"`
	Address   *Place              `cql:"c_address"`
	Home      *Place              `cql:"c_home,frozen"`
	Addresses []Place             `cql:"c_addresses"`
	Tuple     *Triple             `cql:"c_tuple,tuple"`
	Tuples    []Triple            `cql:"c_tuples,type=list<frozen<tuple<int, text, bigint>>>"`
	Vector    *[3]float32         `cql:"c_vector"`
	Level     *Level              `cql:"c_level"`
	Money     *Money              `cql:"c_money"`
}

// Place is a user-defined type that nests another.
type Place struct {
	Name  *string
	Point *Point
	Tags  []string
}

// Point is the nested type.
type Point struct{ X, Y float64 }

// Triple is a tuple.
type Triple struct {
	A int
	B *string
	C *int64
}

// Level is a named type.
type Level string

// Money is a gocql.Marshaler of its own.
type Money struct{ Cents int64 }

func (Money) CQLType() string { return "bigint" }

func (m Money) MarshalCQL(gocql.TypeInfo) ([]byte, error) {
	return binary.BigEndian.AppendUint64(nil, uint64(m.Cents)), nil
}

func (m *Money) UnmarshalCQL(_ gocql.TypeInfo, cell []byte) error {
	switch len(cell) {
	case 0:
		m.Cents = 0
	case 8:
		m.Cents = int64(binary.BigEndian.Uint64(cell))
	default:
		return errors.New("money is 8 bytes")
	}
	return nil
}

// greatest holds the greatest value of each type, or a long one where there is none.
func greatest(id int) Types {
	return Types{
		ID: id, ASCII: ptr("~\x7f"), Text: ptr("\U0010ffff 世界"), Bool: ptr(true),
		Tiny: ptr[int8](math.MaxInt8), Small: ptr[int16](math.MaxInt16), Int: ptr(math.MaxInt32), Int32: ptr[int32](math.MaxInt32),
		Big: ptr[int64](math.MaxInt64), Uint8: ptr[uint8](math.MaxUint8), Uint16: ptr[uint16](math.MaxUint16),
		Uint32: ptr[uint32](math.MaxUint32), Uint64: ptr[uint64](math.MaxUint64), Wide: ptr(math.MaxInt64),
		Varint: new(big.Int).Lsh(big.NewInt(1), 200), Decimal: inf.NewDecBig(new(big.Int).Lsh(big.NewInt(1), 99), math.MaxInt16),
		Float: ptr(float32(math.MaxFloat32)), Double: ptr(math.Inf(1)),
		Blob: []byte{0xff, 0, 0xff}, Bytes4: &[4]byte{0xff, 0xff, 0xff, 0xff},
		UUID: ptr(parseUUID("ffffffff-ffff-4fff-bfff-ffffffffffff")), Google: ptr(uuid.MustParse("ffffffff-ffff-4fff-bfff-ffffffffffff")),
		TimeUUID: ptr(parseUUID("ffffffff-ffff-1fff-bfff-ffffffffffff")),
		Time:     time.UnixMilli(math.MaxInt64).UTC(), When: ptr(time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC)),
		Date: coodie.Date{Year: 5881580, Month: 7, Day: 11}, Clock: ptr(24*time.Hour - 1),
		Duration: &gocql.Duration{Months: math.MaxInt32, Days: math.MaxInt32, Nanoseconds: math.MaxInt64},
		Addr:     netip.MustParseAddr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), IP: net.IPv4(255, 255, 255, 255).To4(),
		List: []int{math.MaxInt32, math.MinInt32, 0}, Set: []string{"", "a", "é"},
		Keys: map[int64]struct{}{math.MinInt64: {}, math.MaxInt64: {}}, Map: map[string]int64{"": math.MaxInt64, "b": math.MinInt64},
		Times:  map[time.Time]int{time.UnixMilli(-1).UTC(): 1, time.UnixMilli(1).UTC(): 2},
		Nested: map[string][]int{"a": {1, 2}, "b": {3}}, Deep: [][]map[string]bool{{{"a": true}, {"b": false}}, {{"c": true}}},
		Frozen: []int{3, 2, 1}, FrozenMap: map[string][]string{"b": {"x"}, "a": {"y", "z"}},
		Address:   &Place{Name: ptr("p"), Point: &Point{math.MaxFloat64, math.SmallestNonzeroFloat64}, Tags: []string{"t"}},
		Home:      &Place{Name: ptr("h"), Point: &Point{1, 2}, Tags: []string{"u", "v"}},
		Addresses: []Place{{Name: ptr("q")}, {Point: &Point{3, 4}}},
		Tuple:     &Triple{A: 1, B: ptr("b"), C: ptr[int64](math.MaxInt64)}, Tuples: []Triple{{A: 2}, {A: 3, B: ptr("")}},
		Vector: &[3]float32{1, math.MaxFloat32, -1}, Level: ptr(Level("high")), Money: &Money{math.MaxInt64},
	}
}

// least holds the least value of each type.
func least(id int) Types {
	return Types{
		ID: id, ASCII: ptr("\x00"), Text: ptr("\x00"), Bool: ptr(false),
		Tiny: ptr[int8](math.MinInt8), Small: ptr[int16](math.MinInt16), Int: ptr(math.MinInt32), Int32: ptr[int32](math.MinInt32),
		Big: ptr[int64](math.MinInt64), Uint8: ptr[uint8](0), Uint16: ptr[uint16](0), Uint32: ptr[uint32](0), Uint64: ptr[uint64](0),
		Wide: ptr(math.MinInt64), Varint: new(big.Int).Neg(new(big.Int).Lsh(big.NewInt(1), 200)),
		Decimal: inf.NewDecBig(big.NewInt(-128), math.MinInt16), Float: ptr(float32(-math.MaxFloat32)), Double: ptr(math.Inf(-1)),
		Blob: []byte{0}, Bytes4: &[4]byte{}, UUID: &gocql.UUID{}, Google: &uuid.UUID{},
		TimeUUID: ptr(parseUUID("00000000-0000-1000-8080-808080808080")),
		Time:     time.UnixMilli(math.MinInt64).UTC(), When: ptr(time.UnixMilli(-1).UTC()),
		Date: coodie.Date{Year: -5877641, Month: 6, Day: 23}, Clock: ptr(time.Duration(0)),
		Duration: &gocql.Duration{Months: math.MinInt32, Days: math.MinInt32, Nanoseconds: math.MinInt64},
		Addr:     netip.MustParseAddr("0.0.0.0"), IP: net.IPv6unspecified,
		List: []int{0}, Set: []string{""}, Keys: map[int64]struct{}{0: {}}, Map: map[string]int64{"": 0},
		Times: map[time.Time]int{time.UnixMilli(0).UTC(): 0}, Nested: map[string][]int{"": {}}, Deep: [][]map[string]bool{{}},
		Frozen: []int{0}, FrozenMap: map[string][]string{"": {}},
		Address: &Place{Name: ptr("")}, Home: &Place{Point: &Point{}}, Addresses: []Place{{Name: ptr("")}},
		Tuple: &Triple{}, Tuples: []Triple{{}}, Vector: &[3]float32{}, Level: ptr(Level("")), Money: &Money{math.MinInt64},
	}
}

// ordinary holds values in between, and dates before 1970.
func ordinary(id int) Types {
	return Types{
		ID: id, ASCII: ptr("a"), Text: ptr("b"), Int: ptr(-1), Wide: ptr(-1), Varint: big.NewInt(-129), Decimal: inf.NewDec(-12345, 2),
		Time: time.Date(1969, 12, 31, 23, 59, 59, 1e6, time.UTC), Date: coodie.Date{Year: 1969, Month: 12, Day: 31},
		Clock: ptr(time.Nanosecond), Duration: &gocql.Duration{Months: 1, Days: 2, Nanoseconds: 3},
		Addr: netip.MustParseAddr("192.0.2.1"), IP: net.ParseIP("2001:db8::1"),
		Tuple: &Triple{A: -1, C: ptr[int64](0)}, Address: &Place{Point: &Point{X: -1}},
	}
}

func parseUUID(s string) gocql.UUID {
	u, err := gocql.ParseUUID(s)
	if err != nil {
		panic(err)
	}
	return u
}
