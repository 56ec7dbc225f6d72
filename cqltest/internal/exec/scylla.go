package exec

import (
	"slices"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// scyllaOptions are the options of keyspaces and tables that ScyllaDB alone
// has, or reads otherwise than Cassandra. None changes what a statement
// answers.
var scyllaOptions = []string{
	"consistency", "dclocal_read_repair_chance", "in_memory", "paxos_grace_seconds", "per_partition_rate_limit",
	"read_repair_chance", "scylla_encryption_options", "storage", "synchronous_updates", "tablets", "tombstone_gc",
}

// dropScyllaOptions takes the options that have no effect here from a definition.
func dropScyllaOptions(ast cqlparse.Statement) {
	var options *[]*cqlparse.Property
	switch s := ast.(type) {
	case *cqlparse.CreateKeyspace:
		options = &s.Options
	case *cqlparse.AlterKeyspace:
		options = &s.Options
	case *cqlparse.CreateTable:
		options = &s.Options
	case *cqlparse.AlterTable:
		options = &s.Options
	case *cqlparse.CreateView:
		options = &s.Options
	case *cqlparse.AlterView:
		options = &s.Options
	default:
		return
	}
	*options = slices.DeleteFunc(*options, func(o *cqlparse.Property) bool {
		return slices.Contains(scyllaOptions, o.Name.Name) || isScyllaOnly(o)
	})
}

// isScyllaOnly says whether an option's value is one that only ScyllaDB knows.
// It gives the compressor's class, which ScyllaDB calls otherwise, its name.
func isScyllaOnly(o *cqlparse.Property) bool {
	m, ok := o.Value.(*cqlparse.MapLiteral)
	if !ok {
		return false
	}
	for _, e := range m.Entries {
		key, ok := e.Key.(*cqlparse.Literal)
		switch {
		case !ok:
		case o.Name.Name == "compression" && key.Text == "sstable_compression":
			key.Text = "class"
		case o.Name.Name == "compaction" && key.Text == "class" && strings.HasSuffix(schema.PropertyText(e.Value), "IncrementalCompactionStrategy"):
			return true
		}
	}
	return false
}
