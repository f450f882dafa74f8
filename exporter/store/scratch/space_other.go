//go:build !darwin && !freebsd && !linux && !windows

package scratch

import "errors"

// freeSpace is not known on this system.
func freeSpace(string) (bytes uint64, err error) { return 0, errors.ErrUnsupported }
