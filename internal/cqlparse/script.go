package cqlparse

// ParseScript parses statements separated by semicolons, as in a migration or
// schema file. Each statement's Pos and End say where in src it stands. On an
// error it also returns the statements before it.
func ParseScript(src string) ([]Statement, error) { return ParseScriptAs(Any, src) }

// ParseScriptAs is ParseScript for a dialect.
func ParseScriptAs(d Dialect, src string) (stmts []Statement, err error) {
	err = run(d, src, func(p *parser) {
		for {
			for p.at(tokSemicolon) {
				p.next()
			}
			if p.at(tokEOF) {
				return
			}
			p.markers, p.ops = nil, 0
			stmts = append(stmts, p.statement())
			if !p.at(tokSemicolon) {
				p.expect(tokEOF)
			}
		}
	})
	return stmts, err
}
