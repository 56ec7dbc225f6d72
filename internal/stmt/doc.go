// Package stmt makes a statement of what was asked of a table: a Spec says what, and its Insert, Update, Remove and
// Query build the text and bind the values, in the order of the statement's markers. Whatever can be refused before
// anything is sent is refused here, as a Misuse.
//
// It knows no session, no context and no answer.
package stmt
