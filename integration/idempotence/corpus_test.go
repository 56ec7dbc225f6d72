package idempotence_test

import "strings"

// piece is a part of a statement. What it says of differences is why the verdicts of a
// statement that has it may differ; it says nothing of what they are.
type piece struct {
	cql  string
	args []any
	// stricter is why coodie may say no where cql-proxy says yes.
	stricter string
	// looser is why coodie may say yes where cql-proxy says no.
	looser string
	// list: it may set a whole list, which is another thing under a timestamp.
	list bool
	// stamped: it gives the statement a timestamp.
	stamped bool
}

// statement is one made of pieces.
type statement struct {
	cql    string
	args   []any
	pieces []piece
	reads  bool
}

// compose puts pieces one after the other, with a space between.
func compose(pieces ...piece) statement {
	s := statement{pieces: pieces}
	var texts []string
	for _, p := range pieces {
		if p.cql != "" {
			texts = append(texts, p.cql)
		}
		s.args = append(s.args, p.args...)
	}
	s.cql = strings.Join(texts, " ")
	return s
}

func text(cql string) piece { return piece{cql: cql} }

func with(args ...any) []any { return args }

// inserted are the columns and values of an INSERT.
var inserted = []piece{
	{cql: "(k, v) VALUES (1, 2)"},
	{cql: "(k, v) VALUES (-1, -2.5e3)"},
	{cql: "(k, v) VALUES (1, null)"},
	{cql: "(k, v) VALUES ('it''s so if not exists', true)"},
	{cql: "(k, v) VALUES ($$if exists$$, 0xcafe)"},
	{cql: "(k, v) VALUES (123e4567-e89b-12d3-a456-426614174000, 1h30m)"},
	{cql: "(k, v) VALUES (NaN, Infinity)"},
	{cql: "(k, v) VALUES (?, ?)", args: with(1, "a")},
	{cql: "(k, v) VALUES (:k, :v)", args: with(1, "a")},
	{cql: "(k, l) VALUES (?, ?)", args: with(1, []string{"a"}), list: true},
	{cql: "(k, l) VALUES (1, ['a', 'b'])", list: true},
	{cql: "(k, l) VALUES (1, [])"},
	{cql: "(k, s) VALUES (1, {'a', 'b'})"},
	{cql: "(k, m) VALUES (1, {'a': 1, 'b': 2})"},
	{cql: "(k, m) VALUES (1, {'a': [1], 'b': [2]})"},
	{cql: "(k, m) VALUES (1, {})"},
	{cql: "(k, u) VALUES (1, {street: 'x', number: 5})"},
	{cql: "(k, t) VALUES (1, ('a', 2))"},
	{cql: "(k, t) VALUES (1, (?, 2))", args: with("a")},
	{cql: "(k, v) VALUES (1, (int) 5)"},
	{cql: "(k, v) VALUES (1, (text) ?)", args: with("a")},
	{cql: "(k, l) VALUES (1, (list<int>) [5])", list: true},
	{cql: "(k, v) VALUES (now(), 1)"},
	{cql: "(k, v) VALUES (1, UUID())"},
	{cql: "(k, v) VALUES (1, system.now())"},
	{cql: "(k, v) VALUES (1, toTimestamp(now()))"},
	{cql: "(k, l) VALUES (1, [uuid()])"},
	{cql: "(k, s) VALUES (1, {now()})"},
	{cql: "(k, m) VALUES (1, {'a': now()})"},
	{cql: "(k, v) VALUES (1, currentTimestamp())"},
	{cql: "(k, v) VALUES (1, toDate(5))"},
	{cql: "(k, v) VALUES (1, f(5))"},
	{cql: "(k, v) VALUES (1, ks.now())"},
	{cql: "(k, v) VALUES (1, 1 + 2)"},
	{cql: "(k, v) VALUES (1, -(2))"},
	{cql: `("K", "If") VALUES (1, 2)`},
	{cql: "(key, ttl) VALUES (1, 2)"},
	{cql: "(k, values) VALUES (1, 2)"},
	{cql: "(k, timestamp) VALUES (1, 2)"},
	{cql: "JSON '{\"k\": 1, \"v\": 2}'", list: true},
	{cql: "JSON '{\"k\": 1}' DEFAULT UNSET", list: true},
	{cql: "JSON ?", args: with(`{"k": 1}`), list: true},
}

