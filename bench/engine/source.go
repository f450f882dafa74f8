package main

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/bench/inbox"
	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
	"github.com/lemexport/lemexport/schema/decode"
)

// benchUser is whose inbox the pages are.
const benchUser = "usr_bench"

// pagesSource is a team of one user, whose inbox is a file of pages. Its walk
// gives what is in the file, since whatever mark it is asked for.
type pagesSource struct {
	path string
	// total is what the team says that its inbox holds.
	total int64
}

// Survey implements exporter.Source.
func (s pagesSource) Survey(context.Context, []*schema.Table) (exporter.Survey, error) {
	survey := exporter.Survey{TeamID: "tea_bench", Simulated: true, Endpoint: "http://127.0.0.1/api"}
	for page, err := range s.pages() {
		if err != nil {
			return survey, err
		}
		newest, oldest := activity(page.Record)
		pages := (s.total + inbox.PageSize - 1) / inbox.PageSize
		survey.Tables = []exporter.TableSurvey{{Table: schema.InboxConversations().Name, Partitions: []exporter.PartitionSurvey{{
			Partition: benchUser, TotalItems: &s.total, PerPage: inbox.PageSize, Pages: &pages, Newest: &newest, Oldest: &oldest,
		}}}}
		break
	}
	return survey, nil
}

// Walk implements exporter.Source. Without a journal: see engine.Engine.Workspace.
func (s pagesSource) Walk(_ context.Context, _ *schema.Table, since map[string]exporter.Mark, _ exporter.Journal) exporter.Walk {
	walk := &pagesWalk{source: s}
	if mark, ok := since[benchUser]; ok {
		walk.since = &mark.Newest
	}
	return walk
}

// Close implements exporter.Source.
func (pagesSource) Close() error { return nil }

// pages decodes page by page, as the product's walk does.
func (s pagesSource) pages() iter.Seq2[exporter.Page, error] {
	return func(yield func(exporter.Page, error) bool) {
		decoder := decode.NewDecoder(schema.InboxConversations(), memory.DefaultAllocator)
		number := int64(0)
		err := inbox.Each(s.path, func(body []byte) error {
			page, err := decoder.Decode(body, inbox.Fetched())
			if err != nil {
				return err
			}
			defer page.Record.Release()
			number++
			if !yield(exporter.Page{Partition: benchUser, Number: number, Record: page.Record, UnknownFields: page.UnknownFields}, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(exporter.Page{}, err)
		}
	}
}

// errEnough ends the reading of pages early.
var errEnough = errors.New("enough pages")

// activity is the span of a page, which is newest first.
func activity(rec arrow.Record) (newest, oldest time.Time) {
	_, column, _ := schema.InboxConversations().Column("last_activity_at")
	times := rec.Column(column).(*array.Timestamp)
	at := func(row int) time.Time { return times.Value(row).ToTime(arrow.Microsecond).UTC() }
	return at(0), at(times.Len() - 1)
}

// pagesWalk is one reading of the file, and takes its proof for granted.
type pagesWalk struct {
	source pagesSource
	since  *time.Time
	pages  int64
	newest *time.Time
}

// Pages implements exporter.Walk.
func (w *pagesWalk) Pages() iter.Seq2[exporter.Page, error] {
	return func(yield func(exporter.Page, error) bool) {
		for page, err := range w.source.pages() {
			if err == nil {
				w.pages++
				if w.newest == nil {
					newest, _ := activity(page.Record)
					w.newest = &newest
				}
			}
			if !yield(page, err) {
				return
			}
		}
	}
}

// Proof implements exporter.Walk.
func (w *pagesWalk) Proof() exporter.Proof {
	const method = "bench"
	return exporter.Proof{Complete: true, Method: method, Requests: w.pages, Partitions: []exporter.PartitionProof{{
		Partition: benchUser, Pages: w.pages, Requests: w.pages, TotalStart: &w.source.total, TotalEnd: &w.source.total,
		Since: w.since, Passes: 1, Complete: true, Method: method, Watermark: w.newest,
	}}}
}
