package coodie

import (
	"context"
	"errors"
	"log/slog"
)

// SlogObserver returns an Observer that logs each event as the message "coodie" with its
// op, kind, table, outcome, duration and statement, and never with a bound value. The levels are
//
//   - Warn: an unknown outcome, a Mutate that gave up as contended, and every Warning;
//   - Error: what failed, unless the caller's own context was cancelled;
//   - Debug: everything else.
//
// A nil logger is slog.Default().
func SlogObserver(logger *slog.Logger) Observer {
	if logger == nil {
		logger = slog.Default()
	}
	return slogObserver{logger}
}

type slogObserver struct{ logger *slog.Logger }

// Observe logs e.
func (o slogObserver) Observe(ctx context.Context, e Event) {
	level := level(e)
	if !o.logger.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 10)
	attrs = append(attrs, slog.String("op", e.Op), slog.String("kind", e.Kind.String()))
	if e.Table != "" {
		attrs = append(attrs, slog.String("table", e.Table))
	}
	attrs = append(attrs, slog.String("outcome", e.Outcome.String()), slog.Duration("duration", e.Duration))
	if e.Kind == EventMutate {
		attrs = append(attrs, slog.Int("attempts", e.Attempts), slog.Int("refused", e.Refused))
	}
	if e.Statement != "" {
		attrs = append(attrs, slog.String("statement", e.Statement))
	}
	if e.Warning != "" {
		attrs = append(attrs, slog.String("warning", e.Warning))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("error", e.Err.Error()))
	}
	o.logger.LogAttrs(ctx, level, "coodie", attrs...)
}

func level(e Event) slog.Level {
	switch {
	case e.Outcome == Unknown, e.Warning != "", errors.Is(e.Err, ErrContended):
		return slog.LevelWarn
	case e.Outcome == Failed && !errors.Is(e.Err, context.Canceled):
		return slog.LevelError
	}
	return slog.LevelDebug
}
