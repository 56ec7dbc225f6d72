package coodie

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/cqlparse"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/driver/fake"
	"github.com/coodie-go/coodie/internal/rawcql"
)

// FuzzRaw: whatever the text, nothing panics, a condition is only ever sent by CAS, and once, a
// text goes out as it came, and no error holds the value.
func FuzzRaw(f *testing.F) {
	for _, text := range []string{
		"SELECT * FROM r WHERE k = ?", "INSERT INTO r (k) VALUES (?) IF NOT EXISTS", "UPDATE r SET v = ? WHERE k = 1 IF v = 2",
		"DELETE FROM r WHERE k = 1 IF EXISTS", "BEGIN BATCH DELETE FROM r WHERE k = ?; APPLY BATCH", "TRUNCATE r", "USE app",
		"BEGIN BATCH UPDATE r SET v = 1 WHERE k = 1 IF v = ? APPLY BATCH", "CREATE TABLE IF NOT EXISTS t (k int PRIMARY KEY)",
		"SELECT * FROM r; DELETE FROM r WHERE k = ?", "DELETE FROM r WHERE k = 'if' -- IF EXISTS\n", "UPDATE r SET l = l + ? WHERE k = 1",
		"SELECT * FROM r BYPASS CACHE USING TIMEOUT 5s", "DELETE FROM r WHERE k = $$ IF $$", "/* */ insert into r json ?", "",
		"DELETE FROM r WHERE k = 1IF v = 99", "UPSERT r SET k = 0xabIF v = 9", "/* x */ SELECT k FRM r -- if", "-- a\nCREATE THING IF NOT EXISTS r",
	} {
		f.Add(text)
	}
	const secret = "s3cr3t-value"
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, secret) {
			return
		}
		ctx := context.Background()
		sender := &fake.Sender{Answer: func(r *driver.Request) fake.Answer {
			if r.Kind == driver.CAS {
				return applied
			}
			return fake.Answer{}
		}}
		raw := newDB(sender, nil).Raw(text, secret)
		_, casErr := raw.CAS(ctx)
		cas := len(sender.Sent())
		errs := []error{raw.Exec(ctx), raw.Unparsed().Exec(ctx)}
		for _, err := range raw.Rows(ctx) {
			errs = append(errs, err)
		}
		stmt, parseErr := cqlparse.Parse(text)
		for i, sent := range sender.Sent() {
			require.Equal(t, text, sent.Statement)
			require.Equal(t, i < cas, sent.Kind == driver.CAS, "%q", text)
			if i < cas {
				require.True(t, cqlparse.HasCondition(stmt), "%q", text)
				require.True(t, sent.Once)
				require.False(t, sent.Replayable)
				continue
			}
			if parseErr == nil && sent.Kind != driver.Read && sent.Kind != driver.Schema {
				require.False(t, cqlparse.HasCondition(stmt), "%q", text)
			}
			if parseErr != nil && sent.Kind != driver.Schema {
				require.False(t, rawcql.MayHaveCondition(text), "%q", text)
			}
		}
		for _, err := range append(errs, casErr) {
			var usage *Error
			require.True(t, err == nil || errors.As(err, &usage) && usage.Kind == KindUsage, "%q: %v", text, err)
			require.NotContains(t, errorText(err), secret)
		}
	})
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
