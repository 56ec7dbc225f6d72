package explore

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// point is where a fault can strike: the nth of its class, by one client on one table.
type point struct {
	client string
	class  Class
	table  string // empty for a connection
	n      int
}

func (p point) String() string {
	if p.class == Connection {
		return fmt.Sprintf("%s %s %d", p.client, p.class, p.n)
	}
	return fmt.Sprintf("%s %s %s %d", p.client, p.class, p.table, p.n)
}

func (p point) words() string {
	s := p.client + "'s " + ordinal(p.n) + " "
	if p.class == LWT {
		s += "LWT"
	} else {
		s += string(p.class)
	}
	if p.class != Connection {
		s += " on " + p.table
	}
	return s
}

func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}

// strike is one fault.
type strike struct {
	point
	way Way
}

func (s strike) String() string { return s.point.String() + " " + string(s.way) }

// words are the strike as a sentence. others are the words of T.Meanwhile.
func (s strike) words(others []string) string {
	if what := s.way.other(others); what != "" {
		return "before " + s.point.words() + ": " + what
	}
	for _, w := range ways {
		if w.Way == s.way && fits(w.classes, s.class) {
			return s.point.words() + " " + w.words
		}
	}
	return s.String()
}

func fits(classes string, c Class) bool { return slices.Contains(strings.Fields(classes), string(c)) }

// schedule is the faults of one run, in the order in which they strike.
type schedule []strike

func (s schedule) String() string {
	texts := make([]string, len(s))
	for i, f := range s {
		texts[i] = f.String()
	}
	return strings.Join(texts, ", ")
}

func parseSchedule(text string) (s schedule, err error) {
	for part := range strings.SplitSeq(text, ",") {
		words := strings.Fields(part)
		if len(words) == 0 {
			continue
		}
		f := strike{way: Way(words[len(words)-1])}
		if words = words[:len(words)-1]; len(words) < 3 {
			return nil, malformed(part)
		}
		f.client, f.class = words[0], Class(words[1])
		if f.n, err = strconv.Atoi(words[len(words)-1]); err != nil || f.n < 1 {
			return nil, malformed(part)
		}
		if f.class != Connection && len(words) == 4 {
			f.table = words[2]
		} else if f.class != Connection || len(words) != 3 {
			return nil, malformed(part)
		}
		_, ok := f.way.meanwhile()
		ok = ok && f.class != Connection
		for _, w := range ways {
			ok = ok || w.Way == f.way && fits(w.classes, f.class)
		}
		if !ok {
			return nil, fmt.Errorf("explore: no %s can fail in the way %q", f.class, f.way)
		}
		s = append(s, f)
	}
	return s, nil
}

func malformed(part string) error {
	return fmt.Errorf("explore: %q is not CLIENT CLASS TABLE NUMBER WAY or CLIENT connection NUMBER WAY", strings.TrimSpace(part))
}
