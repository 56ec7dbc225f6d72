package coodie_test

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/internal/codec"
)

var dates, _ = codec.For(reflect.TypeFor[coodie.Date](), codec.Native(codec.Date))

func dateCell(d coodie.Date) ([]byte, error) {
	cell, null, err := dates.Append(nil, codec.At(&d))
	if null {
		return nil, err
	}
	return cell, err
}

func TestDateCells(t *testing.T) {
	for _, tt := range []struct {
		d    coodie.Date
		cell []byte
		text string
	}{
		{coodie.Date{Year: 1970, Month: 1, Day: 1}, []byte{0x80, 0, 0, 0}, "1970-01-01"},
		{coodie.Date{Year: 1969, Month: 12, Day: 31}, []byte{0x7f, 0xff, 0xff, 0xff}, "1969-12-31"},
		{coodie.Date{Year: 2024, Month: 2, Day: 29}, []byte{0x80, 0, 0x4d, 0x46}, "2024-02-29"},
		{coodie.Date{Year: 1, Month: 1, Day: 1}, []byte{0x7f, 0xf5, 0x06, 0xc6}, "0001-01-01"},
		{coodie.Date{Year: -5877641, Month: 6, Day: 23}, []byte{0, 0, 0, 0}, "-5877641-06-23"},
		{coodie.Date{Year: 5881580, Month: 7, Day: 11}, []byte{0xff, 0xff, 0xff, 0xff}, "+5881580-07-11"},
		{coodie.Date{}, nil, "0000-00-00"},
	} {
		cell, err := dateCell(tt.d)
		require.NoError(t, err)
		require.Equal(t, tt.cell, cell, tt.text)
		back := coodie.Date{Year: 9, Month: 9, Day: 9}
		require.NoError(t, dates.Decode(codec.At(&back), cell))
		require.Equal(t, tt.d, back)
		require.Equal(t, tt.text, tt.d.String())
		if tt.cell != nil {
			require.True(t, tt.d.IsValid())
			parsed, err := coodie.ParseDate(tt.text)
			require.NoError(t, err)
			require.Equal(t, tt.d, parsed)
		}
	}
}

func TestDatesEveryDayAround1970(t *testing.T) {
	d := coodie.Date{Year: 1899, Month: 12, Day: 31}
	for want := time.Date(1899, 12, 31, 0, 0, 0, 0, time.UTC); want.Year() < 2101; want = want.AddDate(0, 0, 1) {
		cell, err := dateCell(d)
		require.NoError(t, err)
		var back coodie.Date
		require.NoError(t, dates.Decode(codec.At(&back), cell))
		require.Equal(t, want, back.In(nil))
		next := d.AddDays(1)
		require.True(t, d.Compare(next) < 0 && next.Compare(d) > 0)
		d = next
	}
}

func TestInvalidDates(t *testing.T) {
	for _, d := range []coodie.Date{
		{Year: 2023, Month: 2, Day: 29}, {Year: 2023, Month: 13, Day: 1}, {Year: 2023, Month: 0, Day: 1}, {Year: 2023, Month: 1, Day: 0},
		{Year: 2023, Month: 1, Day: 32}, {Year: 2023}, {Year: 5881580, Month: 7, Day: 12}, {Year: -5877641, Month: 6, Day: 22},
		{Year: math.MaxInt, Month: 1, Day: 1}, {Year: math.MinInt, Month: 1, Day: 1}, {Year: 2023, Month: math.MaxInt, Day: math.MinInt},
	} {
		require.False(t, d.IsValid())
		_, err := dateCell(d)
		require.Error(t, err, "%v", d)
		_, err = d.MarshalText()
		require.Error(t, err)
	}
	for _, s := range []string{"", "x", "2023-2-1", "2023-02-29", "23-02-01", "2023-02-01T00:00:00Z", "--2023-01-01", "+-2023-01-01",
		"2023-01--1", "2023-+1-01", "99999999999-01-01", "5881580-07-12", "-", "2023-01-01-"} {
		_, err := coodie.ParseDate(s)
		require.Error(t, err, s)
	}
	var d coodie.Date
	require.Error(t, dates.Decode(codec.At(&d), []byte{1}))
	_, err := codec.For(reflect.TypeFor[coodie.Date](), codec.Native(codec.Int))
	require.Error(t, err)
}

func TestDateConversions(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	at := time.Date(2024, 1, 1, 0, 30, 0, 0, berlin)
	d := coodie.DateOf(at)
	require.Equal(t, coodie.Date{Year: 2024, Month: 1, Day: 1}, d)
	require.Equal(t, coodie.Date{Year: 2023, Month: 12, Day: 31}, coodie.DateOf(at.UTC()))
	require.Equal(t, time.Date(2024, 1, 1, 0, 0, 0, 0, berlin), d.In(berlin))
	require.Equal(t, coodie.Date{Year: 2023, Month: 12, Day: 31}, d.AddDays(-1))
	require.Equal(t, coodie.Date{Year: 2024, Month: 12, Day: 31}, d.AddDays(365))
	require.Equal(t, 0, d.Compare(d))
	require.Equal(t, -1, coodie.Date{Year: -1, Month: 1, Day: 1}.Compare(d))

	require.True(t, coodie.DateOf(time.Time{}).IsZero())
	require.True(t, coodie.Date{}.In(berlin).IsZero())
	require.True(t, coodie.Date{}.AddDays(1).IsZero())
	require.False(t, coodie.Date{}.IsValid())

	type doc struct {
		D coodie.Date `json:"d"`
		Z coodie.Date `json:"z"`
		O coodie.Date `json:"o,omitzero"`
	}
	text, err := json.Marshal(doc{D: d})
	require.NoError(t, err)
	require.JSONEq(t, `{"d":"2024-01-01","z":""}`, string(text))
	back := doc{Z: d}
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, doc{D: d}, back)
}

// TestDatesOfOthers: a struct of the same fields is a date too.
func TestDatesOfOthers(t *testing.T) {
	type Civil struct {
		Year  int
		Month time.Month
		Day   int
	}
	c, err := codec.For(reflect.TypeFor[Civil](), codec.Native(codec.Date))
	require.NoError(t, err)
	day := Civil{2024, 2, 29}
	cell, null, err := c.Append(nil, codec.At(&day))
	require.NoError(t, err)
	require.False(t, null)
	require.Equal(t, []byte{0x80, 0, 0x4d, 0x46}, cell)
	type Born struct {
		K int   `cql:"k,partition"`
		D Civil `cql:"d"`
	}
	_, session := server(t)
	table := open[Born](t, session)
	require.NoError(t, coodie.Schema(coodie.New(session), table).Create(t.Context()))
	require.NoError(t, table.New(Born{1, day}).Save(t.Context()))
	got, err := table.Find().One(t.Context())
	require.NoError(t, err)
	require.Equal(t, Born{1, day}, got)
}
