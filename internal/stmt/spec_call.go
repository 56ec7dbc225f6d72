package stmt

import (
	"reflect"
	"time"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
)

// CallOptions is what was said of one call instead of the table's settings. It is
// immutable; nil where nothing was said.
type CallOptions struct {
	Consistency  *driver.Consistency
	Timeout      *time.Duration
	UsingTimeout *time.Duration
	BypassCache  bool
	PageSize     *int
	Prefetch     *float64
}

// Level is the consistency of a plain statement.
func (c *Spec) Level() driver.Consistency {
	if c.Per != nil && c.Per.Consistency != nil {
		return *c.Per.Consistency
	}
	return c.Table.Rules.Consistency
}

// paged sets how the rows of a read are fetched.
func (c *Spec) paged(b *Bound) {
	size := c.Table.Rules.PageSize
	if c.Per != nil && c.Per.PageSize != nil {
		size = *c.Per.PageSize
	}
	b.Request.PageSize = c.shared(size)
	if c.Per != nil {
		b.Request.Prefetch = c.Per.Prefetch
	}
}

// callOfRead refuses what a read cannot be told, and binds the rest: a SELECT ends with it.
func (c *Spec) callOfRead(b *Bound) {
	p := c.Per
	if p == nil {
		return
	}
	p.check(b)
	switch {
	case p.Consistency == nil:
	case *p.Consistency == driver.Any:
		b.Fail("", "consistency ANY is for writes", nil)
	case c.Serial:
		b.Fail("", "a linearizable read is at the table's serial consistency (WithSerialConsistency) and takes no other", nil)
	}
	if reason := p.RefusedPaging(); reason != "" {
		b.Fail("", reason, nil)
	}
	b.Stmt.BypassCache = p.BypassCache
}

// callOfWrite refuses what a write cannot be told, and binds the rest: it comes right
// after the TTL and timestamp.
func (c *Spec) callOfWrite(b *Bound) {
	p := c.Per
	if p == nil {
		return
	}
	switch {
	case p.PageSize != nil || p.Prefetch != nil || p.BypassCache:
		b.Fail("", "a write takes no WithPageSize, WithPrefetch or WithBypassCache: they are for reads", nil)
	case c.Together != nil:
		b.Fail("", "a write in a batch takes no WithConsistency, WithTimeout or WithUsingTimeout of its own: end the batch by the context of its Exec", nil)
	case b.CAS && p.Consistency != nil:
		b.Fail("", "a conditional write takes no WithConsistency: it commits at the table's (WithCommitConsistency)", nil)
	}
	p.check(b)
}

// Refused says what no statement can be told, a raw one neither; "" if there is nothing.
func (p *CallOptions) Refused() string {
	switch {
	case p.Consistency != nil && SerialLevel(*p.Consistency):
		return "SERIAL and LOCAL_SERIAL are set by WithSerialConsistency, and read by WithLinearizable"
	case p.Timeout != nil && *p.Timeout <= 0:
		return "WithTimeout is more than 0"
	}
	return ""
}

// RefusedPaging says how no rows can be fetched; "" if there is nothing.
func (p *CallOptions) RefusedPaging() string {
	switch {
	case p.PageSize != nil && *p.PageSize < 1:
		return "a page has at least 1 row"
	case p.Prefetch != nil && !(*p.Prefetch >= 0 && *p.Prefetch <= 1):
		return "WithPrefetch is a share of a page, from 0 to 1"
	}
	return ""
}

// check refuses what no call can be told, and binds USING TIMEOUT.
func (p *CallOptions) check(b *Bound) {
	if reason := p.Refused(); reason != "" {
		b.Fail("", reason, nil)
	}
	if p.UsingTimeout == nil || b.Err != nil {
		return
	}
	d := *p.UsingTimeout
	if d <= 0 || d > 1<<62 {
		b.Fail("", "WithUsingTimeout is more than 0", nil)
		return
	}
	// ScyllaDB takes whole milliseconds only.
	d = (d + time.Millisecond - 1) / time.Millisecond * time.Millisecond
	b.Stmt.Timeout = true
	if _, _, err := b.Call.Bind(timeoutCodec, codec.At(&d), false); err != nil {
		b.Fail("", "WithUsingTimeout", err)
	}
}

// timeoutCodec encodes a time.Duration as ScyllaDB takes a timeout.
var timeoutCodec = MustCodec(reflect.TypeFor[time.Duration](), codec.Native(codec.Duration))

// Further is what a further statement of the same call is told: its Timeout.
func (p *CallOptions) Further() *CallOptions {
	if p == nil || p.Timeout == nil {
		return nil
	}
	return &CallOptions{Timeout: p.Timeout}
}

// SerialLevel reports whether the consistency is a serial one.
func SerialLevel(c driver.Consistency) bool {
	s := driver.SerialConsistency(c)
	return s == driver.Serial || s == driver.LocalSerial
}
