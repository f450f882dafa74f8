package lemlist

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/schema"
	"github.com/lemexport/lemexport/schema/decode"
)

// MethodSingle names the argument of a table that is one response: the response is
// whole, its form is the documented one, and the API documents no further page. Rows that
// the server left out of it would not show.
const MethodSingle = "single response"

// fetchTable reads a table that is one response.
func fetchTable(ctx context.Context, c *client.Client, table *schema.Table) (response, error) {
	query := url.Values{}
	for name, value := range table.Request.Query {
		query.Set(name, value)
	}
	isTeam := table.Request.Envelope == schema.EnvelopeTeam
	page, got, err := client.Get(ctx, c, client.Request{Path: table.Request.Path, Query: query, Plain: isTeam}, func(p client.Payload) (decode.Page, error) {
		page, err := decode.NewDecoder(table, memory.NewGoAllocator()).Decode(p.Text, p.Arrived)
		if err != nil {
			return decode.Page{}, err
		}
		if isTeam {
			err = teamOf(page.Record).check(ctx, c)
		}
		if err != nil {
			page.Record.Release()
			return decode.Page{}, err
		}
		page.UnknownFields = c.HideSecrets(page.UnknownFields)
		return page, nil
	})
	return response{Response: got, page: page}, noAccess(table, err)
}

// noAccess is the error of a request for a table. When the key has no access, the error wraps
// [exporter.ErrNoAccess], with a hint about the table.
func noAccess(table *schema.Table, err error) error {
	refused, ok := errors.AsType[*client.Error](err)
	if !ok || !errors.Is(err, exporter.ErrNoAccess) || table.Request.Envelope == schema.EnvelopeTeam {
		return err
	}
	hint := exporter.Hint(err)
	if refused.Forbidden() {
		hint = fmt.Sprintf("The user who created this key may not read the table %s. Let an administrator of the team create the key, or remove the export.", table.Name)
	}
	return exporter.WithHint(err, hint)
}

// surveySingle asks for a table that is one response. Without access to it the survey says
// so; the others can still be read.
func surveySingle(ctx context.Context, c *client.Client, table *schema.Table) (exporter.TableSurvey, client.Cost, error) {
	got, err := fetchTable(ctx, c, table)
	switch {
	case errors.Is(err, exporter.ErrNoAccess):
		return exporter.TableSurvey{Table: table.Name, Error: err.Error(), Hint: exporter.Hint(err)}, got.Cost, nil
	case err != nil:
		return exporter.TableSurvey{}, got.Cost, fmt.Errorf("read the table %s: %w", table.Name, err)
	}
	defer got.release()
	return surveyOf(table, got), got.Cost, nil
}

// surveyOf is what one response tells of its table: everything, unless the response is so
// large that another one waits for its place.
func surveyOf(table *schema.Table, got response) exporter.TableSurvey {
	rows, pages := got.page.Record.NumRows(), int64(1)
	survey := exporter.TableSurvey{
		Table: table.Name, Unknown: got.page.UnknownFields,
		Partitions: []exporter.PartitionSurvey{{TotalItems: &rows, PerPage: rows, Pages: &pages}},
	}
	if got.Place != nil {
		return survey
	}
	got.page.Record.Retain() // its memory is Go's, which frees it with the survey
	return survey.WithRows(got.page.Record)
}

// singleWalk reads a table that is one response. It implements exporter.Walk. A journal
// would spare one request, so it keeps none.
type singleWalk struct {
	ctx    context.Context //nolint:containedctx // a walk is one run; Pages has no argument to carry it
	client *client.Client
	obs    exporter.Observer
	table  *schema.Table
	proof  exporter.Proof
}

// Pages implements exporter.Walk.
func (w *singleWalk) Pages() iter.Seq2[exporter.Page, error] {
	return func(yield func(exporter.Page, error) bool) {
		got, keys, err := w.read()
		w.proof = singleProof(got.Cost, 0, "the response could not be read")
		if err != nil {
			yield(exporter.Page{}, fmt.Errorf("read the table %s: %w", w.table.Name, err))
			return
		}
		defer got.release()
		rows := got.page.Record.NumRows()
		w.proof = singleProof(got.Cost, rows, "the walk did not reach its end")
		w.obs.Observe(exporter.PageFetched{Page: 1, Rows: int(rows)})
		for _, field := range got.page.UnknownFields {
			w.obs.Observe(exporter.UnknownField{Field: field})
		}
		if yield(exporter.Page{Number: 1, Record: got.page.Record, Keys: keys, UnknownFields: got.page.UnknownFields}, nil) {
			w.proof = singleProof(got.Cost, rows, "")
		}
	}
}

// read returns the response and the keys of its rows.
func (w *singleWalk) read() (response, schema.Keys, error) {
	got, err := fetchTable(w.ctx, w.client, w.table)
	if err != nil {
		return got, schema.Keys{}, err
	}
	keys, err := w.table.Keys(got.page.Record)
	if err != nil {
		got.release()
		return got, schema.Keys{}, err
	}
	return got, keys.Hashed(), nil
}

// Proof implements exporter.Walk.
func (w *singleWalk) Proof() exporter.Proof { return w.proof }

// singleProof is the proof of a response with so many rows. Without a reason against it the
// table is complete.
func singleProof(spent client.Cost, rows int64, reason string) exporter.Proof {
	part := exporter.PartitionProof{Requests: spent.Requests, Retries: spent.Retries, RowsRead: rows, Reason: reason}
	proof := exporter.Proof{Requests: spent.Requests, Retries: spent.Retries, Throttled: spent.Throttled, RowsRead: rows}
	if reason == "" {
		part.Pages, part.Passes, part.Complete, part.Method = 1, 1, true, MethodSingle
		proof.Complete, proof.Method = true, MethodSingle
	} else {
		proof.Reasons = []string{reason}
	}
	proof.Partitions = []exporter.PartitionProof{part}
	return proof
}
