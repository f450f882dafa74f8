package rows

import (
	"iter"
	"sync"

	"github.com/apache/arrow/go/v15/arrow"
)

// Prefetch yields the records of another sequence, which makes the next one
// meanwhile. So two records are in memory: one in use, and one in the making or
// waiting; their size is bounded by those who make them.
func Prefetch(records iter.Seq2[arrow.Record, error]) iter.Seq2[arrow.Record, error] {
	type made struct {
		rec arrow.Record
		err error
	}
	return func(yield func(arrow.Record, error) bool) {
		queue, stop := make(chan made), make(chan struct{})
		var maker sync.WaitGroup
		maker.Go(func() {
			defer close(queue)
			for rec, err := range records {
				if err == nil {
					rec.Retain()
				}
				select {
				case queue <- made{rec, err}:
				case <-stop:
					if err == nil {
						rec.Release()
					}
					return
				}
			}
		})
		defer func() {
			close(stop)
			for rest := range queue {
				if rest.err == nil {
					rest.rec.Release()
				}
			}
			maker.Wait()
		}()
		for one := range queue {
			more := yield(one.rec, one.err)
			if one.err == nil {
				one.rec.Release()
			}
			if !more {
				return
			}
		}
	}
}

// Through shows every record to a function before it goes on.
func Through(records iter.Seq2[arrow.Record, error], see func(arrow.Record)) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		for rec, err := range records {
			if err == nil {
				see(rec)
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}
