package roles

import (
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// Resource is what a permission is about, by the name under which the server files
// it: data, data/ks, data/ks/* and data/ks/t; functions, functions/ks and
// functions/ks/f[int^text]; roles and roles/r.
type Resource string

// TableResource is a table.
func TableResource(keyspace, table string) Resource {
	return Resource("data/" + keyspace + "/" + table)
}

// TablesIn is all tables of a keyspace.
func TablesIn(keyspace string) Resource { return TableResource(keyspace, "*") }

// KeyspaceResource is a keyspace.
func KeyspaceResource(keyspace string) Resource { return Resource("data/" + keyspace) }

// FunctionsIn is all functions of a keyspace.
func FunctionsIn(keyspace string) Resource { return Resource("functions/" + keyspace) }

// RoleResource is a role.
func RoleResource(name string) Resource { return Resource("roles/" + name) }

// FunctionResource is a function.
func FunctionResource(f *schema.Function, keyspace string) Resource {
	return Resource("functions/" + keyspace + "/" + f.Name + "[" + strings.Join(f.ArgTexts(), "^") + "]")
}

// Parts are those between the slashes.
func (r Resource) Parts() []string { return strings.SplitN(string(r), "/", 3) }

// Chain is the resource and what it is part of, up to the root.
func (r Resource) Chain() []Resource {
	chain := []Resource{r}
	p := r.Parts()
	if len(p) == 3 && p[0] == "data" && p[2] != "*" {
		chain = append(chain, TablesIn(p[1]))
	}
	if len(p) == 3 {
		chain = append(chain, Resource(p[0]+"/"+p[1]))
	}
	if len(p) > 1 {
		chain = append(chain, Resource(p[0]))
	}
	return chain
}

// String is the resource as messages show it.
func (r Resource) String() string {
	p := r.Parts()
	switch {
	case r == "data":
		return "<all keyspaces>"
	case len(p) == 1:
		return "<all " + p[0] + ">"
	case p[0] == "roles":
		return "<role " + strings.Join(p[1:], "/") + ">"
	case p[0] == "functions" && len(p) == 2:
		return "<all functions in " + p[1] + ">"
	case p[0] == "functions":
		name, args, _ := strings.Cut(strings.TrimSuffix(p[2], "]"), "[")
		return "<function " + p[1] + "." + name + "(" + strings.ReplaceAll(args, "^", ", ") + ")>"
	case len(p) == 2:
		return "<keyspace " + p[1] + ">"
	case p[2] == "*":
		return "<all tables in " + p[1] + ">"
	}
	return "<table " + p[1] + "." + p[2] + ">"
}

// Applicable are the permissions that there are on a resource.
func (r Resource) Applicable() []cqlparse.Permission {
	p := r.Parts()
	switch {
	case p[0] == "roles" && len(p) == 1:
		return []cqlparse.Permission{"CREATE", "ALTER", "DROP", "AUTHORIZE", "DESCRIBE"}
	case p[0] == "roles":
		return []cqlparse.Permission{"ALTER", "DROP", "AUTHORIZE", "DESCRIBE"}
	case p[0] == "functions" && len(p) == 3:
		return []cqlparse.Permission{"ALTER", "DROP", "AUTHORIZE", "EXECUTE"}
	case p[0] == "functions":
		return []cqlparse.Permission{"CREATE", "ALTER", "DROP", "AUTHORIZE", "EXECUTE"}
	case len(p) == 3 && p[2] != "*":
		return []cqlparse.Permission{"ALTER", "DROP", "SELECT", "MODIFY", "AUTHORIZE", "UNMASK", "SELECT_MASKED"}
	}
	return []cqlparse.Permission{"CREATE", "ALTER", "DROP", "SELECT", "MODIFY", "AUTHORIZE", "UNMASK", "SELECT_MASKED"}
}

// Kind is the Java class that messages name.
func (r Resource) Kind() string {
	switch r.Parts()[0] {
	case "roles":
		return "RoleResource"
	case "functions":
		return "FunctionResource"
	}
	return "DataResource"
}
