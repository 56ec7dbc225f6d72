package coodie

import (
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"time"

	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/ddl"
)

func withProperty(name, value string, mistake error) TableOption {
	return tableOption(func(s *settings) {
		s.properties = append(s.properties, ddl.Property{Name: name, Value: value})
		if s.broken == nil {
			s.broken = mistake
		}
	})
}

// WithDefaultTTL is the table's default_time_to_live: what is written without a TTL
// expires after d, rounded up to whole seconds. TTL(0) makes a write without expiry.
//
// It counts from the write of each value, not of the row: an Update gives only what it
// writes a new lease of life. Verify compares it with the live table.
func WithDefaultTTL(d time.Duration) TableOption {
	var mistake error
	if d < 0 || d > stmt.MaxTTL {
		mistake = fmt.Errorf("a default TTL is between 0, which is none, and 20 years")
	}
	seconds := int64((d + time.Second - 1) / time.Second)
	return withProperty(ddl.DefaultTTL, strconv.FormatInt(seconds, 10), mistake)
}

// WithComment is the table's comment.
func WithComment(text string) TableOption { return withProperty("comment", ddl.Text(text), nil) }

// WithCompaction is the table's compaction strategy, by its class and options:
//
//	coodie.WithCompaction("TimeWindowCompactionStrategy", map[string]string{"compaction_window_unit": "DAYS", "compaction_window_size": "1"})
func WithCompaction(class string, options map[string]string) TableOption {
	all := map[string]string{"class": class}
	maps.Copy(all, options)
	var mistake error
	if class == "" || all["class"] != class {
		mistake = fmt.Errorf("a compaction strategy has one class")
	}
	return withProperty("compaction", ddl.MapText(all), mistake)
}

// WithProperty is any other option of CREATE TABLE: a text, bool, int, float64 or
// map[string]string.
//
//	coodie.WithProperty("gc_grace_seconds", 3600)
func WithProperty(name string, value any) TableOption {
	var text string
	var mistake error
	switch v := value.(type) {
	case string:
		text = ddl.Text(v)
	case bool:
		text = strconv.FormatBool(v)
	case int:
		text = strconv.Itoa(v)
	case float64:
		text = strconv.FormatFloat(v, 'g', -1, 64)
	case map[string]string:
		text = ddl.MapText(v)
	default:
		mistake = fmt.Errorf("property %s: a %T is none of string, bool, int, float64 and map[string]string", name, value)
	}
	switch name {
	case ddl.DefaultTTL, "comment", "compaction":
		mistake = fmt.Errorf("property %s has an option of its own: WithDefaultTTL, WithComment, WithCompaction", name)
	}
	if !propertyName.MatchString(name) {
		mistake = fmt.Errorf("%q is not the name of a table's property", name)
	}
	return withProperty(name, text, mistake)
}

var propertyName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// checkProperties refuses what CREATE TABLE would.
func (s *settings) checkProperties(counter bool) error {
	if s.broken != nil {
		return s.broken
	}
	seen := map[string]bool{}
	for _, p := range s.properties {
		if seen[p.Name] {
			return fmt.Errorf("property %s is given twice", p.Name)
		}
		seen[p.Name] = true
		if counter && p.Name == ddl.DefaultTTL && p.Value != "0" {
			return fmt.Errorf("counters take no TTL, so a counter table has no default one")
		}
	}
	return nil
}
