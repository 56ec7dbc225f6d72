package catalog

import (
	"maps"

	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
)

// functionRows are the rows of system_schema.functions or aggregates.
func functionRows(k *schema.Keyspace, aggregates bool) (rows []Row) {
	for _, f := range k.SortedFunctions(aggregates) {
		args := make([]string, len(f.Args))
		for i, t := range f.Args {
			args[i] = t.String()
		}
		row := Row{"keyspace_name": k.Name, "argument_types": args, "return_type": f.Result.String()}
		if a := f.Aggregate; a != nil {
			state := a.StateType
			maps.Copy(row, Row{"aggregate_name": f.Name, "state_func": a.State, "state_type": state.String()})
			if a.Final != "" {
				row["final_func"] = a.Final
			}
			if a.Initial != nil {
				row["initcond"] = state.Literal(a.Initial)
			}
		} else {
			maps.Copy(row, Row{"function_name": f.Name, "argument_names": f.ArgNames, "body": f.Text, "called_on_null_input": !f.Strict, "language": f.Language})
		}
		rows = append(rows, row)
	}
	return rows
}
