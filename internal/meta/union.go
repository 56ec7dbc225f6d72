package meta

import (
	"fmt"
	"maps"
	"slices"
)

// Union is base's table with the columns that only others have besides, in their order. The others describe
// rows of the same table: their keys are base's, and what has one name is one column.
func Union(base *Table, others []*Table) (*Table, error) {
	u := *base
	u.Columns, u.Types, u.byName, u.starred = slices.Clone(base.Columns), slices.Clone(base.Types), map[string]*Column{}, nil
	maps.Copy(u.byName, base.byName)
	for _, c := range base.Columns {
		u.byName[c.Name] = c
	}
	for _, o := range others {
		fail := func(c *Column, reason string) error {
			return &Error{Type: o.Go, Field: c.Field, Reason: fmt.Sprintf("column %s: %s", c.Name, reason)}
		}
		for _, key := range base.Primary() {
			if o.Column(key.Name) == nil {
				return nil, &Error{Type: o.Go, Reason: fmt.Sprintf("the key column %s of %s is missing; embed the struct", key.Name, base.Go)}
			}
		}
		for _, c := range o.Columns {
			same := u.byName[c.Name]
			switch {
			case same == nil && c.Key():
				return nil, fail(c, "the key is that of "+base.Go.String())
			case same == nil:
				added := *c
				added.Index = len(u.Columns)
				u.Columns, u.byName[c.Name] = append(u.Columns, &added), &added
			case same.Kind != c.Kind || same.Desc != c.Desc || !same.Type.Equal(c.Type):
				return nil, fail(c, fmt.Sprintf("it is a %s %s here and a %s %s in another struct of the table", c.Kind, c.Type, same.Kind, same.Type))
			}
		}
		for i, key := range base.Primary() {
			if o.Primary()[i].Name != key.Name {
				return nil, fail(o.Primary()[i], "the key columns have another order in "+base.Go.String())
			}
		}
		for _, t := range o.Types {
			if !slices.ContainsFunc(u.Types, t.Equal) {
				u.Types = append(u.Types, t)
			}
		}
		if u.Slots == nil {
			u.Slots = o.Slots
		}
	}
	if u.Slots != nil {
		own := *u.Slots
		own.Index = len(u.Columns)
		u.Slots = &own
	}
	return &u, nil
}
