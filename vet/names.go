package vet

import (
	"go/types"
	"strings"
)

const (
	coodiePath       = "github.com/coodie-go/coodie"
	coodieApachePath = coodiePath + "/apache"
)

// names is a set of coodie's names: "Type", "Type.Member", or a function's.
type names map[string]bool

func named(list string) names {
	set := names{}
	for name := range strings.FieldsSeq(list) {
		set[name] = true
	}
	return set
}

// The names that reports and their advice mention.
const (
	queryName   = "Query"
	appliedName = "Applied"
	errName     = "Err"
	resultName  = "Result"
	execName    = "Exec"
	mutateName  = "Mutate"
	unknownName = "ErrOutcomeUnknown"
	settleName  = "LWTResult.Settle"
	fieldName   = "Field"
	colName     = "Col"
	appendName  = "Append"
	addName     = "Add"

	batchedPlain = `Document.SaveIn Document.UpdateIn Document.DeleteIn Document.DeleteColumnsIn
		QuerySet.UpdateIn QuerySet.DeleteIn QuerySet.DeleteColumnsIn QuerySet.SaveJSONIn`
)

// coodie holds every name of coodie's API that the analyzers know. A test compares each with
// the API, so a rename there is a change of this table and of nothing else.
var coodie = struct {
	outcomes  names // types that say whether a conditional write was applied
	read      names // members of an outcome that say so, too
	existing  names // the row of a refused write
	value     names // the row's struct
	mutate    names // conditional writes that say by their error whether they were applied
	handles   names // what a conditional write in a batch returns
	into      names // puts a write into a batch
	batches   names
	batched   names // puts a plain write into a batch
	makeBatch names
	sendBatch names
	builders  names // types whose values send nothing before a last call
	immutable names // builders whose steps return a changed copy
	plain     names // plain writes
	plan      names // runs a function without sending anything
	unknown   names // that tell an unknown outcome from other errors
	openTable names
	connect   names
	settle    names
	field     names // named in advice alone, as is result
	result    names
	raw       names // take CQL
	column    names // makes a typed column of any field that is one
	counters  names // functions of a counter's column, and so on
	lists     names
	sets      names
	elements  names // of a list or a set
	maps      names
}{
	outcomes: named("LWTResult RawResult"),
	read:     named("LWTResult." + appliedName + " LWTResult." + errName + " RawResult." + appliedName),
	existing: named("LWTResult.Existing RawResult.Existing"),
	value:    named("Existing.Value"),
	mutate:   named("QuerySet." + mutateName + " Document." + mutateName),
	handles:  named("Handle"),
	into: named(`Document.InsertIn ConditionalWrite.UpdateIn ConditionalWrite.ReplaceIn ConditionalWrite.DeleteIn
		ConditionalWrite.DeleteColumnsIn InsertWrite.CreateIn InsertWrite.CreateJSONIn ` + batchedPlain),
	batches:   named("Batch"),
	batched:   named(batchedPlain),
	makeBatch: named("DB.Batch DB.UnloggedBatch DB.CounterBatch"),
	sendBatch: named("Batch." + execName),
	builders:  named(`QuerySet Query ConditionalWrite InsertWrite Selection Raw Document Cond Assign Order`),
	immutable: named("QuerySet Query ConditionalWrite InsertWrite Raw"),
	plain: named(`Document.Save Document.Update Document.Delete Document.DeleteColumns
		QuerySet.Update QuerySet.Delete QuerySet.DeleteColumns QuerySet.SaveJSON
		Table.SaveAll Table.DeleteAll ` + batchedPlain),
	plan:      named("Plan"),
	unknown:   named(unknownName + " Error.Unknown " + settleName),
	openTable: named("Open OpenView OpenVariants"),
	connect:   named("Connect ConnectOver"),
	settle:    named(settleName),
	field:     named(fieldName),
	result:    named("Handle." + resultName),
	raw:       named("DB.Raw"),
	column:    named(colName + " NullCol"),
	counters:  named("Increment Decrement"),
	lists:     named(appendName + " Prepend At"),
	sets:      named(addName),
	elements:  named("Remove Contains"),
	maps:      named("Put RemoveKeys Entry ContainsValue ContainsKey"),
}

// in reports whether the object, a type, function, variable, field or method of coodie, is one of
// the names.
func (n names) in(obj types.Object) bool {
	f, isFunc := obj.(*types.Func)
	if obj == nil || isFunc && f == nil || obj.Pkg() == nil || obj.Pkg().Path() != coodiePath {
		return false
	}
	if isFunc {
		if recv := f.Signature().Recv(); recv != nil {
			return n[typeName(recv.Type())+"."+obj.Name()]
		}
	}
	return n[obj.Name()]
}

// is reports whether t, or what it points to, is one of the types.
func (n names) is(t types.Type) bool {
	of := namedType(t)
	return of != nil && n.in(of.Obj())
}

// field reports whether the members of t have one of this name among n.
func (n names) field(t types.Type, member string) bool {
	of := namedType(t)
	return of != nil && of.Obj().Pkg() != nil && of.Obj().Pkg().Path() == coodiePath && n[of.Obj().Name()+"."+member]
}

// namedType is t, or what it points to, if that has a name.
func namedType(t types.Type) *types.Named {
	if t == nil {
		return nil
	}
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	of, _ := types.Unalias(t).(*types.Named)
	return of
}

func typeName(t types.Type) string {
	if of := namedType(t); of != nil {
		return of.Obj().Name()
	}
	return ""
}

func typePath(t types.Type) string {
	if of := namedType(t); of != nil && of.Obj().Pkg() != nil {
		return of.Obj().Pkg().Path()
	}
	return ""
}
