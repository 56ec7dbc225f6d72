package cqlparse_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/cqlparse"
)

func TestRedact(t *testing.T) {
	for text, want := range map[string]string{
		"CREATE ROLE r WITH PASSWORD = 'it''s secret' AND LOGIN = true": "CREATE ROLE r WITH PASSWORD = '***' AND LOGIN = true",
		"CREATE ROLE r WITH LOGIN = true AND HASHED PASSWORD='$2a$x'":   "CREATE ROLE r WITH LOGIN = true AND HASHED PASSWORD='***'",
		"alter user u with password\n'secret' superuser":                "alter user u with password\n'***' superuser",
		"CREATE USER u WITH PASSWORD /* = 'x' */ -- y\n $$it's$$":       "CREATE USER u WITH PASSWORD /* = 'x' */ -- y\n '***'",
		"CREATE ROLE r WITH PASSWORD = 'secret":                         "CREATE ROLE r WITH PASSWORD = '***'",
		"... r WITH [PASSWORD] 'secret'...":                             "... r WITH [PASSWORD] '***'...",
		"... r WITH PASSWORD = ['secret'] AND...":                       "... r WITH PASSWORD = ['***'] AND...",
		"CREATE ROLE r WITH PASSWORD = \"secret\"":                      "CREATE ROLE r WITH PASSWORD = '***'",
		"INSERT INTO users (password, name) VALUES ('a', 'b')":          "INSERT INTO users (password, name) VALUES ('a', 'b')",
	} {
		require.Equal(t, want, cqlparse.Redact(text))
	}
	for _, text := range []string{
		"CREATE ROLE r WITH PASSWORD 'secret'", "CREATE ROLE r WITH PASSWORD $$secret$$ AND LOGIN = true", "CREATE ROLE r WITH PASSWORD = \"secret\"",
		"CREATE USER u PASSWORD 'secret'", "ALTER ROLE r WITH PASSWORD = 'secret' AND AND",
	} {
		_, err := cqlparse.Parse(text)
		require.Error(t, err)
		require.NotContains(t, cqlparse.Redact(err.Error()), "sec")
	}
}
