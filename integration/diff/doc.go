// Package diff judges the embedded CQL server by a real Cassandra.
//
// A script in testdata holds statements; [Run] sends them over a raw
// connection, hiding nothing behind a driver, and writes down each answer in
// full: kind, columns with their types and origin, cells, pages, error codes,
// messages and warnings. The answers of Cassandra 5.0.6 are recorded beside
// the scripts, so that `go test` compares the embedded server with them on any
// machine. Where a real server can be had (see package cassandra) the recordings
// are checked against it, or with -update made anew, and generated and mutated
// scripts run on both.
//
// # Scripts
//
// A statement is one line; indented lines after it continue it. Lines starting
// with # are comments. A line starting with "> " is sent verbatim, without
// trimming. Directives apply to the statement that follows:
//
//	-- area NAME         groups the statements that follow in the summary
//	-- bind VALUE...     prepare, then execute with these values
//	-- simple VALUE...   send as one QUERY with these values
//	-- prepare NAME      only prepare; a name shows the statement's id
//	-- execute VALUE...  execute what was prepared under the name that follows, or has that id
//	-- state HEX         start at this paging state
//	-- batch KIND        the statements up to "-- end" form one BATCH frame
//	-- page N            fetch in pages of N rows
//	-- consistency NAME  -- serial NAME   -- timestamp MICROS   -- skipmeta
//	-- mask COLUMN...    do not compare the contents of these columns; * is all
//	-- conn NAME         send on another connection, which starts without keyspace and,
//	                     if its name begins with v5, speaks version 5 of the protocol;
//	                     a name like USER:PASSWORD logs in. The scripts auth*.cql run on
//	                     servers that ask for it; whoever names no user is cassandra
//	-- keyspace NAME  -- now SECONDS   of the request, from version 5 on
//	-- sleep DURATION    wait before sending
//
// A value is null, unset, 0x… or TYPE:TEXT such as int:5, text:"a b",
// list(int:1 int:2) or tuple(int:1 null), with an optional NAME= before it. fill:N
// is a text of N times x.
package diff