// assigned are what follows SET.
var assigned = []piece{
	{cql: "v = 1"},
	{cql: "v = -1, w = 'a', x = null"},
	{cql: "v = ?", args: with(1)},
	{cql: "v = ?, w = :w", args: with(1, "a")},
	{cql: "l = ?", args: with([]int{1}), list: true},
	{cql: "l = [1, 2]", list: true},
	{cql: "l = []"},
	{cql: "l = (list<int>) [1]", list: true},
	{cql: "s = {1, 2}"},
	{cql: "m = {'a': 1}"},
	{cql: "u = {street: 'x'}"},
	{cql: "t = (1, 2)"},
	{cql: "u.street = 'x'"},
	{cql: "u.street = now()"},
	{cql: "v = now()"},
	{cql: "v = system.uuid()"},
	{cql: "v = f(now())"},
	{cql: "v = f(1)"},
	{cql: "v = ks.f(1)"},
	{cql: "v = toDate(5)"},
	{cql: "v = 1 + 2"},
	{cql: "v = 2 * 3"},
	{cql: "n = n + 1"},
	{cql: "n = n - 1"},
	{cql: "n += 1"},
	{cql: "n -= 1"},
	{cql: "n = 1 + n"},
	{cql: "n = n + ?", args: with(1)},
	{cql: "n -= :d", args: with(1)},
	{cql: "n = n + -1"},
	{cql: "n = n + f(1)"},
	{cql: "n = n + (bigint) 1"},
	{cql: "s = s + {1}"},
	{cql: "s = s - {1}"},
	{cql: "s += {1}"},
	{cql: "s -= {1}"},
	{cql: "s = s + {uuid()}"},
	{cql: "s = s + (set<int>) {1}"},
	{cql: "s = {1} + s"},
	{cql: "m = m + {'a': 1}"},
	{cql: "m += {'a': [1]}"},
	{cql: "m = m - {'a'}"},
	{cql: "l = l + [1]"},
	{cql: "l = [1] + l"},
	{cql: "l += [1]"},
	{cql: "l = ? + l", args: with([]int{1})},
	{cql: "l = l - [1]"},
	{cql: "l -= [1]"},
	{cql: "l = l - ?", args: with([]int{1})},
	{cql: "t = t + (1, 2)"},
	{cql: "l[0] = 1"},
	{cql: "l[?] = 1", args: with(0)},
	{cql: "m['a'] = 1"},
	{cql: "m['a'] = now()"},
	{cql: "m[uuid()] = 1"},
	{cql: "m[0x00] = 1"},
	{cql: "m[1.5] = 1"},
	{cql: "m[(1, 2)] = 1"},
	{cql: "m[(int) 1] = 1"},
	{cql: "m[f(1)] = 1"},
	{cql: "v = 1, l = l + [1]"},
	{cql: "v = 1, n += 1"},
	{cql: `"V" = 1`},
	{cql: "key = 1"},
	{cql: "type = 1, ttl = 2"},
}

// removed are what follows DELETE.
var removed = []piece{
	{cql: ""},
	{cql: "v"},
	{cql: "v, w"},
	{cql: "m['a']"},
	{cql: "m['a'], v"},
	{cql: "m[0xcafe]"},
	{cql: "m[1.5]"},
	{cql: "m[true]"},
	{cql: "m[123e4567-e89b-12d3-a456-426614174000]"},
	{cql: "m[(1, 2)]"},
	{cql: "m[{street: 'x'}]"},
	{cql: "m[[1]]"},
	{cql: "m[(int) 1]"},
	{cql: "m[(text) 'a']"},
	{cql: "m[f(1)]"},
	{cql: "m[uuid()]"},
	{cql: "l[0]"},
	{cql: "l[-1]"},
	{cql: "c[?]", args: with("a")},
	{cql: "c[:x]", args: with("a")},
	{cql: "u.street"},
	{cql: "v, l[0]"},
	{cql: `"V"`},
	{cql: "key"},
}

