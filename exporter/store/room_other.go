//go:build !darwin && !freebsd && !linux && !windows

package store

import "errors"

// roomIn is not known on this system.
func roomIn(string) (bytes uint64, err error) { return 0, errors.ErrUnsupported }
