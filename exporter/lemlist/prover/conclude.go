package prover

import "fmt"

// action is what to do next with a list.
type action int

const (
	proven      action = iota
	unproven           // it ends without a proof
	sweepOn            // another sweep, when what happened meanwhile shows on every replica
	sweepDeep          // the same, down to the floor
	checkGaps          // the gaps in which a row may have been missed are checked
	checkJoint         // those of them in which every movement counts
	walkAgain          // the list is walked from top to bottom once more
	findMissing        // the same, because it shows less than the API states
	startOver          // it is read by plain passes, since the assumptions do not hold
	widen              // it is walked in full, since it does not fit what an earlier walk has proven
)

// step is an action, and why: the method of a proof, or what speaks against one.
type step struct {
	action action
	why    string
}

// conclude compares what has been seen with what the API states, after a sweep
// that was one moment and ended with a page.
func conclude(e *evidence, last Page) step {
	short := last.total != nil && e.since == nil && e.distinct() < *last.total
	switch {
	case e.audit.Unreadable > 0:
		return step{unproven, fmt.Sprintf("lastActivityAt of %d rows cannot be read, so the order of the list is unknown", e.audit.Unreadable)}
	case e.audit.Foreign > 0:
		return step{unproven, e.audit.anotherList()}
	case e.unsettled(last), e.passedBy(last):
		return step{action: sweepDeep}
	case e.since != nil:
		return concludeSince(e, last)
	case len(e.back) > 0 && (e.lowered || e.waited > 1):
		return step{startOver, "the lastActivityAt of a conversation went back"}
	case short && e.hasGap(e.suspect):
		return step{action: checkGaps}
	case len(e.back) > 0 || short && e.waited == 0:
		return step{action: sweepOn} // the page may be of a moment before
	case short:
		return step{findMissing, fmt.Sprintf("the API states %d conversations and lists %d", *last.total, e.distinct())}
	case e.appeared > 0:
		return step{walkAgain, fmt.Sprintf("%d conversations appeared among older ones that had been read", e.appeared)}
	case e.rose(e.margin.Settle):
		return step{walkAgain, fmt.Sprintf("totalItems grew by %d more than new conversations came", e.rise(e.margin.Settle))}
	case e.walked == 1 && e.rose(0):
		// A response may have been older than the one before it, or rows come back.
		return step{walkAgain, totalsWavered}
	case e.wavering && e.found > 0:
		return step{walkAgain, fmt.Sprintf("%d conversations had not been shown before", e.found)}
	case e.walked > 1 && e.fellAgain && !e.wavering:
		return step{walkAgain, "conversations went while the list was walked again"}
	case e.reads == 1:
		return step{proven, MethodPage}
	case !e.counted(last.total) && e.hasGap(e.suspect):
		return step{action: checkGaps}
	case e.hasGap(e.blind):
		return step{action: checkJoint}
	}
	return step{proven, MethodSweep}
}

// totalsWavered is why a list is walked once more that must then show nothing new.
const totalsWavered = "totalItems fell and grew again"

// concludeSince compares the totals with those of the earlier proof: the list has
// no more rows than it had then and those that have come to stand above the floor.
func concludeSince(e *evidence, last Page) step {
	least, known := e.floor, int64(0)
	if e.since.Known == nil {
		least = e.since.Newest.UnixMicro() + 1 // how many of the others there were is not known
	} else {
		known = *e.since.Known
	}
	more := e.seen.since(least) - known // of the known ones some may be gone
	switch {
	case e.since.Total == nil:
	case last.total == nil:
		return step{widen, "the API does not state totalItems any more"}
	case *last.total-*e.since.Total > max(more, 0):
		return step{widen, fmt.Sprintf("totalItems is %d though it was %d and %d conversations are new", *last.total, *e.since.Total, more)}
	}
	return step{proven, MethodSince}
}
