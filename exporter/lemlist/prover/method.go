package prover

import "slices"

// The methods by which a list is proven complete, see docs/walk.md.
const (
	MethodPage   = "single-page"
	MethodSweep  = "seams+sweep"
	MethodPasses = "two-equal-passes"
	// MethodSince continues an earlier proof of the same list.
	MethodSince = "sweep-since"
)

// Weakest returns the method of those given that proves least; "" for none.
func Weakest(methods []string) string {
	for _, method := range []string{MethodPasses, MethodSince, MethodSweep, MethodPage} {
		if slices.Contains(methods, method) {
			return method
		}
	}
	return ""
}
