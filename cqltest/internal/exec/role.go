package exec

import (
	"fmt"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

// Authenticate refuses a user or password that it does not know.
func (e *Engine) Authenticate(user, password string) error {
	bad := func(format string, args ...any) error {
		return &protocol.Error{Code: protocol.CodeBadCredentials, Message: fmt.Sprintf(format, args...)}
	}
	switch r, ok := e.server.Auth.Copy()[user]; {
	case user == "":
		return bad("User name must not be null")
	case password == "":
		return bad("Password must not be null")
	case !ok || r.Password != password:
		return bad("Provided username %s and/or password are incorrect", user)
	case !r.Login:
		return bad("%s is not permitted to log in", user)
	}
	return nil
}
