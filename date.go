package coodie

import "time"

// Date is a calendar date, CQL's date. The zero Date is null.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// CQLType names the CQL type of a Date.
func (Date) CQLType() string { return "date" }
