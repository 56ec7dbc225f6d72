package observe

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/coodie-go/coodie"
)

// Log returns an observer that logs each event as the message "coodie" with its
// op, kind, table, outcome, duration (and how much of it was the caller's own), statement, the conditions that refused and the evidence of a settlement, and
// never with a bound value. The text of raw CQL is logged as the program wrote it; that of a hook's error is not,
// because it may quote the row. The levels are
//
//   - Warn: an unknown outcome, a Mutate that gave up as contended, and every Warning;
//   - Error: what failed, unless the caller's own context was cancelled;
//   - Debug: everything else.
//
// A nil logger is slog.Default().
func Log(logger *slog.Logger) coodie.Observer {
	if logger == nil {
		logger = slog.Default()
	}
	return log{logger}
}

type log struct{ logger *slog.Logger }

// Observe logs e.
func (o log) Observe(ctx context.Context, e coodie.Event) {
	level := level(e)
	if !o.logger.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 13)
	attrs = append(attrs, slog.String("op", e.Op), slog.String("kind", e.Kind.String()))
	if e.Table != "" {
		attrs = append(attrs, slog.String("table", e.Table))
	}
	attrs = append(attrs, slog.String("outcome", e.Outcome.String()), slog.Duration("duration", e.Duration))
	if e.Caller > 0 {
		attrs = append(attrs, slog.Duration("caller", e.Caller))
	}
	if e.Kind == coodie.EventMutate {
		attrs = append(attrs, slog.Int("attempts", e.Attempts), slog.Int("refused", e.Refused))
	}
	if len(e.Conditions) > 0 {
		attrs = append(attrs, slog.String("conditions", strings.Join(e.Conditions, ", ")))
	}
	if e.Evidence != "" {
		attrs = append(attrs, slog.String("evidence", e.Evidence))
	}
	if e.Statement != "" {
		attrs = append(attrs, slog.String("statement", e.Statement))
	}
	if e.Warning != "" {
		attrs = append(attrs, slog.String("warning", e.Warning))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("error", text(e.Err)))
	}
	o.logger.LogAttrs(ctx, level, "coodie", attrs...)
}

// text is that of an error, without what a hook of the program's says of the row.
func text(err error) string {
	var failed *coodie.Error
	if coodie.KindOf(err) == coodie.KindHook && errors.As(err, &failed) {
		return failed.Reason + " refused it"
	}
	return err.Error()
}

func level(e coodie.Event) slog.Level {
	switch {
	case e.Outcome == coodie.OutcomeUnknown, e.Warning != "", errors.Is(e.Err, coodie.ErrContended):
		return slog.LevelWarn
	case e.Outcome == coodie.OutcomeFailed && !errors.Is(e.Err, context.Canceled):
		return slog.LevelError
	}
	return slog.LevelDebug
}
