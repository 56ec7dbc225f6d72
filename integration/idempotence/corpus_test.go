package idempotence_test

import (
	"cmp"
	"strings"
)

// The classes of differences, as the table of docs/idempotence.md names them. Where cql-proxy
// says yes and coodie no:
const (
	noTimestamp = "no client timestamp"
	stampedList = "a whole list under a timestamp"
	function    = "a function other than `now` and `uuid`"
	element     = "an element that may be a list's"
	parentheses = "a value in parentheses"
	refused     = "what the server refuses"
	unread      = "what cql-proxy does not read"
)

// And the other way round:
const (
	listRemoval = "removing values from a list"
	hint        = "a type hint"
	syntax      = "syntax that cql-proxy does not know"
)

// piece is a part of a statement.
type piece struct {
	cql  string
	args []any
	// stricter is why coodie may say no where cql-proxy says yes, looser why yes where it
	// says no; "" if it may not.
	stricter, looser string
	list             bool // it may set a whole list
	stamped          bool // it gives all writes of the statement a timestamp
}

// statement is one made of pieces.
type statement struct {
	piece // all of them together
	reads bool
}

// compose puts pieces one after the other, with a space between.
func compose(pieces ...piece) (s statement) {
	var texts []string
	for _, p := range pieces {
		if p.cql != "" {
			texts = append(texts, p.cql)
		}
		s.args = append(s.args, p.args...)
		s.stricter, s.looser = cmp.Or(s.stricter, p.stricter), cmp.Or(s.looser, p.looser)
		s.list, s.stamped = s.list || p.list, s.stamped || p.stamped
	}
	s.cql = strings.Join(texts, " ")
	return s
}

// class is that of a difference between the verdicts, "" if there must be none. stamped: the
// client gives the statement a timestamp.
func (s *statement) class(theirs, stamped bool) string {
	switch stamped = stamped || s.stamped; {
	case !theirs:
		return s.looser
	case s.stricter != "":
		return s.stricter
	case s.list && stamped:
		return stampedList
	case !s.reads && !stamped:
		return noTimestamp
	}
	return ""
}

func text(cql string) piece { return piece{cql: cql} }

func with(args ...any) []any { return args }

// inserted are the columns and values of an INSERT.
var inserted = []piece{
	{cql: "(k, v) VALUES (1, 2)"},
	{cql: "(k, v) VALUES (-1, -2.5e3)"},
	{cql: "(k, v) VALUES (1, null)"},
	{cql: "(k, v) VALUES ('it''s so if not exists', true)"},
	{cql: "(k, v) VALUES ($$if exists$$, 0xcafe)", looser: syntax},
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
	{cql: "(k, v) VALUES (1, currentTimestamp())", stricter: function},
	{cql: "(k, v) VALUES (1, toDate(5))", stricter: function},
	{cql: "(k, v) VALUES (1, f(5))", stricter: function},
	{cql: "(k, v) VALUES (1, ks.now())", stricter: function},
	{cql: "(k, v) VALUES (1, 1 + 2)", looser: syntax},
	{cql: "(k, v) VALUES (1, -(2))", looser: syntax},
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
	{cql: "v = f(1)", stricter: function},
	{cql: "v = ks.f(1)", stricter: function},
	{cql: "v = toDate(5)", stricter: function},
	{cql: "v = 1 + 2", looser: syntax},
	{cql: "v = 2 * 3", looser: syntax},
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
	{cql: "s = s + (set<int>) {1}", looser: hint},
	{cql: "s = {1} + s", stricter: refused},
	{cql: "m = m + {'a': 1}"},
	{cql: "m += {'a': [1]}"},
	{cql: "m = m - {'a'}"},
	{cql: "l = l + [1]"},
	{cql: "l = [1] + l"},
	{cql: "l += [1]"},
	{cql: "l = ? + l", args: with([]int{1})},
	{cql: "l = l - [1]", looser: listRemoval},
	{cql: "l -= [1]", looser: listRemoval},
	{cql: "l = l - ?", args: with([]int{1})},
	{cql: "t = t + (1, 2)", stricter: refused},
	{cql: "l[0] = 1", stricter: element},
	{cql: "l[?] = 1", args: with(0), stricter: element},
	{cql: "m['a'] = 1"},
	{cql: "m['a'] = now()"},
	{cql: "m[uuid()] = 1"},
	{cql: "m[0x00] = 1"},
	{cql: "m[1.5] = 1"},
	{cql: "m[(1, 2)] = 1"},
	{cql: "m[(int) 1] = 1", stricter: element},
	{cql: "m[f(1)] = 1", stricter: element},
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
	{cql: "m[(text) 'a']", looser: hint},
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
	{cql: "k = f(1)", stricter: function},
	{cql: "k = 1 + 1", looser: syntax},
	{cql: "k = 1 AND c = -(2)", looser: syntax},
	{cql: "k = (int) 1"},
	{cql: "token(k) = 5"},
	{cql: "token(k) > token(1)"},
	{cql: "k = 1 AND s CONTAINS 2"},
	{cql: "k = 1 AND m CONTAINS KEY 'a'"},
	{cql: "k = 1 AND m['a'] = 2"},
	{cql: "k = 1 AND v != 2"},
	{cql: "k = 1 AND v LIKE 'a%'"},
	{cql: "k = 1 AND v IS NOT NULL"},
	{cql: "k = 1 AND c BETWEEN 1 AND 2", looser: syntax},
	{cql: `"K" = 1`},
	{cql: "key = 1"},
}

