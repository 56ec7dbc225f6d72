package vet

// SelectStar finds SELECT * in statements for gocql and gocqlx.
var SelectStar = finder("selectstar", `report SELECT * in statements for gocql and gocqlx

The driver keeps the columns of a prepared SELECT *. After ALTER TABLE on protocol version 4 it decodes rows of
the new columns as though they were the old ones: wrong values, or a panic. Name the columns.`, func(c *code) {
	for _, q := range c.statements() {
		if f := c.callee(q.call); coodie.raw.in(f) || c.inTest(q.call.Pos()) {
			continue
		}
		if q.text.star && !systemTable(q.text) {
			c.report(q.call, nil, "SELECT * is decoded wrongly after ALTER TABLE: name the columns")
		}
	}
})

// systemTable reports whether the statement reads the server's own tables, whose columns are of its version.
func systemTable(t *text) bool {
	for i, w := range t.words {
		if w.text == "FROM" && i+1 < len(t.words) {
			name := t.words[i+1].text
			return len(name) >= 6 && name[:6] == "SYSTEM"
		}
	}
	return false
}
