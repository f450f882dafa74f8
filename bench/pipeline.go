package main

import (
	"context"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"golang.org/x/sync/errgroup"

	"github.com/lemexport/lemexport/bench/inbox"
	"github.com/lemexport/lemexport/schema"
	"github.com/lemexport/lemexport/schema/decode"
)

// A record has about so many rows, and no more bytes than that unless one page has.
const (
	recordRows  = 4096
	recordBytes = 4 << 20
)

// eachRecord decodes the pages, with so many decoders, and hands over records of
// some thousand rows in the order of the pages. A record is the function's only
// until it returns.
func eachRecord(ctx context.Context, path string, workers int, take func(arrow.Record) error) error {
	if workers > 1 {
		return atOnce(ctx, path, workers, take)
	}
	rows := newBatch()
	err := inbox.Each(path, func(page []byte) error {
		if err := rows.add(page); err != nil || !rows.full() {
			return err
		}
		return rows.hand(take)
	})
	if err != nil {
		return err
	}
	return rows.hand(take)
}

// batch is the rows of the pages that a decoder has read.
type batch struct {
	decoder *decode.Decoder
	rows    int
	arrived time.Time
}

func newBatch() *batch {
	return &batch{decoder: decode.NewDecoder(schema.InboxConversations(), memory.DefaultAllocator), arrived: inbox.Fetched()}
}

func (b *batch) add(page []byte) error {
	_, err := b.decoder.Append(page, b.arrived)
	b.rows += inbox.PageSize
	return err
}

// full reports whether another page may be too much.
func (b *batch) full() bool {
	return b.rows+inbox.PageSize > recordRows || b.decoder.Size() >= recordBytes
}

func (b *batch) take() arrow.Record {
	b.rows = 0
	return b.decoder.Take()
}

func (b *batch) hand(take func(arrow.Record) error) error {
	rec := b.take()
	defer rec.Release()
	return take(rec)
}

// group is some pages on their way through a decoder.
type group struct {
	bytes []byte
	ends  []int
	// records are the decoder's; taken in the order of the groups.
	records chan []arrow.Record
}

func (g *group) add(page []byte) {
	g.bytes = append(g.bytes, page...)
	g.ends = append(g.ends, len(g.bytes))
}

func (g *group) full() bool {
	return (len(g.ends)+1)*inbox.PageSize > recordRows || len(g.bytes) >= recordBytes
}

// decode empties the group into records.
func (g *group) decode(rows *batch) error {
	var records []arrow.Record
	from := 0
	for _, end := range g.ends {
		if err := rows.add(g.bytes[from:end]); err != nil {
			return err
		}
		if from = end; rows.full() {
			records = append(records, rows.take())
		}
	}
	if rows.rows > 0 {
		records = append(records, rows.take())
	}
	g.bytes, g.ends = g.bytes[:0], g.ends[:0]
	g.records <- records
	return nil
}

// atOnce reads, decodes and hands over at the same time. There are two groups a
// worker, so that memory is bounded whoever is slow.
func atOnce(ctx context.Context, path string, workers int, take func(arrow.Record) error) error {
	all, ctx := errgroup.WithContext(ctx)
	idle, read, ordered := make(chan *group, 2*workers), make(chan *group), make(chan *group, 2*workers)
	for range 2 * workers {
		idle <- &group{records: make(chan []arrow.Record, 1)}
	}
	all.Go(func() error {
		defer close(read)
		defer close(ordered)
		return readGroups(ctx, path, idle, func(full *group) error {
			select {
			case read <- full:
				ordered <- full // has room for every group
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	for range workers {
		all.Go(func() error {
			rows := newBatch()
			for one := range read {
				if err := one.decode(rows); err != nil {
					return err
				}
			}
			return nil
		})
	}
	all.Go(func() error {
		for one := range ordered {
			select {
			case records := <-one.records:
				idle <- one // has room for every group
				if err := takeAll(records, take); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	return all.Wait()
}

func readGroups(ctx context.Context, path string, idle <-chan *group, send func(*group) error) error {
	var filling *group
	err := inbox.Each(path, func(page []byte) error {
		if filling == nil {
			select {
			case filling = <-idle:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if filling.add(page); !filling.full() {
			return nil
		}
		full := filling
		filling = nil
		return send(full)
	})
	if err != nil || filling == nil {
		return err
	}
	return send(filling)
}

func takeAll(records []arrow.Record, take func(arrow.Record) error) error {
	for _, rec := range records {
		err := take(rec)
		rec.Release()
		if err != nil {
			return err
		}
	}
	return nil
}
