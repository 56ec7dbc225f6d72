// Package migrate changes the schema of a keyspace, step by step, by files of CQL and by Go functions.
//
//	//go:embed *.cql
//	var files embed.FS
//
//	m, err := migrate.New(db, files) // 0001_users.up.cql, 0001_users.down.cql, 0002_…
//	…
//	steps, err := m.Up(ctx)
//
// # Guarantees
//
//   - One process at a time migrates a keyspace. The others wait for its lease (recipes/lease), and
//     take over when it has died.
//   - The progress of each statement is recorded by an LWT with the lease's fencing token. A crash in the
//     middle of a file resumes at the right statement; a process that has lost the lease can
//     record nothing any more.
//   - A statement whose outcome is unknown is neither skipped nor repeated blindly. A change of the
//     schema is judged by the live schema. A data statement is repeated if that does no harm, or judged by its
//     check query; otherwise Up stops with an *UnknownStepError, and Repair says what became of it.
//   - A request may be executed late, after its answer was given up. Before a repeat, the live
//     schema or the check query is watched for as long as WithLateness says.
//   - All nodes agree on the schema before and after each statement, or Up stops with an
//     *AgreementError that names those that do not.
//
// # Limits
//
// DDL cannot be fenced: a node that was paused for longer than WithLateness may execute a statement
// after it was repeated. A late CREATE, or a late ADD or RENAME of a column, is then refused by the
// server, because its effect is there. So is a late DROP, unless the name has been created
// again meanwhile; do not reuse the name of a dropped table or column.
//
// # Files
//
// A file has any number of statements, ended by semicolons, with comments and BEGIN BATCH … APPLY
// BATCH. Directives stand on lines of their own before a statement:
//
//	-- coodie:check SELECT v FROM settings WHERE k = 'hits' AND v = 1 ALLOW FILTERING
//	UPDATE …;
//
// coodie:check gives a query that returns a row once the statement is executed, and coodie:repeatable
// declares that executing it twice does no harm. Neither is needed for changes of the schema, nor for
// statements that are idempotent by their text.
//
// The package lint checks such files.
package migrate
