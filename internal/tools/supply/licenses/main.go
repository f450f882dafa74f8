// Command licenses writes the licences and notices of everything that is linked
// into lemexport, for all systems that it is built for, and refuses a licence
// that nobody has read or that is not on the list of allowed ones.
//
// It runs in the root of the repository: see .ci/licenses.
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	parts, err := linked()
	if err != nil {
		return err
	}
	texts, err := collect(parts)
	if err != nil {
		return err
	}
	if err := check(texts, reviewed); err != nil {
		return err
	}
	if err := os.WriteFile("THIRD_PARTY_LICENSES", licenses(texts), 0o644); err != nil { //nolint:gosec // public, and the user's checkout
		return err
	}
	return os.WriteFile("NOTICE", notices(texts), 0o644) //nolint:gosec // public, and the user's checkout
}
