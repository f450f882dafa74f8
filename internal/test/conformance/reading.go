package conformance

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// mostBatchBytes bounds a batch of more than one row.
const mostBatchBytes = 2 << 20

// reading is what came of a Read.
type reading struct {
	schema []byte
	arrow  bytes.Buffer
	// marks are the checkpoints, each with the rows that came before it.
	marks   []mark
	rows    int64
	batches int64
	largest int
	events  []*pluginv1.Event
	result  *pluginv1.ReadResult
	// err is how the stream ended; nil for OK.
	err error
}

type mark struct {
	token []byte
	pages int64
	rows  int64
}

// readAll reads to the end, and checks the order of the messages on the way.
func readAll(t *testing.T, instance Instance, request *pluginv1.ReadRequest) *reading {
	t.Helper()
	return readUntil(t, instance, request, func(*reading) bool { return false })
}

// readUntil reads until enough has come, and then cancels.
func readUntil(t *testing.T, instance Instance, request *pluginv1.ReadRequest, enough func(*reading) bool) *reading {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	r := &reading{}
	stream, err := instance.Client.Read(ctx, request)
	if err != nil {
		r.err = err
		return r
	}
	r.take(t, stream, cancel, enough)
	return r
}

func (r *reading) take(
	t *testing.T, stream grpc.ServerStreamingClient[pluginv1.ReadResponse], cancel func(), enough func(*reading) bool,
) {
	t.Helper()
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			r.err = err
			break
		}
		r.add(t, message)
		if enough(r) {
			cancel()
			enough = func(*reading) bool { return false }
		}
	}
	r.checkEnd(t)
}

// add takes a message and checks that it may come now.
func (r *reading) add(t *testing.T, message *pluginv1.ReadResponse) {
	t.Helper()
	if r.result != nil {
		t.Errorf("a message after the result: %v", message)
	}
	switch message := message.GetMessage().(type) {
	case *pluginv1.ReadResponse_Schema:
		if r.schema != nil {
			t.Error("a second schema")
		}
		r.schema = message.Schema.GetArrowIpc()
		r.arrow.Write(r.schema)
	case *pluginv1.ReadResponse_Batch:
		if r.schema == nil {
			t.Error("a batch before the schema")
		}
		body, rows := message.Batch.GetArrowIpc(), message.Batch.GetRows()
		if rows < 1 {
			t.Errorf("a batch of %d rows", rows)
		}
		if len(body) > mostBatchBytes && rows > 1 {
			t.Errorf("a batch of %d bytes and %d rows", len(body), rows)
		}
		r.arrow.Write(body)
		r.largest = max(r.largest, len(body))
		r.rows += rows
		r.batches++
	case *pluginv1.ReadResponse_Checkpoint:
		if r.batches == 0 {
			t.Error("a checkpoint before any batch")
		}
		one := mark{message.Checkpoint.GetToken(), message.Checkpoint.GetPages(), r.rows}
		if len(one.token) == 0 || len(r.marks) > 0 && one.pages <= r.marks[len(r.marks)-1].pages {
			t.Errorf("checkpoint %q with %d pages after %v", one.token, one.pages, r.marks)
		}
		r.marks = append(r.marks, one)
	case *pluginv1.ReadResponse_Event:
		if message.Event.GetTime() == nil || message.Event.GetKind() == nil {
			t.Errorf("half an event: %v", message.Event)
		}
		r.events = append(r.events, message.Event)
	case *pluginv1.ReadResponse_Result:
		r.result = message.Result
	default:
		t.Errorf("an empty message")
	}
}

// checkEnd checks that the result and the status say the same.
func (r *reading) checkEnd(t *testing.T) {
	t.Helper()
	code := status.Code(r.err)
	if r.result == nil {
		if code == codes.OK || code == codes.Aborted {
			t.Errorf("the stream ended with %v and no result", code)
		}
		return
	}
	checkOutcome(t, r.result.GetOutcome(), r.result.GetDiagnostics(), r.result.GetProof(), r.err)
	if r.result.GetRows() != r.rows || r.result.GetBatches() != r.batches {
		t.Errorf("the result counts %d rows in %d batches, %d in %d came", r.result.GetRows(), r.result.GetBatches(), r.rows, r.batches)
	}
	if r.result.GetElapsed().AsDuration() <= 0 {
		t.Error("the reading took no time")
	}
}

