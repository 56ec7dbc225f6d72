package migrate

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Status describes a migration: how far it is, and whether its file still fits the history.
type Status struct {
	Version  int64     `json:"version"`
	Name     string    `json:"name"`
	State    State     `json:"state"`
	Done     int       `json:"done"`  // steps that were executed, on the way that State says
	Steps    int       `json:"steps"` // of that way
	Unknown  bool      `json:"unknown,omitempty"`
	Changed  bool      `json:"changed,omitempty"`
	Missing  bool      `json:"missing,omitempty"`
	Progress string    `json:"progress,omitempty"`
	Owner    string    `json:"owner,omitempty"`
	Started  time.Time `json:"started,omitzero"`
	Finished time.Time `json:"finished,omitzero"`
	File     string    `json:"file,omitempty"`
}

// Status returns all migrations, those of the files and those of the history, in their order. It takes no lease:
// Unknown, the step after Done may have been executed, is natural while another process is migrating. Changed says
// that the file is not as it was applied, Missing that there is none.
func (m *Migrator) Status(ctx context.Context) ([]Status, error) {
	h, err := m.load(ctx)
	if err != nil {
		return nil, err
	}
	var all []Status
	for _, x := range m.migrations {
		s := Status{Version: x.version, Name: x.name, State: StatePending, Steps: x.up.steps(), File: x.file()}
		if row := h.rows[x.version]; row != nil {
			s.recorded(row)
			if src := x.source(row.State == StateReverting); src != nil {
				s.Steps = src.steps()
				s.Changed = row.applied() && row.Checksum != x.up.sum || !row.applied() && len(changed(row, x)) > 0
			}
		}
		all = append(all, s)
	}
	for v, row := range h.rows {
		if m.find(v) == nil {
			s := Status{Version: v, Name: row.Title, Missing: true, Steps: row.Done}
			s.recorded(row)
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b Status) int { return cmp.Compare(a.Version, b.Version) })
	return all, nil
}

func (s *Status) recorded(row *record) {
	s.State, s.Done, s.Unknown, s.Progress = row.State, row.Done, row.Pending, row.Progress
	s.Owner, s.Started, s.Finished = row.Owner, row.Started, row.Finished
}
