package coodie_test

import (
	"strconv"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// shipments is a schema of which the server has a part, and how many statements the rest takes.
func shipments(t *testing.T, srv *cqltest.Server, session *gocql.Session) (schema *coodie.Tables, statements int) {
	t.Helper()
	srv.MustExec("CREATE TYPE app.ship_to (street text)")
	srv.MustExec("CREATE TABLE app.shipment (customer text, number int, ship ship_to, PRIMARY KEY (customer, number)) WITH CLUSTERING ORDER BY (number DESC)")
	db := coodie.New(session)
	table, err := coodie.Open[Shipment](db, coodie.WithProperty("comment", "on its way"))
	require.NoError(t, err)
	byState, err := coodie.OpenView[ShipmentByState](table)
	require.NoError(t, err)
	return coodie.Schema(db, byState, table), 6
}

// Each statement in turn is carried out without an answer, or not at all, or refused. Sync never takes one for done that is not,
// and the next Sync ends with the whole schema.
func TestSyncUnderFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		steps []cqltest.Step
		done  bool // Sync itself sees that the statement was carried out
	}{
		"applied, answer lost":     {[]cqltest.Step{cqltest.Apply, cqltest.LoseAnswer}, true},
		"applied, connection cut":  {[]cqltest.Step{cqltest.Apply, cqltest.CloseConnection}, true},
		"applied, and it says no":  {[]cqltest.Step{cqltest.Apply, cqltest.ServerError("who knows")}, true},
		"not applied, answer lost": {[]cqltest.Step{cqltest.LoseAnswer}, false},
		"refused":                  {[]cqltest.Step{cqltest.Unauthorized("not you")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n := 1; n <= 6; n++ {
				t.Run(strconv.Itoa(n), func(t *testing.T) {
					srv, session := server(t)
					schema, statements := shipments(t, srv, session)
					srv.Fault(cqltest.On(cqltest.Schema).Nth(n), tt.steps...)
					done, err := schema.Sync(t.Context())
					if tt.done {
						require.NoError(t, err)
						require.Len(t, done, statements)
					} else {
						require.Error(t, err)
						require.Len(t, done, n-1, "what was done before")
						more, err := schema.Sync(t.Context())
						require.NoError(t, err)
						require.Len(t, more, statements-len(done))
					}
					require.NoError(t, schema.Strict().Verify(t.Context()))
				})
			}
		})
	}
}
