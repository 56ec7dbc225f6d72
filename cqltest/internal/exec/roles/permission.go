package roles

import (
	"maps"
	"slices"

	"github.com/coodie-go/coodie/internal/cqlparse"
)

// permissions in the server's order, which is that of lists.
var permissions = []cqlparse.Permission{"CREATE", "ALTER", "DROP", "SELECT", "MODIFY", "AUTHORIZE", "DESCRIBE", "EXECUTE", "UNMASK", "SELECT_MASKED"}

func comparePermissions(a, b cqlparse.Permission) int {
	return slices.Index(permissions, a) - slices.Index(permissions, b)
}

// With returns the role with permissions added.
func (r Role) With(on Resource, add []cqlparse.Permission) Role {
	granted := maps.Clone(r.Granted)
	if granted == nil {
		granted = map[Resource][]cqlparse.Permission{}
	}
	all := slices.Concat(granted[on], add)
	slices.SortFunc(all, comparePermissions)
	granted[on] = slices.Compact(all)
	r.Granted = granted
	return r
}

// Less returns the role with permissions taken away.
func (r Role) Less(on Resource, drop []cqlparse.Permission) Role {
	granted := maps.Clone(r.Granted)
	left := slices.DeleteFunc(slices.Clone(granted[on]), func(p cqlparse.Permission) bool { return slices.Contains(drop, p) })
	if len(left) == 0 {
		delete(granted, on)
	} else {
		granted[on] = left
	}
	r.Granted = granted
	return r
}

// Without returns the role without permissions on resources and on what is in them.
func (r Role) Without(gone []Resource) Role {
	granted := maps.Clone(r.Granted)
	maps.DeleteFunc(granted, func(on Resource, _ []cqlparse.Permission) bool {
		return slices.ContainsFunc(gone, func(g Resource) bool { return slices.Contains(on.Chain(), g) })
	})
	r.Granted = granted
	return r
}