// found are what follows WHERE.
var found = []piece{
	{cql: "k = 1"},
	{cql: "k = ?", args: with(1)},
	{cql: "k = :k AND c = :c", args: with(1, 2)},
	{cql: "k = 'where if exists'"},
	{cql: "k = 1 AND c > 2 AND c <= 5"},
	{cql: "k = 1 AND c >= 2 AND c < 5"},
	{cql: "k IN (1, 2)"},
	{cql: "k IN (?, ?)", args: with(1, 2)},
	{cql: "k IN ?", args: with([]int{1})},
	{cql: "k = 1 AND (c, d) = (1, 2)"},
	{cql: "k = 1 AND (c, d) >= (1, 2)"},
	{cql: "k = 1 AND (c, d) IN ((1, 2), (3, 4))"},
	{cql: "k = 1 AND (c, d) IN ?", args: with([]int{1})},
	{cql: "(k = 1)"},
	{cql: "k = now()"},
	{cql: "k = 1 AND c IN (uuid(), 1)"},
	{cql: "k = 1 AND (c, d) = (now(), 1)"},
	{cql: "k = f(1)"},
	{cql: "k = 1 + 1"},
	{cql: "k = 1 AND c = -(2)"},
	{cql: "k = (int) 1"},
	{cql: "token(k) = 5"},
	{cql: "token(k) > token(1)"},
	{cql: "k = 1 AND s CONTAINS 2"},
	{cql: "k = 1 AND m CONTAINS KEY 'a'"},
	{cql: "k = 1 AND m['a'] = 2"},
	{cql: "k = 1 AND v != 2"},
	{cql: "k = 1 AND v LIKE 'a%'"},
	{cql: "k = 1 AND v IS NOT NULL"},
	{cql: "k = 1 AND c BETWEEN 1 AND 2"},
	{cql: `"K" = 1`},
	{cql: "key = 1"},
}

var (
	nothing    = piece{}
	conditions = []piece{nothing, text("IF EXISTS"), text("IF v = 1 AND w != ?")}
	usings     = []piece{
		nothing, {cql: "USING TTL 5"}, {cql: "USING TIMESTAMP 5", stamped: true},
		{cql: "USING TTL ? AND TIMESTAMP :ts", args: with(1, 2), stamped: true},
	}
	stamps = []piece{nothing, {cql: "USING TIMESTAMP 5", stamped: true}}
)

// corpus is every statement that is compared.
func corpus() (all []statement) {
	add := func(pieces ...piece) { all = append(all, compose(pieces...)) }
	conditions[2].args = with(2)
	for _, v := range inserted {
		for _, u := range usings {
			add(text("INSERT INTO t"), v, u)
		}
		add(text("INSERT INTO ks.t"), v, text("IF NOT EXISTS"))
		add(text("BEGIN BATCH INSERT INTO t"), v, text("; APPLY BATCH"))
		add(text("BEGIN UNLOGGED BATCH"), usings[2], text("INSERT INTO t"), v, text("APPLY BATCH;"))
	}
	for _, a := range assigned {
		for _, u := range stamps {
			add(text("UPDATE t"), u, text("SET"), a, text("WHERE k = 1"))
		}
		add(text("UPDATE t SET"), a, text("WHERE k = 1"), conditions[1])
		add(text("BEGIN BATCH UPDATE t SET"), a, text("WHERE k = 1; DELETE FROM t WHERE k = 2; APPLY BATCH"))
		add(text("BEGIN COUNTER BATCH UPDATE t SET"), a, text("WHERE k = 1; APPLY BATCH"))
	}
	for _, r := range removed {
		for _, u := range stamps {
			add(text("DELETE"), r, text("FROM t"), u, text("WHERE k = 1"))
		}
		add(text("DELETE"), r, text("FROM t WHERE k = 1"), conditions[1])
		add(text("BEGIN BATCH DELETE"), r, text("FROM t WHERE k = 1; APPLY BATCH"))
	}
	for _, w := range found {
		for _, c := range conditions {
			add(text("UPDATE t SET v = 1 WHERE"), w, c)
			add(text("DELETE FROM ks.t WHERE"), w, c)
		}
		all = append(all, statement{cql: "SELECT v FROM t WHERE " + w.cql, args: w.args, reads: true})
	}
	return append(all, special...)
}

// special are statements for themselves.
var special = []statement{
	{cql: "SELECT * FROM t", reads: true},
	{cql: "SELECT now(), f(v), v FROM t WHERE k = uuid() LIMIT 5 ALLOW FILTERING", reads: true},
	{cql: "SELECT JSON DISTINCT k FROM t", reads: true},
}
