package guide_test

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/coodie-go/coodie"
)

type Metric struct {
	SensorID    string            `cql:"sensor_id,partition"`
	RecordedAt  time.Time         `cql:"recorded_at,clustering,desc"`
	Temperature float64           `cql:"temperature"`
	Tags        []string          `cql:"tags,set"`
	Metadata    map[string]string `cql:"metadata"`
}

func (Metric) TableName() string { return "metrics" }

var (
	sensorID    = coodie.Col(func(m *Metric) *string { return &m.SensorID })
	recordedAt  = coodie.Col(func(m *Metric) *time.Time { return &m.RecordedAt })
	temperature = coodie.Col(func(m *Metric) *float64 { return &m.Temperature })
	metricTags  = coodie.Col(func(m *Metric) *[]string { return &m.Tags })
	metadata    = coodie.Col(func(m *Metric) *map[string]string { return &m.Metadata })
)

// metrics is a table with three values of one sensor and one of another.
func metrics(db *coodie.DB) *coodie.Table[Metric] {
	table := open[Metric](db)
	check(table.SaveAll(ctx, []Metric{
		{"s1", june(1), 18, []string{"outdoor"}, nil},
		{"s1", june(2), 24, []string{"indoor"}, map[string]string{"unit": "C"}},
		{"s1", june(3), 31, []string{"outdoor"}, map[string]string{"unit": "C"}},
		{"s2", june(1), 20, []string{"outdoor", "roof"}, map[string]string{"unit": "F"}},
	}))
	return table
}

func printMetrics(q coodie.Readable[Metric]) {
	var out []string
	for m, err := range q.Reads().Iter(ctx) {
		check(err)
		out = append(out, fmt.Sprintf("%s/%d", m.SensorID, m.RecordedAt.Day()))
	}
	fmt.Println(strings.Join(out, " "))
}

// A method of the column is what a suffix (__gt, __in …) is in Python. What the compiler can
// see, it sees: temperature.Gt("warm") does not compile.
func Example_filtering() {
	db, _, stop := connect()
	defer stop()
	s1 := metrics(db).Find(sensorID.Eq("s1"))

	printMetrics(s1)
	printMetrics(s1.Filter(recordedAt.Ge(june(2))))
	printMetrics(s1.Filter(recordedAt.Gt(june(1)), recordedAt.Lt(june(3))))
	printMetrics(s1.Filter(recordedAt.Le(june(2))).Filter(recordedAt.Ge(june(2)))) // joined by AND
	printMetrics(s1.Filter(recordedAt.In(june(1), june(3))))
	// Output:
	// s1/3 s1/2 s1/1
	// s1/3 s1/2
	// s1/2
	// s1/2
	// s1/3 s1/1
}

// Rows of several partitions come in the order of the values.
func Example_filteringIn() {
	db, _, stop := connect()
	defer stop()
	printMetrics(metrics(db).Find(sensorID.In("s2", "s1", "s3")))
	// Output: s2/1 s1/3 s1/2 s1/1
}

// What neither the key nor an index serves has to be allowed: the server reads the rows and
// passes over them.
func Example_filteringAllowed() {
	db, _, stop := connect()
	defer stop()
	table := metrics(db)
	s1 := table.Find(sensorID.Eq("s1"))

	warm := s1.Filter(temperature.Ge(20), temperature.Le(30))
	_, err := warm.All(ctx)
	fmt.Println(strings.Contains(err.Error(), "ALLOW FILTERING"))
	printMetrics(warm.AllowFiltering())
	printMetrics(table.Find(coodie.Contains(metricTags, "roof")).AllowFiltering())
	printMetrics(s1.Filter(coodie.ContainsKey(metadata, "unit")).AllowFiltering())
	printMetrics(s1.Filter(coodie.ContainsValue(metadata, "C"), coodie.Entry(metadata, "unit").Eq("C")).AllowFiltering())
	// Output:
	// true
	// s1/2
	// s2/1
	// s1/3 s1/2
	// s1/3 s1/2
}

// Ranges of the ring: by number, or from a row on.
func Example_filteringToken() {
	db, _, stop := connect()
	defer stop()
	table := metrics(db)
	token := coodie.Token[Metric]()
	place, err := coodie.Values(table.Find(sensorID.Eq("s1")), token).First(ctx)
	check(err)
	printMetrics(table.Find(token.Ge(place), token.Le(place)).Limit(1))
	printMetrics(table.Find(coodie.TokenAfter(Metric{SensorID: "s1"}), token.Le(place)))
	// Output:
	// s1/3
	//
}

// No server has != or IS NULL for the rows of a SELECT; conditional writes have both.
func Example_filteringRefused() {
	db, _, stop := connect()
	defer stop()
	s1 := metrics(db).Find(sensorID.Eq("s1"))

	_, err := s1.Filter(temperature.Ne(18)).All(ctx)
	var usage *coodie.Error
	fmt.Println(errors.As(err, &usage) && usage.Kind == coodie.KindUsage, usage.Column)
	res, err := s1.Filter(recordedAt.Eq(june(1))).If(temperature.Ne(20)).AllowCreate().Update(ctx, temperature.Set(19))
	answer("other than 20:", res, err)
	// Output:
	// true temperature
	// other than 20: applied
}

// Columns by name, for what only a running program knows.
func Example_filteringByName() {
	db, _, stop := connect()
	defer stop()
	table := metrics(db)
	q := table.Find(coodie.AnyCol(table, "sensor_id").Eq("s1")).Reads()
	for column, least := range map[string]any{"temperature": 25.0} {
		q = q.Filter(coodie.AnyCol(table, column).Ge(least)).AllowFiltering()
	}
	printMetrics(q)
	_, err := table.Find(coodie.AnyCol(table, "sensor").Eq("s1")).All(ctx)
	fmt.Println(err)
	// Output:
	// s1/3
	// coodie: select metrics: column sensor: guide_test.Metric has no such column
}
