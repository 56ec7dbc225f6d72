package gocqlv1

import (
	"fmt"
	"log/slog"
	"strings"
)

// logger is gocql's log in slog. gocql has no levels, and logs little but what went wrong.
type logger struct{ to *slog.Logger }

func (l logger) Print(v ...any)                 { l.log(fmt.Sprint(v...)) }
func (l logger) Printf(format string, v ...any) { l.log(fmt.Sprintf(format, v...)) }
func (l logger) Println(v ...any)               { l.log(fmt.Sprintln(v...)) }

func (l logger) log(text string) {
	l.to.Warn(strings.TrimSpace(strings.TrimPrefix(text, "gocql: ")), "logger", "gocql")
}
