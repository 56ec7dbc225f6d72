package access

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/roles"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// serviceLevel is a statement of ScyllaDB about service levels.
type serviceLevel struct {
	ast   *cqlparse.ServiceLevel
	level string
	role  string
	set   func(*schema.ServiceLevel) // the options of CREATE and ALTER
}

func (s *serviceLevel) Info() protocol.StatementInfo {
	return protocol.StatementInfo{Kind: server.InfoKind(string(s.ast.Kind())), Keyspace: "system_auth"}
}

const (
	defaultLevel  = "default"
	defaultShares = 1000
)

func prepareServiceLevel(ast *cqlparse.ServiceLevel) (server.Statement, error) {
	set, err := levelOptions(ast.Options)
	return &serviceLevel{ast, ast.Level.Name, ast.Role.Name, set}, err
}

// levelOptions reads the options of a service level.
func levelOptions(list []*cqlparse.Property) (func(*schema.ServiceLevel), error) {
	props, err := schema.ReadProperties(list, "timeout", "workload_type", "shares")
	if err != nil {
		return nil, err
	}
	var changes []func(*schema.ServiceLevel)
	text := func(name string) (string, bool) { v, given := props[name].(string); return v, given }
	if v, given := text("timeout"); given {
		timeout, err := levelTimeout(v)
		if err != nil {
			return nil, err
		}
		changes = append(changes, func(l *schema.ServiceLevel) { l.Timeout = timeout })
	}
	if v, given := text("workload_type"); given {
		switch v {
		case "batch", "interactive":
		case "unspecified":
			v = ""
		default:
			return nil, protocol.Invalid("Invalid workload type: %s", v)
		}
		changes = append(changes, func(l *schema.ServiceLevel) { l.Workload = v })
	}
	if v, given := text("shares"); given {
		n, err := strconv.Atoi(v)
		if err != nil {
			return nil, protocol.SyntaxError("Invalid integer value %s for 'shares'", v)
		}
		if n < 1 || n > 1000 {
			return nil, protocol.SyntaxError("'SHARES' can only take values of 1-1000 (given %d)", n)
		}
		changes = append(changes, func(l *schema.ServiceLevel) { l.Shares = int32(n) })
	}
	return func(l *schema.ServiceLevel) {
		for _, change := range changes {
			change(l)
		}
	}, nil
}

func levelTimeout(text string) ([]byte, error) {
	if strings.EqualFold(text, "null") {
		return nil, nil
	}
	b, err := types.Duration.FromString(text)
	if err != nil {
		return nil, err
	}
	switch d := types.DecodeDuration(b); {
	case d.Months != 0 || d.Days != 0:
		return nil, protocol.Invalid("Timeout values cannot be expressed in days/months")
	case d.Nanos%int64(time.Millisecond) != 0:
		return nil, protocol.Invalid("Timeout values must be expressed in millisecond granularity")
	case d.Nanos < 0:
		return nil, protocol.Invalid("Timeout values must be nonnegative")
	}
	return b, nil
}

func (s *serviceLevel) Run(x *server.Execution) (*protocol.Result, error) {
	switch s.ast.Action {
	case cqlparse.CreateLevel, cqlparse.AlterLevel, cqlparse.DropLevel:
		return &protocol.Result{Kind: protocol.Void}, s.change(x)
	case cqlparse.AttachLevel, cqlparse.DetachLevel:
		return &protocol.Result{Kind: protocol.Void}, s.attach(x)
	case cqlparse.ListLevel, cqlparse.ListAllLevels:
		return s.list(x), nil
	case cqlparse.ListEffectiveLevel:
		return s.effective(x)
	}
	return s.attached(x)
}

// change is CREATE, ALTER or DROP.
func (s *serviceLevel) change(x *server.Execution) error {
	x.Server.Write.Lock()
	defer x.Server.Write.Unlock()
	old := x.Server.Schema.Load()
	level, exists := old.Levels[s.level]
	create, drop := s.ast.Action == cqlparse.CreateLevel, s.ast.Action == cqlparse.DropLevel
	switch {
	case strings.HasPrefix(s.level, "$") && create:
		return protocol.Invalid("Names starting with '$' are reserved for internal tenants. Use a different name.")
	case s.level == defaultLevel && create:
		return protocol.Invalid("The default service level, %s, already exists and cannot be created", s.level)
	case s.level == defaultLevel && drop:
		return protocol.Invalid("The default service level, %s, cannot be dropped", s.level)
	case s.level == defaultLevel:
		return protocol.Invalid("The default service level, %s, cannot be altered", s.level)
	case create && exists && s.ast.IfNotExists, drop && !exists && s.ast.IfExists:
		return nil
	case create && exists:
		return protocol.Invalid("The service level '%s' already exists.", s.level)
	case !create && !exists:
		return protocol.Invalid("The service level '%s' doesn't exist.", s.level)
	}
	levels := maps.Clone(old.Levels)
	if levels == nil {
		levels = map[string]schema.ServiceLevel{}
	}
	if drop {
		delete(levels, s.level)
		list := x.Server.Auth.Copy()
		for name, r := range list {
			if r.Level == s.level {
				r.Level = ""
				list[name] = r
			}
		}
		x.Server.SetRoles(list)
	} else {
		if create {
			level = schema.ServiceLevel{Shares: defaultShares}
		}
		s.set(&level)
		levels[s.level] = level
	}
	x.Server.SetSchema(old.WithLevels(levels))
	return nil
}

