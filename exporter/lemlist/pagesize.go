package lemlist

import "sync"

// pageSizes finds the largest `limit` that the API takes. Once a page has come,
// its limit stays: a walk must not change its pages' size half-way.
type pageSizes struct {
	mu      sync.Mutex
	sizes   []int // still to be tried, the first is the current; 0 is none at all
	settled bool
}

func newPageSizes(sizes []int) *pageSizes { return &pageSizes{sizes: sizes} }

// current is the limit to ask for.
func (p *pageSizes) current() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sizes[0]
}

// settle notes that a page came with this limit.
func (p *pageSizes) settle(size int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.settled {
		p.sizes, p.settled = []int{size}, true
	}
}

// refuse notes that a question with this limit was refused. It reports whether
// there is another limit to ask with.
func (p *pageSizes) refuse(size int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sizes[0] != size {
		return true // another request has found out already
	}
	if len(p.sizes) == 1 {
		return false
	}
	p.sizes = p.sizes[1:]
	return true
}
