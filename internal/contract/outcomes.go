package contract

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// outcomeFault is one answer of the server, and what it says of a write.
type outcomeFault struct {
	step  cqltest.Step
	kind  coodie.ErrorKind
	plain bool // a plain write was certainly not executed
	cas   bool // neither was an LWT
}

// outcomeFaults are all answers that cqltest has. A statement that was certainly not executed is one that a
// server refuses before it begins.
var outcomeFaults = map[string]outcomeFault{
	"write timeout":              {cqltest.WriteTimeout("SIMPLE"), coodie.KindTimeout, false, false},
	"CAS timeout":                {cqltest.WriteTimeout("CAS"), coodie.KindTimeout, false, false},
	"batch log timeout":          {cqltest.WriteTimeout("BATCH_LOG"), coodie.KindTimeout, false, false},
	"write failure":              {cqltest.WriteFailure("SIMPLE"), coodie.KindFailure, false, false},
	"CAS unknown":                {cqltest.CASWriteUnknown(), coodie.KindTimeout, false, false},
	"read timeout":               {cqltest.ReadTimeout(), coodie.KindTimeout, false, false},
	"read failure":               {cqltest.ReadFailure(), coodie.KindFailure, false, false},
	"unavailable at SERIAL":      {cqltest.UnavailableAt(gocql.Consistency(gocql.Serial), 2, 1), coodie.KindUnavailable, true, true},
	"unavailable for the commit": {cqltest.UnavailableAt(gocql.Quorum, 2, 1), coodie.KindUnavailable, true, false},
	"overloaded":                 {cqltest.Overloaded(), coodie.KindUnavailable, false, false},
	"bootstrapping":              {cqltest.Bootstrapping(), coodie.KindUnavailable, true, true},
	"function failure":           {cqltest.FunctionFailure("f"), coodie.KindInvalid, true, true},
	"truncate":                   {cqltest.TruncateError("?"), coodie.KindFailure, false, false},
	"server error":               {cqltest.ServerError("?"), coodie.KindFailure, false, false},
	"protocol error":             {cqltest.ProtocolError("?"), coodie.KindInvalid, true, true},
	"syntax error":               {cqltest.SyntaxError("?"), coodie.KindSyntax, true, true},
	"unauthorized":               {cqltest.Unauthorized("?"), coodie.KindAuth, true, true},
	"invalid":                    {cqltest.Invalid("?"), coodie.KindInvalid, true, true},
	"config error":               {cqltest.ConfigError("?"), coodie.KindInvalid, true, true},
	"rate limit":                 {cqltest.ConfigError("Per-partition rate limit reached for write in table app.stock, rejected by replicas"), coodie.KindUnavailable, false, false},
	"rate limit, coordinator":    {cqltest.ConfigError("Per-partition rate limit reached for write in table app.stock, rejected by coordinator"), coodie.KindUnavailable, true, true},
	"already exists":             {cqltest.AlreadyExists("app", "stock"), coodie.KindInvalid, true, true},
	"connection closed":          {cqltest.CloseConnection, coodie.KindConnection, false, false},
	"no answer, cancelled":       {cqltest.LoseAnswer, coodie.KindCanceled, false, false},
}

