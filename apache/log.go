package apache

import (
	"context"
	"log/slog"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
)

// logger is the driver's log in slog.
type logger struct{ to *slog.Logger }

func (l logger) Error(msg string, fields ...gocql.LogField)   { l.log(slog.LevelError, msg, fields) }
func (l logger) Warning(msg string, fields ...gocql.LogField) { l.log(slog.LevelWarn, msg, fields) }
func (l logger) Info(msg string, fields ...gocql.LogField)    { l.log(slog.LevelInfo, msg, fields) }
func (l logger) Debug(msg string, fields ...gocql.LogField)   { l.log(slog.LevelDebug, msg, fields) }

func (l logger) log(level slog.Level, msg string, fields []gocql.LogField) {
	ctx := context.Background()
	if !l.to.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 1+len(fields))
	attrs = append(attrs, slog.String("logger", "gocql"))
	for _, f := range fields {
		attrs = append(attrs, slog.Any(f.Name, f.Value.Any()))
	}
	l.to.LogAttrs(ctx, level, msg, attrs...)
}
