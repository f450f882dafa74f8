package sim

import (
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Fault is one way an answer goes wrong.
type Fault string

// The faults that take the place of the answer. The data is not read.
const (
	Fault500    Fault = "500-text"
	Fault502    Fault = "502-html"
	Fault503    Fault = "503-html"
	Fault520    Fault = "520-html"
	Fault524    Fault = "524-html"
	Fault429    Fault = "429"    // although the budget is not spent
	FaultEcho   Fault = "echo"   // 500 whose text repeats the key and the Authorization header
	FaultEmpty  Fault = "empty"  // 200 without a body
	FaultHTML   Fault = "html"   // 200 with the app's page
	FaultObject Fault = "object" // 200 `{}`
	// FaultNotInTeam is a 400 on a page of the list, for a user who is in the team.
	FaultNotInTeam Fault = "not-in-team"
	// Fault402Labels and Fault403Labels refuse the labels and nothing else.
	Fault402Labels Fault = "402-labels"
	Fault403Labels Fault = "403-labels"
)

// The faults that make a page of the list lie. It is a good page, with the true
// total, but its rows are missing.
const (
	FaultNoRows Fault = "no-rows" // no rows
	FaultDry    Fault = "dry"     // no rows and no next page
	FaultShort  Fault = "short"   // Options.ShortBy rows are missing in the middle
)

// The faults that spoil an answer that was made.
const (
	FaultReset       Fault = "reset"     // the connection is reset in the middle of the body
	FaultCut         Fault = "cut"       // the connection is closed in the middle of the body
	FaultTruncated   Fault = "truncated" // half the JSON, with the Content-Length of the half
	FaultStall       Fault = "stall"     // half the body, then nothing until someone closes
	FaultSlow        Fault = "slow"      // Options.SlowBy passes before the first byte
	FaultContentType Fault = "type"      // the right JSON as text/html
)

// Faults are all the kinds of faults.
func Faults() []Fault {
	return []Fault{
		Fault500, Fault502, Fault503, Fault520, Fault524, Fault429, FaultEcho, FaultEmpty, FaultHTML, FaultObject, FaultNotInTeam,
		Fault402Labels, Fault403Labels,
		FaultNoRows, FaultDry, FaultShort,
		FaultReset, FaultCut, FaultTruncated, FaultStall, FaultSlow, FaultContentType,
	}
}

// FaultRule says which requests go wrong. A condition that is zero holds for
// every request. Faults strike after the key and the budget were checked.
type FaultRule struct {
	Fault Fault
	// Rate is the share of requests it strikes, from the seed; 0 means all. The
	// draw depends on path, user, page and attempt, not on who comes first.
	Rate float64
	// Request is the number of a request, from 1 over all routes; From is the first
	// of those that it strikes.
	Request, From int
	// Path is a path such as /api/inbox.
	Path string
	// User and Page are those of the query, Page counting from 1; Attempt counts
	// the requests for the same path, user and page, from 1.
	User    string
	Page    int
	Attempt int
	// Times is how often the rule strikes; 0 means without end.
	Times int
}

func checkFaults(rules []FaultRule) error {
	var errs []error
	for i, rule := range rules {
		if !slices.Contains(Faults(), rule.Fault) {
			errs = append(errs, fmt.Errorf("sim: Faults[%d].Fault is %q; it must be one of %v", i, rule.Fault, Faults()))
		}
		errs = append(errs, within(fmt.Sprintf("Faults[%d].Rate", i), rule.Rate, 0, 1))
	}
	return errors.Join(errs...)
}

// faults picks the fault of a request.
type faults struct {
	seed  uint64
	rules []FaultRule

	mu     sync.Mutex
	struck []int // times by rule
}

func newFaults(o Options) *faults {
	return &faults{seed: o.Seed, rules: o.Faults, struck: make([]int, len(o.Faults))}
}

// pick returns the fault that strikes c, or "".
func (f *faults) pick(c Call) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, rule := range f.rules {
		if rule.matches(c) && (rule.Times == 0 || f.struck[i] < rule.Times) && f.drawn(i, c) {
			f.struck[i]++
			return rule.Fault
		}
	}
	return ""
}

// path returns the only path that the fault can strike, "" for any.
func (f Fault) path() string {
	switch f {
	case FaultNotInTeam, FaultNoRows, FaultDry, FaultShort:
		return listPath
	case Fault402Labels, Fault403Labels:
		return labelsPath
	default:
		return ""
	}
}

func (r FaultRule) matches(c Call) bool {
	return (r.Fault.path() == "" || r.Fault.path() == c.Path) && (r.Request == 0 || r.Request == c.Number) && c.Number >= r.From && (r.Path == "" || r.Path == c.Path) &&
		(r.User == "" || r.User == c.User) && (r.Page == 0 || r.Page == c.Page) &&
		(r.Attempt == 0 || r.Attempt == c.Attempt)
}

func (f *faults) drawn(rule int, c Call) bool {
	if f.rules[rule].Rate == 0 {
		return true
	}
	dice := newStream(f.seed, topicFault, hash(c.Path+"?"+c.User), uint64(rule)<<48^uint64(c.Page)<<16^uint64(c.Attempt))
	return dice.fraction() < f.rules[rule].Rate
}

// hash is FNV-1a.
func hash(text string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return h
}