func checkOutcome(t *testing.T, outcome pluginv1.Outcome, diags []*pluginv1.Diagnostic, proof *pluginv1.Proof, err error) {
	t.Helper()
	complete := outcome == pluginv1.Outcome_OUTCOME_COMPLETE
	if code := status.Code(err); complete && code != codes.OK || !complete && code != codes.Aborted {
		t.Errorf("%v with the status %v", outcome, code)
	}
	if complete != (len(errorsIn(diags)) == 0) {
		t.Errorf("%v with the diagnostics %v", outcome, diags)
	}
	if complete && !proof.GetComplete() {
		t.Errorf("%v with the proof %v", outcome, proof)
	}
	if complete && proof.GetRowsRead() != proof.GetRows()+proof.GetDuplicates()+proof.GetSuperseded() {
		t.Errorf("the proof does not add up: %v", proof)
	}
}

func errorsIn(diags []*pluginv1.Diagnostic) []*pluginv1.Diagnostic {
	var found []*pluginv1.Diagnostic
	for _, one := range diags {
		if one.GetSeverity() == pluginv1.Severity_SEVERITY_ERROR {
			found = append(found, one)
		}
	}
	return found
}

// must fails the test when the reading did not end so.
func (r *reading) must(t *testing.T, outcome pluginv1.Outcome) {
	t.Helper()
	if r.result.GetOutcome() != outcome {
		t.Fatalf("ended with %v and %v instead of %v", r.result, r.err, outcome)
	}
}

// row is what tells versions of a conversation apart.
type row struct {
	id string
	at time.Time
}

// decode reads the messages as one Arrow IPC stream.
func (r *reading) decode(t *testing.T) []row {
	t.Helper()
	if r.schema == nil {
		t.Fatalf("no schema came: %v", r.err)
	}
	reader, err := ipc.NewReader(bytes.NewReader(r.arrow.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Release()
	var rows []row
	var batches int64
	for reader.Next() {
		rec := reader.Record()
		batches++
		for i, column := range rec.Columns() {
			checkPlain(t, rec.ColumnName(i), column.DataType())
		}
		id := rec.Column(rec.Schema().FieldIndices("id")[0]).(*array.String)
		at := rec.Column(rec.Schema().FieldIndices("last_activity_at")[0]).(*array.Timestamp)
		for i := range int(rec.NumRows()) {
			rows = append(rows, row{string([]byte(id.Value(i))), at.Value(i).ToTime(arrow.Microsecond).UTC()})
		}
	}
	if reader.Err() != nil || batches != r.batches || int64(len(rows)) != r.rows {
		t.Fatalf("%d batches of %d, %d rows of %d: %v", batches, r.batches, len(rows), r.rows, reader.Err())
	}
	return rows
}

// checkPlain fails for a dictionary, at any depth.
func checkPlain(t *testing.T, name string, kind arrow.DataType) {
	t.Helper()
	if kind.ID() == arrow.DICTIONARY {
		t.Errorf("%s has a dictionary", name)
	}
	if nested, ok := kind.(arrow.NestedType); ok {
		for _, field := range nested.Fields() {
			checkPlain(t, name+"."+field.Name, field.Type)
		}
	}
}

// newest is what a host ends up with: of one id the row with the greatest time,
// the last of equals.
func newest(rows []row) map[string]time.Time {
	kept := make(map[string]time.Time)
	for _, one := range rows {
		if at, ok := kept[one.id]; !ok || !one.at.Before(at) {
			kept[one.id] = one.at
		}
	}
	return kept
}

// same fails when what was read is not the truth.
func same(t *testing.T, got, want map[string]time.Time) {
	t.Helper()
	for id, at := range want {
		if is, ok := got[id]; !ok || !is.Equal(at) {
			t.Errorf("%s was last active at %v, not %v (%t)", id, at, is, ok)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d conversations instead of %d", len(got), len(want))
	}
}
