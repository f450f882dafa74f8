package lemlist

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/dustin/go-humanize"

	"github.com/lemexport/lemexport/exporter"
)

// errTooLarge ends the reading of a body.
var errTooLarge = errors.New("the answer is too large")

const (
	// largestBody is the most that an answer may have, decompressed, whatever the
	// memory budget is: the decoder reads no larger one.
	largestBody = 64 << 20
	// bodyShare is the share of the memory budget that the body of one answer may
	// take. With the buffer that grows, the columns of the decoder, the record and
	// the copy for the journal, an answer takes about five times its size.
	bodyShare = 8
	// bytesPerValue is the share of the memory budget that allows for one JSON value
	// of an answer. A value of two bytes takes up to 300 while it is decoded: an
	// unknown name is kept with its path, an empty object has a row in every column.
	bytesPerValue = 1 << 10
	// plainValues is how many times as many values the answer of a plain question may
	// have: the id of a user takes about a hundred bytes.
	plainValues = 4
	// smallParts is how many small answers make the largest one. A page usually has
	// 0.1 MiB and 5,000 values.
	smallParts = 64
	// smallValueParts is the same for the values.
	smallValueParts = 16
)

// room bounds the memory of all answers together. Small answers may be in flight
// at the same time. A large answer needs the only place, from the moment when its
// size shows until the walk has taken its rows.
type room struct {
	largest, small           int64 // bytes, decompressed
	mostValues, smallsValues int64
	place                    chan struct{} // holds the token of the place while it is free
}

// newRoom makes the room of a memory budget, in bytes.
func newRoom(memory int64) *room {
	largest, values := min(memory/bodyShare, largestBody), memory/bytesPerValue
	r := &room{
		largest: largest, small: largest / smallParts,
		mostValues: values, smallsValues: values / smallValueParts,
		place: make(chan struct{}, 1),
	}
	r.place <- struct{}{}
	return r
}

// enter waits for the place of a large answer.
func (r *room) enter(ctx context.Context) (*hold, error) {
	select {
	case <-r.place:
		return &hold{free: sync.OnceFunc(func() { r.place <- struct{}{} })}, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// hold is the place of one large answer; nil is that of a small one.
type hold struct {
	free  func()
	watch func() bool // stops the watch on a context; nil is none
}

// release gives the place back; only the first call counts.
func (h *hold) release() {
	if h == nil {
		return
	}
	if h.watch != nil {
		h.watch()
	}
	h.free()
}

// releaseAfter gives the place back at the end of ctx, at the latest.
func (h *hold) releaseAfter(ctx context.Context) {
	if h != nil {
		h.watch = context.AfterFunc(ctx, h.free)
	}
}

// weigh looks at how many values a body has before it is decoded: there may be
// many in few bytes.
func (r *room) weigh(b *body, within bounds) error {
	values := countValues(b.text.Bytes(), within.values)
	switch {
	case values > within.values:
		return tooManyValues(within.values)
	case values > r.smallsValues:
		return b.enter(within)
	}
	return nil
}

// tooManyBytes is the error of a body that is larger than limit.
func tooManyBytes(limit int64, how string) error {
	return fmt.Errorf("%w: more than %s%s", errTooLarge, humanize.IBytes(uint64(limit)), how)
}

// tooManyValues is the error of a body that has more JSON values than most.
func tooManyValues(most int64) error {
	return fmt.Errorf("%w: more than %s values", errTooLarge, humanize.Comma(most))
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

// memoryOf is the budget of the options.
func memoryOf(opts Options) int64 {
	if opts.Memory > 0 {
		return opts.Memory
	}
	return exporter.DefaultMemory
}