// outcomes: under every answer each write says truly whether it may have been executed, of which kind the error
// is, and is sent once, although the session's policy retries everything.
func outcomes(t *testing.T, d Driver) {
	for problem, f := range outcomeFaults {
		t.Run(problem, func(t *testing.T) {
			t.Parallel()
			srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
			db := d.Open(t, srv, "RetryNextHost", coodie.WithRetries(0))
			stocks, err := coodie.Open[Stock](db)
			require.NoError(t, err)
			calls, err := coodie.Open[Calls](db)
			require.NoError(t, err)
			require.NoError(t, coodie.Schema(db, stocks).Create(t.Context()))
			require.NoError(t, coodie.Schema(db, calls).Create(t.Context()))
			for name, w := range sentWrites {
				definite := f.plain
				switch {
				case w.kind == cqltest.Conditional:
					definite = f.cas
				case name == "unlogged batch" || name == "counter batch" || name == "raw batch":
					definite = f.plain && f.kind != coodie.KindUnavailable || problem == "bootstrapping"
				}
				for _, executed := range []bool{false, true} {
					if executed && definite {
						continue // a server does not say so of what it has executed
					}
					text := fmt.Sprintf("%s, executed: %v", name, executed)
					srv.ClearFaults()
					srv.Truncate()
					if w.seed {
						srv.Exec("INSERT INTO stock (name, n) VALUES ('a', 5)")
					}
					srv.ResetLog()
					ctx, cancel := context.WithCancel(t.Context())
					var steps []cqltest.Step
					if executed {
						steps = append(steps, cqltest.Apply)
					}
					if f.kind == coodie.KindCanceled {
						steps = append(steps, cqltest.Do(func(cqltest.Statement) { cancel() }))
					}
					steps = append(steps, f.step)
					match := cqltest.On(w.kind)
					srv.Fault(match, steps...)
					err := w.write(ctx, db, stocks, calls)
					cancel()
					require.Error(t, err, text)
					require.Equal(t, !definite, errors.Is(err, coodie.ErrOutcomeUnknown), "%s: %v", text, err)
					if problem == "connection closed" {
						require.Contains(t, []coodie.ErrorKind{coodie.KindConnection, coodie.KindNoHost}, coodie.KindOf(err), "%s: %v", text, err)
						require.Eventually(t, func() bool { // the driver connects again
							_, err := stocks.Find(stockName.Eq("a")).Exists(t.Context())
							return err == nil
						}, 10*time.Second, time.Millisecond)
					} else {
						require.Equal(t, f.kind, coodie.KindOf(err), "%s: %v", text, err)
					}
					require.Len(t, srv.Log().Matching(match), 1, text)
				}
			}
			srv.ClearFaults()
		})
	}
}

// Seat has an attempt column, by which Settle finds out what became of a write.
type Seat struct {
	Row     string      `cql:"row,partition"`
	Holder  string      `cql:"holder"`
	Attempt coodie.UUID `cql:"attempt,attempt"`
}

// settling: what became of an LWT whose answer is lost is found out.
func settling(t *testing.T, d Driver) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	seats, err := coodie.Open[Seat](d.Open(t, srv, "RetryNextHost"))
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(nil, seats).Create(t.Context()))
	row, holder := coodie.Col(func(s *Seat) *string { return &s.Row }), coodie.Col(func(s *Seat) *string { return &s.Holder })
	for name, steps := range map[string][]cqltest.Step{
		"executed":     {cqltest.Apply, cqltest.WriteTimeout("CAS")},
		"not executed": {cqltest.WriteTimeout("CAS")},
	} {
		srv.Truncate()
		fault := srv.Fault(cqltest.On(cqltest.Conditional).First(1), steps...)
		res, err := seats.New(Seat{Row: "a", Holder: "ann"}).Insert(t.Context())
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown, name)
		require.Equal(t, 1, fault.Hits(), name)
		settled, err := res.Settle(t.Context())
		require.Equal(t, name == "executed", err == nil && settled.Applied, name) // an absent row does not tell
		got, err := seats.Find(row.Eq("a")).All(t.Context())
		require.NoError(t, err)
		require.Equal(t, name == "executed", len(got) == 1, name)

		srv.Truncate()
		require.NoError(t, seats.New(Seat{Row: "a", Holder: "nobody"}).Save(t.Context()))
		srv.Fault(cqltest.On(cqltest.Conditional).First(1), steps...)
		res, err = seats.Find(row.Eq("a")).If(holder.Eq("nobody")).Update(t.Context(), holder.Set("bob"))
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown, name)
		settled, err = res.Settle(t.Context())
		require.Equal(t, name == "executed", err == nil && settled.Applied, name)
	}
}
