package main

import (
	"fmt"
	"slices"
	"strings"
)

// faults is the error of a command whose runs show a fault of the program: a claim
// that is wrong where the API said enough to see it, or a team at rest that is not
// proven. Without the second, a program that claims nothing at all would pass.
func faults(chosen []regime, outcomes []outcome) error {
	var found []string
	for _, o := range outcomes {
		silent := slices.ContainsFunc(chosen, func(r regime) bool { return r.name == o.Regime && r.silent })
		switch {
		case o.Verdict == claimed && o.wrong() && !silent:
			found = append(found, fmt.Sprintf("a wrong claim in %s, %s, seed %d: %+v", o.Regime, o.Mode, o.Seed, o.errata))
		case o.Verdict != claimed && o.Regime == atRest:
			found = append(found, fmt.Sprintf("no claim at rest, %s, seed %d: %s: %s", o.Mode, o.Seed, o.Verdict, o.Reason))
		}
	}
	if found == nil {
		return nil
	}
	return fmt.Errorf("the program is at fault\n  %s", strings.Join(found, "\n  "))
}
