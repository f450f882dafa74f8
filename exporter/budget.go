package exporter

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/dustin/go-humanize"
)

const (
	// DefaultMemory is the memory budget of an engine that has none, in bytes. With
	// the program itself it fits into a container of 256 MiB.
	DefaultMemory = 128 << 20
	// LeastMemory is the smallest budget that makes sense.
	LeastMemory = 32 << 20
	// LeastShare is the smallest part of a budget for one of several runs.
	LeastShare = 8 << 20
)

// Share is the part of a memory budget that one of so many runs at the same time may use.
func Share(memory int64, runs int) int64 { return max(memory/int64(max(runs, 1)), LeastShare) }

// ErrTooLarge is wrapped by the error of a file that would take more memory than
// the budget has for what stands in files.
var ErrTooLarge = errors.New("too large for the memory budget")

// tooLargeHint is for people whose file is sound.
const tooLargeHint = "lemexport writes no such file by itself with this budget: the file may be damaged, or made to do harm. " +
	"If you trust it, raise the budget with -memory or LEMEXPORT_MEMORY."

// Budget bounds the memory that files take because of what stands in them. Whoever
// can write a file can state any size in it, so a reader charges bytes and elements
// here before it allocates them. All readers of an engine share one. Nil is the
// budget of [DefaultMemory], of one file alone.
type Budget struct {
	memory int64
	held   atomic.Int64
}

// NewBudget derives a budget from the memory of an engine; 0 is [DefaultMemory].
func NewBudget(memory int64) *Budget { return &Budget{memory: memory} }

func (b *Budget) of() int64 {
	if b == nil {
		return DefaultMemory
	}
	return cmp.Or(b.memory, DefaultMemory)
}

// Footers is the most that the footers of all open files take, decoded.
func (b *Budget) Footers() int64 { return b.of() / 2 }

// Waiting is the most that decoded values of a file take which wait for their row.
// The pages of all columns do so, of whatever size the budget is.
func (b *Budget) Waiting() int64 { return max(b.of()/4, 32<<20) }

// Page is the most bytes that a page, or a buffer of a batch, takes: a row as large as
// an answer of the API may be, and what else is in its page.
func (b *Budget) Page() int64 { return max(b.of()/8, 16<<20) + 2<<20 }

// Slots is the most values, nulls and empty lists in a page: those of a row with as
// many as an answer may hold, and those of the other rows.
func (b *Budget) Slots() int64 { return max(b.of()/128, 1<<20) }

// Footer is what one open file takes of the budget. Free it when the file is closed.
type Footer struct {
	budget *Budget
	held   int64
}

// Footer begins the account of a file.
func (b *Budget) Footer() *Footer {
	if b == nil {
		b = NewBudget(0)
	}
	return &Footer{budget: b}
}

// Take charges bytes that are about to be allocated.
func (f *Footer) Take(size int64) error {
	most := f.budget.Footers()
	if size < 0 || size > most || f.budget.held.Add(size) > most {
		if size >= 0 && size <= most {
			f.budget.held.Add(-size)
		}
		return TooLarge("its metadata takes more than %s, the most that those of all open files may take", humanize.IBytes(uint64(most)))
	}
	f.held += size
	return nil
}

// Held is what the file has taken.
func (f *Footer) Held() int64 { return f.held }

// Left is what is not taken.
func (f *Footer) Left() int64 { return f.budget.Footers() - f.budget.held.Load() }

// Free gives back what the file took. It may be called twice.
func (f *Footer) Free() {
	f.budget.held.Add(-f.held)
	f.held = 0
}

// The memory that encoding/json takes for a value of a manifest: at most that of an
// element of a list, which is a struct, or of a member of a map with its key.
const (
	objectBytes = 640
	valueBytes  = 96
)

// TakeJSON charges what a manifest takes when it is decoded.
func (f *Footer) TakeJSON(manifest []byte) error {
	size := int64(len(manifest)) // of its texts
	for left := manifest; len(left) > 0; {
		at := bytes.IndexAny(left, `{,["`)
		if at < 0 {
			break
		}
		mark := left[at]
		switch left = left[at+1:]; mark {
		case '{':
			size += objectBytes
		case '"':
			left = left[endOfText(left):]
		default:
			size += valueBytes
		}
	}
	return f.Take(size)
}

// endOfText is where a JSON string that has begun is over.
func endOfText(text []byte) int {
	for at := 0; at < len(text); at++ {
		switch text[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return len(text)
}

// TooLarge is an [ErrTooLarge] that says what is too large, with what to do.
func TooLarge(format string, args ...any) error {
	return WithHint(fmt.Errorf("%w: %w", ErrTooLarge, fmt.Errorf(format, args...)), tooLargeHint)
}
