package client

import (
	"bytes"
	"io"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"google.golang.org/grpc"

	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// replay is a stream of these messages.
type replay struct {
	grpc.ClientStream
	messages []*pluginv1.ReadResponse
}

func (r *replay) Recv() (*pluginv1.ReadResponse, error) {
	if len(r.messages) == 0 {
		return nil, io.EOF
	}
	next := r.messages[0]
	r.messages = r.messages[1:]
	return next, nil
}

// A read ends without an error only when all rows that the plugin has sent have arrived,
// wherever a batch is cut.
func TestABatchThatIsCutShortIsAnError(t *testing.T) {
	of := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.BinaryTypes.String}}, nil)
	builder := array.NewRecordBuilder(memory.DefaultAllocator, of)
	builder.Field(0).(*array.StringBuilder).AppendValues([]string{"a", "b"}, nil)
	record := builder.NewRecord()
	var body bytes.Buffer
	writer := ipc.NewWriter(&body, ipc.WithSchema(of))
	if err := writer.Write(record); err != nil {
		t.Fatal(err)
	}
	stream := bytes.Clone(body.Bytes())
	var head bytes.Buffer
	if err := ipc.NewWriter(&head, ipc.WithSchema(of)).Close(); err != nil {
		t.Fatal(err)
	}
	schema := head.Len() - 8 // without the end-of-stream marker
	batch := stream[schema:]
	for length := range len(batch) + 1 {
		messages := &messageReader{reading: new(Reading), stream: &replay{messages: []*pluginv1.ReadResponse{
			{Message: &pluginv1.ReadResponse_Schema{Schema: &pluginv1.Schema{ArrowIpc: stream[:schema]}}},
			{Message: &pluginv1.ReadResponse_Batch{Batch: &pluginv1.Batch{ArrowIpc: batch[:length], Rows: 2}}},
			{Message: &pluginv1.ReadResponse_Result{Result: &pluginv1.ReadResult{Outcome: pluginv1.Outcome_OUTCOME_COMPLETE, Rows: 2, Batches: 1}}},
		}}}
		rows := int64(0)
		err := messages.records(func(rec arrow.Record, _ error) bool { rows += rec.NumRows(); return true })
		if (err == nil) != (length == len(batch)) {
			t.Errorf("with %d of %d bytes, %d rows and the error %v", length, len(batch), rows, err)
		}
	}
}