var (
	conditions = []piece{{}, text("IF EXISTS"), {cql: "IF v = 1 AND w != ?", args: with(2)}}
	usings     = []piece{
		{}, {cql: "USING TTL 5"}, {cql: "USING TIMESTAMP 5", stamped: true},
		{cql: "USING TTL ? AND TIMESTAMP :ts", args: with(1, 2), stamped: true},
	}
	stamps = []piece{{}, {cql: "USING TIMESTAMP 5", stamped: true}}
)

// corpus is every statement that is compared.
func corpus() (all []statement) {
	add := func(pieces ...piece) { all = append(all, compose(pieces...)) }
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
		all = append(all, statement{piece{cql: "SELECT v FROM t WHERE " + w.cql, args: w.args}, true})
	}
	for _, p := range special {
		all = append(all, statement{p, strings.HasPrefix(p.cql, "SELECT")})
	}
	return all
}

// special are statements for themselves.
var special = []piece{
	{cql: "UPDATE t SET v = w + 1 WHERE k = 1"},
	{cql: "UPDATE t SET n = n + 1 + 2 WHERE k = 1"},
	{cql: "UPDATE t SET n = n + (1) WHERE k = 1", stricter: parentheses},
	{cql: "UPDATE t SET n -= (1) WHERE k = 1", stricter: parentheses},
	{cql: "UPDATE t SET l += ([1]) WHERE k = 1", stricter: parentheses},
	{cql: "UPDATE t SET l[(0)] = 1 WHERE k = 1", stricter: parentheses},
	{cql: "UPDATE t SET l[(?)] = 1 WHERE k = 1", args: with(0), stricter: parentheses},
	{cql: "DELETE l[(0)] FROM t WHERE k = 1", stricter: parentheses},
	{cql: "INSERT INTO t (k, l) VALUES (1, ([1, 2])) USING TIMESTAMP 5", list: true, stamped: true},
	{cql: "UPDATE t SET l = (?) WHERE k = 1", args: with([]int{1}), list: true},
	{cql: "UPDATE t SET n = n * 2 WHERE k = 1"},
	{cql: "UPDATE t SET n = n WHERE k = 1"},
	{cql: "UPDATE t SET n = w WHERE k = 1"},
	{cql: "UPDATE t SET n = -n WHERE k = 1"},
	{cql: "UPDATE t SET n = (n + 1) WHERE k = 1"},
	{cql: "UPDATE t SET n = n + n WHERE k = 1"},
	{cql: "UPDATE t SET n = n - -1 WHERE k = 1"},
	{cql: "UPDATE t SET n = n-1 WHERE k = 1"},
	{cql: "UPDATE t SET n = n +1 WHERE k = 1"},
	{cql: "UPDATE t SET n = n+1 WHERE k = 1"},
	{cql: "UPDATE t SET n=n-1 WHERE k=1"},
	{cql: "UPDATE t SET n = -1 + n WHERE k = 1"},
	{cql: "UPDATE t SET n = n + 1.5 WHERE k = 1"},
	{cql: "UPDATE t SET n = n + 'a' WHERE k = 1"},
	{cql: "UPDATE t SET n = n + null WHERE k = 1"},
	{cql: "UPDATE t SET n = n + 1h WHERE k = 1"},
	{cql: "UPDATE t SET n = n + true WHERE k = 1"},
	{cql: "UPDATE t SET s = s + {1} + {2} WHERE k = 1"},
	{cql: "UPDATE t SET s = s + {} WHERE k = 1"},
	{cql: "UPDATE t SET s = s + {?} WHERE k = 1", args: with(1)},
	{cql: "UPDATE t SET m = m + {?: ?} WHERE k = 1", args: with(1, 1)},
	{cql: "UPDATE t SET l = l + (list<int>) [1] WHERE k = 1"},
	{cql: "UPDATE t SET l = [1] + l + [2] WHERE k = 1"},
	{cql: "UPDATE t SET l = [] + l WHERE k = 1"},
	{cql: "UPDATE t SET l = l + [] WHERE k = 1"},
	{cql: "UPDATE t SET u = u + {street: 'x'} WHERE k = 1"},
	{cql: "UPDATE t SET v += 1, v += 2 WHERE k = 1"},
	{cql: "UPDATE t SET m['a'] += 1 WHERE k = 1"},
	{cql: "UPDATE t SET m['a'] = m['a'] + 1 WHERE k = 1"},
	{cql: "UPDATE t SET l[0] = null WHERE k = 1", stricter: element},
	{cql: "UPDATE t SET l['0'] = 1 WHERE k = 1"},
	{cql: "UPDATE t SET l[1 + 1] = 1 WHERE k = 1"},
	{cql: "UPDATE t SET l[-1] = 1 WHERE k = 1", stricter: element},
	{cql: "DELETE l[1 + 1] FROM t WHERE k = 1"},
	{cql: "DELETE l[(blob) ?] FROM t WHERE k = 1", args: with(1)},
	{cql: "DELETE l[null] FROM t WHERE k = 1"},
	{cql: "UPDATE t SET v = 1", stricter: unread},
	{cql: "DELETE FROM t", stricter: unread},
	{cql: "DELETE FROM t WHERE", stricter: unread},
	{cql: "UPDATE t SET WHERE k = 1", stricter: unread},
	{cql: "UPDATE t SET v = 1, WHERE k = 1", stricter: unread},
	{cql: "UPDATE t SET v = 1 w = 2 WHERE k = 1", stricter: unread},
	{cql: "INSERT INTO t (k v) VALUES (1 2)", stricter: unread},
	{cql: "INSERT INTO t (k, v) VALUES (1, 2) WHATEVER", stricter: unread},
	{cql: "INSERT INTO t (k, v) VALUES (1, 2) USING TTL now()", stricter: unread},
	{cql: "INSERT INTO t (k, v) VALUES (1)"},
	{cql: "INSERT INTO t () VALUES ()", stricter: unread},
	{cql: "INSERT INTO t JSON", stricter: unread},
	{cql: "INSERT INTO t JSON now()", stricter: unread},
	{cql: "UPDATE t SET v = 1 WHERE k = 1 ALLOW FILTERING"},
	{cql: "UPDATE t SET v = 1 WHERE k = 1 AND n = n + 1"},
	{cql: "UPDATE t SET v = 1 WHERE k = 1; UPDATE t SET n = n + 1 WHERE k = 1", stricter: unread},
	{cql: "UPDATE t SET v = 1 WHERE k = 1 UPDATE t SET n = n + 1 WHERE k = 1"},
	{cql: "DELETE FROM t WHERE k = 1; DELETE FROM t WHERE k = 1 IF EXISTS", stricter: unread},
	{cql: "INSERT INTO t (k) VALUES (1); INSERT INTO t (k) VALUES (now())", stricter: unread},
	{cql: "SELECT * FROM t; DELETE FROM t WHERE k = 1 IF EXISTS", stricter: unread},
	{cql: "SELECT", stricter: unread},
	{cql: "SELECT * FORM t", stricter: unread},
	{cql: "BEGIN BATCH DELETE FROM t WHERE k = 1; APPLY BATCH; DELETE FROM t WHERE k = 1 IF EXISTS", stricter: unread},
	{cql: "BEGIN BATCH DELETE FROM t WHERE k = 1;"},
	{cql: "BEGIN BATCH USING TIMESTAMP 5 UPDATE t SET l = [1] WHERE k = 2; APPLY BATCH", list: true, stamped: true},
	{cql: "BEGIN BATCH UPDATE t USING TIMESTAMP 5 SET v = 1 WHERE k = 2; DELETE FROM t WHERE k = 3; APPLY BATCH"},
	{cql: "BEGIN BATCH UPDATE t USING TIMESTAMP 5 SET v = 1 WHERE k = 2; DELETE FROM t USING TIMESTAMP 5 WHERE k = 3; APPLY BATCH", stamped: true},
	{cql: "BEGIN LOGGED BATCH DELETE FROM t WHERE k = 1; APPLY BATCH"},
	{cql: "BEGIN BATCH SELECT * FROM t; APPLY BATCH"},
	{cql: "BEGIN TRANSACTION UPDATE t SET v = 1 WHERE k = 1; COMMIT TRANSACTION"},
	{cql: "BEGIN BATCH DELETE FROM t WHERE k = 1 IF EXISTS; UPDATE t SET v = 1 WHERE k = 1; APPLY BATCH"},
	{cql: "BEGIN BATCH UPDATE t SET v = 1 WHERE k = 1; INSERT INTO t (k) VALUES (1) IF NOT EXISTS APPLY BATCH"},
	{cql: "INSERT INTO t (k) VALUES (1) IF NOT EXISTS USING TTL 5"},
	{cql: "INSERT INTO t (k) VALUES (1) USING TTL 5 IF NOT EXISTS"},
	{cql: "UPDATE t SET v = 1 WHERE k = 1 if v = 2"},
	{cql: "insert into T (K, V) values (1, 2)"},
	{cql: "update t set n = n + 1 where k = 1"},
	{cql: "delete from t where k = 1 if exists"},
	{cql: "UPDATE t SET v = 1 WHERE k = 1 -- IF EXISTS", looser: syntax},
	{cql: "UPDATE t SET v = 1 /* n = n + 1 */ WHERE k = 1", looser: syntax},
	{cql: "UPDATE t SET v = 1 WHERE k = 1 /* why not */ IF EXISTS"},
	{cql: "// a remark\nDELETE FROM t WHERE k = 1", looser: syntax},
	{cql: "-- a remark\nDELETE FROM t WHERE k = 1 IF EXISTS"},
	{cql: "UPDATE t USING TIMEOUT 5s SET v = 1 WHERE k = 1", looser: syntax},
	{cql: "INSERT INTO t (k) VALUES (1) USING TIMEOUT 5s"},
	{cql: "DELETE FROM t USING TIMEOUT 5s WHERE k = 1", looser: syntax},
	{cql: "SELECT * FROM t BYPASS CACHE"},
	{cql: "SELECT * FROM t WHERE k = 1 USING TIMEOUT 5s"},
	{cql: "UPDATE t USING TIMESTAMP now() SET v = 1 WHERE k = 1"},
	{cql: "UPDATE t USING TTL f(1) SET v = 1 WHERE k = 1"},
	{cql: "INSERT INTO t (k, l) VALUES (1, [1.0, 2.0]) USING TIMESTAMP 5", list: true, stamped: true},
	{cql: "INSERT INTO \"now\" (k) VALUES (1)"},
	{cql: "INSERT INTO t (now, uuid) VALUES (1, 2)"},
	{cql: "INSERT INTO t (k) VALUES (\"now\"())"},
	{cql: "INSERT INTO t (k) VALUES (\"NOW\"())", stricter: function},
	{cql: "INSERT INTO t (k, v) VALUES (1, cast(1 as int))", looser: syntax},
	{cql: "INSERT INTO t (k, v) VALUES (1, ((1)))"},
	{cql: "UPDATE t SET v = token(1) WHERE k = 1"},
	{cql: "UPDATE t SET v = ttl(w) WHERE k = 1", stricter: function},
	{cql: "UPDATE t SET v = now WHERE k = 1"},
	{cql: "TRUNCATE t"},
	{cql: "TRUNCATE TABLE t"},
	{cql: "CREATE TABLE IF NOT EXISTS nowhere.u (k int PRIMARY KEY)"},
	{cql: "ALTER TABLE t ADD x int"},
	{cql: "DROP TABLE t"},
	{cql: "CREATE ROLE r"},
	{cql: "GRANT SELECT ON t TO r"},
	{cql: "DESCRIBE t"},
	{cql: ""},
	{cql: ";"},
	{cql: "DELTE FROM t"},
	{cql: "PRUNE MATERIALIZED VIEW v WHERE k = 1"},
	{cql: "INSERT INTO t (k, v) VALUES (1, cast(now() as timestamp))"},
	{cql: "SELECT * FROM t"},
	{cql: "SELECT now(), f(v), v FROM t WHERE k = uuid() LIMIT 5 ALLOW FILTERING"},
	{cql: "SELECT JSON v FROM t"},
	{cql: "SELECT DISTINCT k FROM t"},
}
