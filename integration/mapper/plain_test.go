package mapper_test

// Counts is a counter table.
type Counts struct {
	Page string `cql:"page,partition"`
	Hits int64  `cql:"hits,type=counter"`
	Errs int64  `cql:"errs,type=counter"`
}
