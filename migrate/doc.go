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
//     schema or the check query is watched for as long as WithLateness says; a statement with
//     IF [NOT] EXISTS is waited for as long in any case.
//   - All nodes agree on the schema before and after each statement, or Up stops with an
//     *AgreementError that names those that do not.
//   - Up and UpTo revert nothing, and Down applies nothing. Each may be repeated, because what is left to
//     do is judged while the lease is held.
//
// # Limits
//
// DDL cannot be fenced: a node that was paused for longer than WithLateness may execute a statement
// after later ones, and a process that was paused right before it sends may send it then. The server
// refuses it as long as its effect is there. If later statements have undone that, it comes back: a
// CREATE or ADD after the DROP, a DROP after a CREATE of the same name, an option that was set to
// another value since. So do not use a name twice, and do not undo a statement in the same file.
//
// # Files
//
// A file has any number of statements, ended by semicolons, with comments and BEGIN BATCH … APPLY
// BATCH. Directives stand on lines of their own before a statement; elsewhere they are errors:
//
//	-- coodie:check SELECT v FROM settings WHERE k = 'hits' AND v = 1 ALLOW FILTERING
//	UPDATE …;
//
// coodie:check gives a query that returns a row once the statement is executed, and coodie:repeatable
// declares that executing it twice does no harm. Neither is needed for changes of the schema, nor for
// statements that are idempotent by their text.
//
// A file without statements is an error unless it says coodie:empty. A .down.cql that does not
// undo everything says coodie:no-way-back, and Down refuses it.
//
// The package lint checks such files.
package migrate
