package store

import (
	"context"
	"fmt"
)

// platformChild plays the roles that only Unix has.
func platformChild(_ context.Context, role, _ string) error {
	return fmt.Errorf("unknown role %s", role)
}
