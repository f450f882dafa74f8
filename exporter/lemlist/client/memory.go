package client

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/dustin/go-humanize"

	"github.com/lemexport/lemexport/exporter"
)

// ErrTooLarge ends the reading of a body.
var ErrTooLarge = errors.New("the response is too large")

const (
	// LargestBody is the most that a response may have, decompressed, whatever the
	// memory budget is: the decoder reads no larger one.
	LargestBody = 64 << 20
	// bodyShare is the share of the memory budget that the body of one response may
	// take. With the buffer that grows, the columns of the decoder, the record and
	// the copy for the journal, a response takes about five times its size.
	bodyShare = 8
	// bytesPerValue is the share of the memory budget that allows for one JSON value
	// of a response. A value of two bytes takes up to 300 while it is decoded: an
	// unknown name is kept with its path, an empty object has a row in every column.
	bytesPerValue = 1 << 10
	// plainValues is how many times as many values the response to a plain request may
	// have: the id of a user takes about a hundred bytes.
	plainValues = 4
	// smallParts is how many small responses make the largest one. A page usually has
	// 0.1 MiB and 5,000 values.
	smallParts = 64
	// smallValueParts is the same for the values.
	smallValueParts = 16
)

// Memory bounds the memory of all responses of the clients that share it. Small responses
// may be in flight at the same time. A large response needs the only place, from the
// moment when its size shows until the caller releases it.
type Memory struct {
	largest, small           int64 // bytes, decompressed
	mostValues, smallsValues int64
	place                    chan struct{} // holds the token of the place while it is free
}

// NewMemory spends a budget in bytes, which is [exporter.LeastMemory] at least. One response
// may take an eighth of it.
func NewMemory(budget int64) *Memory { return newMemory(max(budget, exporter.LeastMemory)) }

func newMemory(budget int64) *Memory {
	largest, values := min(budget/bodyShare, LargestBody), budget/bytesPerValue
	m := &Memory{
		largest: largest, small: largest / smallParts,
		mostValues: values, smallsValues: values / smallValueParts,
		place: make(chan struct{}, 1),
	}
	m.place <- struct{}{}
	return m
}

// reserve waits for the place of a large response.
func (m *Memory) reserve(ctx context.Context) (*Place, error) {
	select {
	case <-m.place:
		return &Place{free: sync.OnceFunc(func() { m.place <- struct{}{} })}, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Place is the place of one large response; nil is that of a small response.
type Place struct {
	free  func()
	watch func() bool // stops the watch on a context; nil when there is none
}

// Release gives the place back; only the first call counts.
func (p *Place) Release() {
	if p == nil {
		return
	}
	if p.watch != nil {
		p.watch()
	}
	p.free()
}

// releaseAfter gives the place back at the end of ctx, at the latest.
func (p *Place) releaseAfter(ctx context.Context) {
	if p != nil {
		p.watch = context.AfterFunc(ctx, p.free)
	}
}

// weigh looks at how many values a body has before it is decoded: there may be
// many in few bytes.
func (m *Memory) weigh(b *body, within bounds) error {
	values := countValues(b.text.Bytes(), within.values)
	switch {
	case values > within.values:
		return tooManyValues(within.values)
	case values > m.smallsValues:
		return b.reserve(within)
	}
	return nil
}

// tooManyBytes is the error of a body that is larger than limit.
func tooManyBytes(limit int64, how string) error {
	return fmt.Errorf("%w: more than %s%s", ErrTooLarge, humanize.IBytes(uint64(limit)), how)
}

// tooManyValues is the error of a body that has more JSON values than most.
func tooManyValues(most int64) error {
	return fmt.Errorf("%w: more than %s values", ErrTooLarge, humanize.Comma(most))
}

// countValues is how many JSON values a text has at most, nested ones without
// siblings aside. Beyond enough the number does not matter.
func countValues(text []byte, enough int64) int64 {
	values, quoted := int64(1), false
	for i := 0; i < len(text) && values <= enough; i++ {
		switch text[i] {
		case '"':
			quoted = !quoted
		case '\\':
			i++
		case ',':
			if !quoted {
				values++
			}
		}
	}
	return values
}