// attach is ATTACH or DETACH.
func (s *serviceLevel) attach(x *server.Execution) error {
	x.Server.Write.Lock()
	defer x.Server.Write.Unlock()
	if s.ast.Action == cqlparse.AttachLevel {
		if s.level == defaultLevel {
			return protocol.Invalid("The default service level, %s, cannot be attached to a role. If you want to detach an attached service level, use the DETACH SERVICE LEVEL statement", s.level)
		}
		if _, exists := x.Server.Schema.Load().Levels[s.level]; !exists {
			return protocol.Invalid("Service Level %s doesn't exists.", s.level)
		}
	}
	list := x.Server.Auth.Copy()
	r, exists := list[s.role]
	if !exists {
		return noRole(s.role)
	}
	r.Level = s.level
	list[s.role] = r
	x.Server.SetRoles(list)
	return nil
}

func noRole(name string) error { return protocol.Invalid("Role %s doesn't exist.", name) }

// levelResult is an empty answer with columns of one of ScyllaDB's made-up tables.
func levelResult(table string, columns ...protocol.ColumnSpec) *protocol.Result {
	for i := range columns {
		columns[i].Keyspace, columns[i].Table = "QOS", table
	}
	return &protocol.Result{Kind: protocol.Rows, Columns: columns}
}

func textColumn(name string) protocol.ColumnSpec {
	return protocol.ColumnSpec{Name: name, Type: types.Text}
}

func (s *serviceLevel) list(x *server.Execution) *protocol.Result {
	levels := x.Server.Schema.Load().Levels
	res := levelResult("service_levels", textColumn("service_level"), protocol.ColumnSpec{Name: "timeout", Type: types.Duration},
		textColumn("workload_type"), protocol.ColumnSpec{Name: "shares", Type: types.Int})
	all := s.ast.Action == cqlparse.ListAllLevels
	if all {
		res.Columns = append(res.Columns, protocol.ColumnSpec{Keyspace: "QOS", Table: "service_levels", Name: "percentage of all service level shares", Type: types.Text})
	}
	sum := float32(0)
	for _, l := range levels {
		sum += float32(l.Shares)
	}
	for _, name := range slices.Sorted(maps.Keys(levels)) {
		if l := levels[name]; all || name == s.level {
			var workload []byte
			if l.Workload != "" {
				workload = []byte(l.Workload)
			}
			row := [][]byte{[]byte(name), l.Timeout, workload, types.EncodeInt(l.Shares)}
			if all {
				row = append(row, fmt.Appendf(nil, "%.2f%%", 100*float32(l.Shares)/sum))
			}
			res.Rows = append(res.Rows, row)
		}
	}
	return res
}

func (s *serviceLevel) attached(x *server.Execution) (*protocol.Result, error) {
	list := x.Server.Auth.Copy()
	if _, exists := list[s.role]; !exists && s.ast.Action == cqlparse.ListAttached {
		return nil, noRole(s.role)
	}
	res := levelResult("service_levels_attachments", textColumn("role"), textColumn("service_level"))
	for _, name := range slices.Sorted(maps.Keys(list)) {
		if l := list[name].Level; l != "" && (s.ast.Action == cqlparse.ListAllAttached || name == s.role) {
			res.Rows = append(res.Rows, [][]byte{[]byte(name), []byte(l)})
		}
	}
	return res, nil
}

// effective joins the levels of a role and of all roles granted to it: the least of each
// option counts.
func (s *serviceLevel) effective(x *server.Execution) (*protocol.Result, error) {
	list := x.Server.Auth.Copy()
	if _, exists := list[s.role]; !exists {
		return nil, noRole(s.role)
	}
	var names [3]string // of the levels that the workload, timeout and shares come from
	var best schema.ServiceLevel
	levels := x.Server.Schema.Load().Levels
	for _, role := range roles.Inherited(list, s.role, true) {
		name := list[role].Level
		l, exists := levels[name]
		if !exists {
			continue
		}
		if rank := []string{"", "interactive", "batch"}; names[0] == "" || slices.Index(rank, l.Workload) > slices.Index(rank, best.Workload) {
			names[0], best.Workload = name, l.Workload
		}
		if names[1] == "" || l.Timeout != nil && (best.Timeout == nil || types.DecodeDuration(l.Timeout).Nanos < types.DecodeDuration(best.Timeout).Nanos) {
			names[1], best.Timeout = name, l.Timeout
		}
		if names[2] == "" || l.Shares < best.Shares {
			names[2], best.Shares = name, l.Shares
		}
	}
	if names[0] == "" {
		return nil, protocol.Invalid("Role %s doesn't have assigned any service level", s.role)
	}
	workload, timeout := best.Workload, []byte(nil)
	if workload == "" {
		workload = "unspecified"
	}
	if best.Timeout != nil {
		timeout = []byte(types.DecodeDuration(best.Timeout).String())
	}
	res := levelResult("effective_service_level", textColumn("service_level_option"), textColumn("effective_service_level"), textColumn("value"))
	res.Rows = [][][]byte{
		{[]byte("workload_type"), []byte(names[0]), []byte(workload)},
		{[]byte("timeout"), []byte(names[1]), timeout},
		{[]byte("shares"), []byte(names[2]), strconv.AppendInt(nil, int64(best.Shares), 10)},
	}
	return res, nil
}
