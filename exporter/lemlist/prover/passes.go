package prover

import (
	"cmp"
	"fmt"
	"slices"
)

const (
	// maxPasses bounds the plain passes over a list that breaks the assumptions.
	maxPasses = 3
	// maxPages bounds a pass over a list that does not end.
	maxPages = 200_000
	// maxSweeps bounds the sweeps after the passes.
	maxSweeps = 64
)

// verdict is what a page of a pass decides.
type verdict int

const (
	passesGoOn verdict = iota
	passesAgree
	passesFail
)

// passes reads a list from top to bottom, page after page, until two passes in
// a row show the same conversations, and then sweeps up what moved during the
// last one. It assumes nothing that it could notice and proves less: two
// movements that fit each other can hide a row from two passes. It keeps 24
// bytes a row for each of two passes.
type passes struct {
	next     int64
	count    int64
	whole    bool // whether the previous pass reached the end of the list
	previous []Row
	current  []Row
	page     []Row // the previous page, to notice a server that repeats it
	most     int64 // the largest total of this pass
	empty    int   // pages without rows that are not the last
	// top is the newest time on the first page of the pass or sweep under way,
	// floor that of the one before it: where a sweep ends.
	top, floor int64
	sweeping   bool
	sweeps     int64
	reason     string
}

func newPasses() *passes { return &passes{next: 1, count: 1} }

// observe takes the page that next names.
func (p *passes) observe(r Page) verdict {
	if r.asked == 1 {
		p.top = newestBefore(r)
	}
	if r.total != nil && !p.sweeping {
		p.most = max(p.most, *r.total)
	}
	if len(r.Rows) == 0 && r.next != 0 {
		p.empty++
	}
	switch {
	case p.empty > spareNames:
		p.reason = fmt.Sprintf("%d pages without conversations name a next one", p.empty)
		return passesFail
	case r.asked == 1 && r.served > 1:
		p.reason = fmt.Sprintf("page 1 was asked for and page %d came", r.served)
		return passesFail
	case p.sweeping && p.below(r):
		return p.swept(r)
	case r.next == 0:
		p.current = append(p.current, r.Rows...)
		return p.end()
	case r.next <= r.asked:
		p.reason = fmt.Sprintf("page %d names page %d as the next one", r.asked, r.next)
		return passesFail
	case r.asked > 1 && len(r.Rows) > 0 && slices.Equal(r.Rows, p.page):
		p.reason = fmt.Sprintf("page %d repeats the page before it", r.asked)
		return passesFail
	case r.next > maxPages:
		p.reason = fmt.Sprintf("the list does not end after %d pages", maxPages)
		return passesFail
	}
	if !p.sweeping {
		p.current = append(p.current, r.Rows...)
	}
	p.page, p.next = r.Rows, r.next
	return passesGoOn
}

// below reports whether the page ends a sweep.
func (p *passes) below(r Page) bool {
	return r.next == 0 || slices.ContainsFunc(r.Rows, func(row Row) bool { return row.At <= p.floor })
}

// swept ends a sweep. One that was a single page is one moment: nothing moved
// while it was read.
func (p *passes) swept(r Page) verdict {
	p.sweeps++
	if r.asked == 1 {
		return passesAgree
	}
	if p.sweeps == maxSweeps {
		p.reason = "the inbox changes too fast"
		return passesFail
	}
	p.floor, p.next = p.top, 1
	return passesGoOn
}

// end compares a finished pass with the one before. Two equal passes say something
// only when they show as many conversations as every total states.
func (p *passes) end() verdict {
	found := distinct(p.current)
	equal := p.whole && agree(p.previous, found)
	short := int64(len(found)) < p.most
	switch {
	case short && equal:
		p.reason = fmt.Sprintf("the API states %d conversations and lists %d, twice the same", p.most, len(found))
		return passesFail
	case short:
		p.reason = fmt.Sprintf("the API states %d conversations and lists %d", p.most, len(found))
	case equal:
		p.previous, p.current = nil, nil
		p.sweeping, p.floor, p.next = true, p.top, 1
		return passesGoOn
	default:
		p.reason = "passes over the whole list did not agree"
	}
	return p.again(found, true)
}

// stop ends a pass whose next page is gone: the list became shorter.
func (p *passes) stop() verdict {
	p.reason = "passes over the whole list did not agree"
	return p.again(nil, false)
}

// again starts another pass, if the bound allows one.
func (p *passes) again(found []Row, whole bool) verdict {
	if p.count == maxPasses {
		return passesFail
	}
	p.whole, p.previous, p.current, p.page = whole, found, nil, nil
	p.most, p.empty = 0, 0
	p.count++
	p.next = 1
	return passesGoOn
}

// distinct sorts rows by id and keeps the newest version of each.
func distinct(rows []Row) []Row {
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(a.ID.Compare(b.ID), cmp.Compare(b.At, a.At))
	})
	return slices.CompactFunc(rows, func(a, b Row) bool { return a.ID == b.ID })
}

// agree reports whether two passes, both sorted by id, show the same
// conversations in the same versions, but for those whose time says that they
// moved after the first pass.
func agree(before, after []Row) bool {
	if len(before) == 0 {
		return len(after) == 0
	}
	since := slices.MaxFunc(before, func(a, b Row) int { return cmp.Compare(a.At, b.At) }).At
	i := 0
	for _, row := range after {
		if i < len(before) && before[i].ID.Compare(row.ID) < 0 {
			return false // gone, or missed by the second pass
		}
		same := i < len(before) && before[i].ID == row.ID
		if same && before[i].At == row.At {
			i++
			continue
		}
		if row.At <= since {
			return false
		}
		if same {
			i++
		}
	}
	return i == len(before)
}
