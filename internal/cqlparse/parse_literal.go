package cqlparse

import (
	"math"
	"strconv"
	"strings"
)

// scalar parses a constant, NULL or a marker.
func (p *parser) scalar() Term {
	t := p.look(1)
	switch t.kind {
	case tokMarker:
		return p.marker()
	case tokColon:
		return p.marker()
	}
	p.look(2)
	p.next()
	l := &Literal{Pos: t.pos, Text: t.text}
	switch t.kind {
	case tokString:
		l.Kind = StringLiteral
		l.Dollar = p.lx.src[t.pos.Offset] == '$'
	case tokInteger:
		l.Kind = IntegerLiteral
	case tokFloat:
		l.Kind = FloatLiteral
		p.checkFloat(t)
	case tokNaN:
		l.Kind, l.Text = FloatLiteral, "NaN"
	case tokInfinity:
		l.Kind, l.Text = FloatLiteral, "Infinity"
	case tokNegInfinity:
		l.Kind, l.Text = FloatLiteral, "-Infinity"
	case tokBoolean:
		l.Kind = BooleanLiteral
	case tokDuration:
		l.Kind = DurationLiteral
	case tokUUID:
		l.Kind = UUIDLiteral
	case tokHex:
		l.Kind = BlobLiteral
	case kwNull:
		l.Kind, l.Text = NullLiteral, "NULL"
	}
	return l
}

// checkFloat refuses numbers that Java's BigDecimal cannot hold, and for
// Cassandra also those that a double cannot: its parser tries both.
func (p *parser) checkFloat(t token) {
	if i := strings.IndexAny(t.text, "eE"); i >= 0 {
		sign := strings.HasPrefix(t.text[i+1:], "-")
		digits := strings.TrimLeft(t.text[i+1:], "+-0")
		exp, err := strconv.ParseInt("0"+digits, 10, 64)
		if sign {
			exp = -exp
		}
		_, fraction, _ := strings.Cut(t.text[:i], ".")
		switch {
		case len(digits) > 10 || err != nil:
			p.rejectNumber(t, "Too many nonzero exponent digits.")
		case exp != int64(int32(exp)):
			p.rejectNumber(t, "Exponent overflow.")
		case int64(len(fraction))-exp > math.MaxInt32:
			p.rejectNumber(t, "Scale out of range.")
		}
	}
	if f, _ := strconv.ParseFloat(t.text, 64); math.IsInf(f, 0) && !p.extended() {
		p.rejectNumber(t, `Character I is neither a decimal digit number, decimal point, nor "e" notation exponential mark.`)
	}
}

// rejectNumber fails as Cassandra does when Java cannot read a number.
func (p *parser) rejectNumber(t token, reason string) {
	p.reject(t.pos, "Failed parsing statement: [%s] reason: NumberFormatException %s", p.lx.src, reason)
}

// marker parses ? or :name.
func (p *parser) marker() *Marker {
	m := &Marker{Pos: p.here(), Index: len(p.markers)}
	if p.next().kind == tokColon {
		m.Name = p.name()
	}
	p.markers = append(p.markers, m)
	return m
}

// intValue parses a number that may be bound.
func (p *parser) intValue() Term {
	switch p.kind() {
	case tokInteger:
		t := p.next()
		return &Literal{Pos: t.pos, Kind: IntegerLiteral, Text: t.text}
	case tokMarker, tokColon:
		return p.marker()
	}
	p.noViable(1)
	return nil
}

// stringLiteral parses a string.
func (p *parser) stringLiteral() *Literal {
	if !p.at(tokString) {
		p.mismatch(tokString.String())
	}
	return p.scalar().(*Literal)
}

// wordLiteral parses a keyword as the value of a property.
func (p *parser) wordLiteral() *Literal {
	t := p.next()
	return &Literal{Pos: t.pos, Kind: WordLiteral, Text: strings.ToLower(t.text)}
}
