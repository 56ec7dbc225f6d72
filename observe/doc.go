// Package observe has observers for coodie.WithObserver that need nothing besides the standard library:
// Metrics counts, table by table, and Log writes to a slog.Logger. The module coodie/otel has one for OpenTelemetry.
package observe
