package mapper_test

import (
	"context"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// What the session's config says is the opposite of what the table wants.
func contrary(serial gocql.SerialConsistency) func(*gocql.ClusterConfig) {
	return func(config *gocql.ClusterConfig) {
		config.Consistency = gocql.One
		config.SerialConsistency = gocql.LocalSerial + gocql.Serial - serial
		config.DefaultIdempotence = true
		config.DefaultTimestamp = true
	}
}

// Both serial consistencies as the frames and the server's traces show them.
func TestSerialConsistency(t *testing.T) {
	t.Parallel()
	keyspace := connect(t).Query("").Keyspace()
	for _, tt := range []struct {
		name   string
		opts   []coodie.TableOption
		serial gocql.SerialConsistency
		commit gocql.Consistency
	}{
		{"SERIAL", nil, gocql.Serial, gocql.Quorum},
		{"LOCAL_SERIAL", []coodie.TableOption{coodie.WithSerialConsistency(coodie.LocalSerial)}, gocql.LocalSerial, gocql.LocalQuorum},
		{"commit ALL", []coodie.TableOption{coodie.WithCommitConsistency(coodie.All)}, gocql.Serial, gocql.All},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tap := &tap{}
			s := session(t, keyspace, tap.tapped, traceable, contrary(tt.serial))
			table := create[Thing](t, s, tt.opts...)
			ctx := t.Context()
			doc := table.New(bare(t.Name()))
			row := table.Find(p.Eq(t.Name()), c.Eq(1))
			check := func(what string, want execution, send func() error) {
				t.Helper()
				traces := traced(t, s, func() { require.NoError(t, send(), what) })
				require.Equal(t, []execution{want}, tap.take(t.Name()), what)
				require.Len(t, traces, 1, what)
				require.Equal(t, consistencyName(want.consistency), traces[0].parameters["consistency_level"], what)
				if want.serial != 0 {
					require.Equal(t, want.serial.String(), traces[0].parameters["serial_consistency_level"], what)
				}
			}
			lwt := execution{consistency: tt.commit, serial: tt.serial}
			check("insert", lwt, func() error { return failure(doc.Insert(ctx)) })
			check("create, refused", lwt, func() error { return failure(table.Find().IfNotExists().Create(ctx, doc.Value)) })
			check("update if", lwt, func() error { return failure(row.If(mark.Eq(1)).Update(ctx, mark.Set(2))) })
			check("update if, refused", lwt, func() error { return failure(doc.If(mark.Eq(1)).Update(ctx, mark.Set(2))) })
			check("update if exists", lwt, func() error { return failure(doc.IfExists().Update(ctx, mark.Set(2))) })
			check("delete columns if", lwt, func() error { return failure(doc.If(mark.Eq(2)).DeleteColumns(ctx, n)) })
			check("delete if exists", lwt, func() error { return failure(row.IfExists().Delete(ctx)) })
			require.NoError(t, failure(doc.Insert(ctx)))
			tap.take("")

			serial := gocql.Consistency(tt.serial)
			got := tap.takeRead(t, func() { _, err := row.With(coodie.WithLinearizable()).Get(ctx); require.NoError(t, err) })
			require.Equal(t, serial, got.consistency, "a linearizable read is at the table's serial consistency")
			traces := traced(t, s, func() { _, err := row.With(coodie.WithLinearizable()).Get(ctx); require.NoError(t, err) })
			require.Equal(t, tt.serial.String(), traces[0].parameters["consistency_level"])

			plain := gocql.Quorum
			if tt.serial == gocql.LocalSerial {
				plain = gocql.LocalQuorum
			}
			require.Equal(t, plain, tap.takeRead(t, func() { _, err := row.Get(ctx); require.NoError(t, err) }).consistency)
			require.NoError(t, doc.Save(ctx))
			saved := tap.take(t.Name())
			require.Len(t, saved, 1)
			require.Equal(t, plain, saved[0].consistency)
			require.False(t, saved[0].defaultTimestamp)
		})
	}
}

// takeRead is the one execution of a read by the test's key.
func (t *tap) takeRead(tb testing.TB, read func()) execution {
	t.take("")
	read()
	got := t.take(tb.Name())
	require.Len(tb, got, 1)
	return got[0]
}

func consistencyName(c gocql.Consistency) string {
	if s := gocql.SerialConsistency(c); s == gocql.Serial || s == gocql.LocalSerial {
		return s.String()
	}
	return c.String()
}

// failure is the error of a conditional write, applied or not.
func failure[T any](_ coodie.LWTResult[T], err error) error { return err }

func TestLinearizableIsOfOneRow(t *testing.T) {
	t.Parallel()
	table := create[Thing](t, connect(t))
	ctx := t.Context()
	reads := map[string]func(context.Context) error{
		"partition": func(ctx context.Context) error {
			_, err := table.Find(p.Eq("p")).With(coodie.WithLinearizable()).Get(ctx)
			return err
		},
		"IN": func(ctx context.Context) error {
			_, err := table.Find(p.Eq("p"), c.In(1, 2)).With(coodie.WithLinearizable()).Get(ctx)
			return err
		},
		"range": func(ctx context.Context) error {
			_, err := table.Find(p.Eq("p"), c.Gt(1)).With(coodie.WithLinearizable()).Get(ctx)
			return err
		},
		"all": func(ctx context.Context) error {
			_, err := table.Find().With(coodie.WithLinearizable()).All(ctx)
			return err
		},
		"first": func(ctx context.Context) error {
			_, err := table.Find(p.Eq("p")).With(coodie.WithLinearizable()).First(ctx)
			return err
		},
		"count": func(ctx context.Context) error {
			_, err := table.Find(p.Eq("p")).With(coodie.WithLinearizable()).Count(ctx)
			return err
		},
	}
	for name, read := range reads {
		t.Run(name, func(t *testing.T) { requireUsage(t, read(ctx)) })
	}
	_, err := table.Find(p.Eq("p"), c.Eq(1)).With(coodie.WithLinearizable()).Get(ctx)
	require.ErrorIs(t, err, coodie.ErrNotFound)
}

// An unconditional option that would weaken an LWT is refused at Open.
func TestRefusedConsistencies(t *testing.T) {
	t.Parallel()
	s := connect(t)
	for name, opt := range map[string]coodie.TableOption{
		"commit ANY":        coodie.WithCommitConsistency(coodie.Any),
		"commit SERIAL":     coodie.WithCommitConsistency(coodie.Consistency(coodie.Serial)),
		"plain SERIAL":      coodie.WithConsistency(coodie.Consistency(coodie.LocalSerial)),
		"serial of a plain": coodie.WithSerialConsistency(coodie.SerialConsistency(coodie.Quorum)),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := coodie.Open[Thing](over(t, s), opt)
			var schema *coodie.SchemaError
			require.ErrorAs(t, err, &schema)
		})
	}
}
