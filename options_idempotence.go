package coodie

// Idempotence says whether a statement may be sent twice. Only those that may are handed
// to the retry policy of the gocql session; see WithIdempotence.
type Idempotence uint8

const (
	// Inferred leaves it to what the statement does: it is the default.
	Inferred Idempotence = iota
	// Idempotent: a second execution does no harm.
	Idempotent
	// NotIdempotent: the statement is never sent twice.
	NotIdempotent
)

// WithIdempotence decides for all statements of a DB or table whether the session's retry
// policy may send them again, instead of inferring it from each. What a single statement
// is told by its Idempotent step goes before it.
//
// Inferred, a read may be sent again, and a plain write if it carries a client timestamp
// (WithClientTimestamps, Timestamp) and leaves the same row when carried out twice. Not
// idempotent are changes of counters, appending and prepending to a list, its elements by index, a
// whole list under a client timestamp (its elements would be there twice), and in raw CQL
// what calls a function or cannot be proved. Without a client timestamp a write that is
// sent again is newer than what others wrote since; only Idempotent allows that.
//
// A conditional write is never sent again by anybody but the caller, whatever is said here.
func WithIdempotence(i Idempotence) Option { return option(func(s *settings) { s.idempotence = i }) }

// WithRetries sets how often a statement is sent again that failed with an error that
// proves that it was not executed: too few replicas alive before anything was written, a
// node that is still starting, no connection to be had. 2 by default; 0 turns it off. Between
// attempts it waits for up to 20, 40, 80 … ms, ten times as long for a connection, under the
// context. This goes for conditional writes too, since nothing was proposed. Mutate counts its
// attempts by itself.
//
// The retry policy of the gocql session is another thing: it sends again what may have been
// executed, and only idempotent statements are handed to it. If it made more than one attempt, the
// error of a write is an *OutcomeUnknownError, whatever the last attempt said: an earlier one
// may have been executed. No policy makes more than 100 attempts.
func WithRetries(n int) Option {
	return option(func(s *settings) { s.retries, s.retriesSet = n, true })
}

// Idempotent decides for this write or read whether the session's retry policy may send it
// again: see WithIdempotence. A conditional write cannot be declared idempotent.
func (q *QuerySet[T]) Idempotent(is bool) *QuerySet[T] {
	return (*QuerySet[T])((*query)(q).withIdempotent(is))
}

// Idempotent decides for the next write whether the session's retry policy may send it
// again: see WithIdempotence. A conditional write cannot be declared idempotent.
func (d *Document[T]) Idempotent(is bool) *Write[T] {
	return (*Write[T])(plainDocument(d).now().withIdempotent(is))
}

// Idempotent decides for this write whether the session's retry policy may send it again:
// see WithIdempotence. A conditional write cannot be declared idempotent.
func (w *Write[T]) Idempotent(is bool) *Write[T] {
	return (*Write[T])((*write)(w).sure().withIdempotent(is))
}
