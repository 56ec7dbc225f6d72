package terms

import (
	"errors"

	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

var errTodo = errors.New("terms: not written yet")

// Prepare checks that t can be assigned to recv and makes it ready.
func Prepare(s *Scope, t cqlparse.Term, recv types.Column) (Term, error) { return nil, errTodo }

// PrepareTuple prepares the right side of a relation on several columns,
// (a, b) = t: one term for a marker, which stands for a tuple of the columns;
// one for each column for a literal.
func PrepareTuple(s *Scope, t cqlparse.Term, recv []types.Column) ([]Term, error) {
	return nil, errTodo
}

// InColumn is the receiver of the marker of `column IN ?`.
func InColumn(recv types.Column) types.Column { return types.Column{} }

// TupleColumn is the receiver of the marker of `(a, b) = ?`.
func TupleColumn(recv []types.Column) types.Column { return types.Column{} }

// InTupleColumn is the receiver of the marker of `(a, b) IN ?`.
func InTupleColumn(recv []types.Column) types.Column { return types.Column{} }

// ResolveType turns a written type into a [types.Type].
func ResolveType(s *Scope, t *cqlparse.Type) (*types.Type, error) { return nil, errTodo }

// Selection is a prepared SELECT clause.
type Selection struct {
	// Columns are the result's columns.
	Columns []types.Column
}

// PrepareSelection prepares the selectors of a SELECT clause other than *.
func PrepareSelection(s *Scope, sel []*cqlparse.Selector) (*Selection, error) { return nil, errTodo }

// IsAggregate says whether the selection has an aggregate function, so that
// rows have to go through a [Group].
func (s *Selection) IsAggregate() bool { return false }

// Uses returns the columns of the [Scope] that the selection reads.
func (s *Selection) Uses() []int { return nil }

// Eval computes one result row for the row in env.
func (s *Selection) Eval(env *Env) ([][]byte, error) { return nil, errTodo }

// Group gathers the rows of one group. Selectors outside of aggregates show
// the group's first row.
type Group struct{}

// NewGroup returns an empty group.
func (s *Selection) NewGroup() *Group { return nil }

// Add adds the row in env, which must stay valid until Result if it is the first.
func (g *Group) Add(env *Env) error { return errTodo }

// Result computes the group's result row. Env gives the bound values; its row is not used.
func (g *Group) Result(env *Env) ([][]byte, error) { return nil, errTodo }
