package gocqlv1

import (
	"reflect"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/internal/driver"
)

// Columns that the server sends along are 31 allocations of 68 and an eighth of the client's time for one row of 12
// columns. But the columns that gocql keeps of a prepared statement may be those of a table that is no more: see schema in
// package driver. So only a statement that reads one row again and again leaves them out, in between: one that follows
// the same statement so closely that this would have failed for want of a table, had it been dropped and created meanwhile. On
// Cassandra 5.0.6 CREATE TABLE takes 7 ms at least, and DROP TABLE before it 115 ms. After any error the columns come along again.
const (
	closely = 5 * time.Millisecond
	busy    = 3                      // how many answers in a row have to bring the columns first
	longest = 100 * time.Millisecond // for which they are left out
)

// lately are the columns that came along with the last answers to a statement that reads one row.
type lately struct {
	of               *gocql.Session
	statement, marks string
	columns          []gocql.ColumnInfo
	asked            time.Time // when they were asked for
	sent             time.Time // when the statement was
	times            int       // how often they have been the same
	kept             *ofPage   // gocql's, once they have been compared
	known            bool      // the statement is sent without asking for columns
}

// begin makes it what is known of the columns for a request. ScyllaDB's fork keeps other descriptions of columns than come along.
func (l *lately) begin(r *driver.Request, of *gocql.Session) {
	if !r.OneRow || r.Kind != driver.Read || isFork {
		l.forget()
		return
	}
	now := time.Now()
	if l.of != of || l.statement != r.Statement || l.marks != r.Marks || now.Sub(l.sent) >= closely {
		l.forget()
		l.of, l.statement, l.marks = of, r.Statement, r.Marks
	}
	l.sent = now
	if l.known = l.times >= busy && now.Sub(l.asked) < longest; !l.known {
		l.asked = now
	}
}

func (l *lately) forget() {
	if l.of != nil {
		*l = lately{}
	}
}

// answered takes the columns of the answer. It is false if the statement was sent without asking for them, and
// those that gocql keeps are not the same.
func (l *lately) answered(iter *gocql.Iter) bool {
	list := iter.Columns()
	switch {
	case l.of == nil:
	case len(list) == 0: // an error
		l.forget()
	case !l.known:
		if l.times > 0 && !reflect.DeepEqual(l.columns, list) {
			l.times = 0
		}
		l.columns, l.times = list, l.times+1
	case l.kept == nil || &l.kept.list[0] != &list[0]:
		if !reflect.DeepEqual(l.columns, list) {
			l.forget()
			return false
		}
		l.kept = &ofPage{list}
	}
	return true
}
