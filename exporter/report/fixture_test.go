package report_test

import (
	"bytes"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/report"
	"github.com/lemexport/lemexport/schema"
	"github.com/lemexport/lemexport/schema/decode"
)

// hostile is a text that tries to get out of wherever the page puts it.
const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(1)>{{.}}&amp;</style></title>`

var walkedAt = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// rows are conversations as the API sends them, with personal data in every
// place that can hold some.
func rows() []string {
	row := func(id string, rest string) string {
		return fmt.Sprintf(`{"_id":%q,"teamId":"tea_1","contactId":"ctc_1","createdBy":"act_1",%s}`, id, rest)
	}
	name := strings.ReplaceAll(hostile, `"`, `\"`)
	return []string{
		row("ibx_1", `"createdAt":"2026-02-01T10:00:00Z","lastActivityAt":"2026-02-28T10:00:00Z","haveReplies":true,"lastRepliedAt":"2026-02-28T10:00:00Z",
			"lastRepliedChannel":"email","isYourTurn":true,"lastSentAt":"2026-02-27T09:00:00Z","lastSentSubject":"SECRET subject","lastSentMessagePreview":"SECRET preview",
			"lastRepliedSubject":"SECRET answer","lastRepliedMessagePreview":"SECRET words","channels":["email","linkedin"],
			"users":[{"userId":"usr_anna","sender":true,"read":false,"role":"SECRET role"},{"userId":"usr_bo","read":true}],
			"opportunities":[{"id":"opp_1","type":"phone"},{"id":"opp_2","type":"phone","done":true}],
			"contact":{"_id":"ctc_1","fullName":"SECRET Ada","email":"SECRET@example.com","companyName":"SECRET Ltd"},"score":12`),
		row("ibx_2", `"createdAt":"2026-02-10T10:00:00Z","lastActivityAt":"2026-02-20T10:00:00Z","haveReplies":true,"lastRepliedAt":"2026-02-11T10:00:00Z",
			"lastRepliedChannel":"`+name+`","isYourTurn":false,"lastSentAt":"2026-02-20T10:00:00Z","channels":["`+name+`"],
			"users":[{"userId":"usr_anna","sender":true,"read":true}],"opportunities":[{"id":"opp_3","type":"`+name+`"}],"`+name+`":{"deep":"SECRET value"}`),
		row("ibx_3", `"createdAt":"2026-01-15T10:00:00Z","lastActivityAt":"2026-02-02T10:00:00Z","haveReplies":false,"channels":["email"],
			"users":[{"userId":"usr_anna","sender":true,"read":true},{"userId":"usr_gone","sender":true,"read":false}],"opportunities":[]`),
		row("ibx_4", `"createdAt":"2026-01-20T10:00:00Z","channels":[],"users":[],"lastActivityAt":null`),
	}
}

// someExport is an export of these rows.
func someExport(t *testing.T, table *schema.Table, rows []string) report.Export {
	t.Helper()
	body := `{"data":[` + strings.Join(rows, ",") + `],"pagination":{"currentPage":1,"totalPages":1,"perPage":100,"totalItems":4}}`
	page, err := decode.NewDecoder(schema.InboxConversations(), memory.DefaultAllocator).Decode([]byte(body), walkedAt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(page.Record.Release)
	at := func(day int) *time.Time { return new(time.Date(2026, 2, day, 10, 0, 0, 0, time.UTC)) }
	return report.Export{
		Pattern: "inbox_conversations.parquet", Files: 1, Bytes: 12_345, Table: table, Records: inPieces(page.Record, 3),
		Manifest: exporter.Manifest{
			Version: 1, RunID: "0199a1b2-0000-7000-8000-000000000001", Tool: exporter.Tool{Name: "lemexport", Version: "1.2.3"}, Simulated: true,
			Source: exporter.ManifestSource{Type: "lemlist", Endpoint: "https://api.lemlist.com/api", TeamID: "tea_1"},
			Table:  table.Name, SchemaVersion: 1, Mode: "snapshot", Rows: int64(len(rows)), UnknownFields: page.UnknownFields,
			Window: exporter.Window{StartedAt: walkedAt.Add(-time.Minute), FinishedAt: walkedAt, OldestActivity: at(2), NewestActivity: at(28)},
			Proof: exporter.Proof{
				Method: "seams+sweep", Complete: true, Margin: &exporter.ProofMargin{LookbackSeconds: 300, SettleSeconds: 3}, Requests: 5, Retries: 1, RowsRead: 7, Rows: 4, Duplicates: 2, Superseded: 1,
				Partitions: []exporter.PartitionProof{
					{Partition: "usr_anna", Pages: 2, Requests: 3, Retries: 1, RowsRead: 5, TotalStart: new(int64(3)), TotalEnd: new(int64(3)), Complete: true},
					{Partition: "usr_bo", Pages: 1, Requests: 2, RowsRead: 2, TotalStart: new(int64(1)), Complete: true},
				},
			},
		},
	}
}

func inPieces(rec arrow.Record, size int64) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		for start := int64(0); start < rec.NumRows(); start += size {
			piece := rec.NewSlice(start, min(start+size, rec.NumRows()))
			more := yield(piece, nil)
			piece.Release()
			if !more {
				return
			}
		}
	}
}

func write(t *testing.T, export report.Export, options report.Options) string {
	t.Helper()
	var page bytes.Buffer
	if err := report.Write(t.Context(), &page, export, options); err != nil {
		t.Fatal(err)
	}
	return page.String()
}
