package folder

import (
	"context"
	"fmt"
)

// platformChild plays the roles that exist on Unix only.
func platformChild(_ context.Context, role, _ string) error {
	return fmt.Errorf("unknown role %s", role)
}
