package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"google.golang.org/grpc"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/plugin/convert"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// ReadRequest says what to read; see ReadRequest of the protocol.
type ReadRequest struct {
	// Config is the configuration in JSON, which has the structure of the HCL file.
	Config []byte
	// Table is the name of the table, for instance "inbox_conversations".
	Table string
	// Once delivers every row once, after the table is proven complete; otherwise
	// pages are delivered as they are read.
	Once bool
	// Checkpoint is the checkpoint of an earlier Read that did not end; nil starts from
	// the beginning.
	Checkpoint []byte
	// Since is the position of an earlier Read, see ReadResult.Position; nil reads
	// everything. Only with Once.
	Since []byte
	// StateDir is the folder where the plugin keeps its journal for checkpoints; empty
	// is the plugin's default.
	StateDir string
	// OnEvent, when set, receives the events of the read, between two records.
	OnEvent func(*pluginv1.Event)
	// OnCheckpoint, when set, receives the checkpoint of all records that the loop body
	// has finished with. Store it once these records are stored durably.
	OnCheckpoint func(token []byte)
	// Allocator allocates the records; nil is Arrow's default.
	Allocator memory.Allocator
}

// ReadResult is the result of a read.
type ReadResult struct {
	// RunID is the id of the run, as in the plugin's log.
	RunID string
	// Simulated is true when no row is real.
	Simulated bool
	// Full is true when every list was read in full: rows that were not delivered are
	// gone, or belong to users in Proof.Skipped. False for an increment, and without Once.
	Full bool
	// Position is where a later Read can continue, with Once and after all records only.
	// Store it once the records are stored durably.
	Position []byte
	// Diagnostics are the errors that ended the read, and warnings.
	Diagnostics exporter.Diagnostics
	// Proof says what was read, and whether it is complete; nil when nothing was read.
	Proof *exporter.Proof
	// Rows and Batches count what this call has delivered.
	Rows, Batches int64
	Elapsed       time.Duration
}

// Reading is a read in progress.
type Reading struct {
	client  *Client
	request ReadRequest
	result  ReadResult
}

// Result returns the result. It is empty until Records has ended.
func (r *Reading) Result() ReadResult { return r.result }

// Records yields the rows. A record is valid until the next iteration; retain it to
// keep it longer. A slow loop body slows the plugin down; leaving the loop stops
// the read. The records are complete only when the sequence ends without an error;
// the error wraps [exporter.ErrIncomplete] when the table could not be proven
// complete. The sequence can be ranged over once.
func (r *Reading) Records(ctx context.Context) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		stream, err := r.client.service.Read(ctx, fromReadRequest(r.request))
		if err != nil {
			yield(nil, r.client.explain(err))
			return
		}
		messages := &messageReader{reading: r, stream: stream}
		if err := messages.records(yield); err != nil {
			yield(nil, r.client.explain(err))
		}
	}
}

// messageReader reads the messages of a Read; as an io.Reader it is their Arrow IPC
// stream.
type messageReader struct {
	reading *Reading
	stream  grpc.ServerStreamingClient[pluginv1.ReadResponse]
	rest    []byte
	rows    int64 // yielded so far
	result  *pluginv1.ReadResult
}

// records yields the records. It returns the error that ended them, not yielded yet.
func (m *messageReader) records(yield func(arrow.Record, error) bool) error {
	mem := m.reading.request.Allocator
	if mem == nil {
		mem = memory.DefaultAllocator
	}
	if err := m.next(); err != nil { // the schema, or the result of a read that never began
		return m.end(err)
	}
	reader, err := ipc.NewReader(m, ipc.WithAllocator(mem))
	if err != nil {
		return m.end(err)
	}
	defer reader.Release()
	for reader.Next() {
		m.rows += reader.Record().NumRows()
		if !yield(reader.Record(), nil) {
			return nil
		}
	}
	return m.end(reader.Err())
}

// Read implements io.Reader over the Arrow bytes of the messages.
func (m *messageReader) Read(p []byte) (int, error) {
	if len(m.rest) == 0 {
		if err := m.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}

// next receives messages up to the next one with Arrow bytes. It returns io.EOF at
// the result.
func (m *messageReader) next() error {
	for {
		message, err := m.stream.Recv()
		if err != nil {
			return err
		}
		switch message := message.GetMessage().(type) {
		case *pluginv1.ReadResponse_Schema:
			m.rest = message.Schema.GetArrowIpc()
			return nil
		case *pluginv1.ReadResponse_Batch:
			m.rest = message.Batch.GetArrowIpc()
			return nil
		case *pluginv1.ReadResponse_Event:
			if observe := m.reading.request.OnEvent; observe != nil {
				observe(message.Event)
			}
		case *pluginv1.ReadResponse_Checkpoint:
			if keep := m.reading.request.OnCheckpoint; keep != nil {
				keep(message.Checkpoint.GetToken())
			}
		case *pluginv1.ReadResponse_Result:
			m.setResult(message.Result)
			return io.EOF
		}
	}
}

func (m *messageReader) setResult(result *pluginv1.ReadResult) {
	m.result, m.reading.result = result, toReadResult(result)
}

// end returns the error of the sequence, given the error that ended the messages.
func (m *messageReader) end(err error) error {
	switch {
	case m.result != nil:
		failed := statusError(m.result.GetOutcome(), m.reading.result.Diagnostics)
		if failed == nil && m.rows != m.result.GetRows() { // Arrow's reader takes a batch that is cut short for the end
			failed = fmt.Errorf("the plugin says that it has sent %d rows, and %d have arrived", m.result.GetRows(), m.rows)
		}
		return failed
	case err == nil, errors.Is(err, io.EOF):
		return errNoResult
	}
	return err
}

func fromReadRequest(request ReadRequest) *pluginv1.ReadRequest {
	delivery := pluginv1.Delivery_DELIVERY_AS_READ
	if request.Once {
		delivery = pluginv1.Delivery_DELIVERY_ONCE
	}
	return &pluginv1.ReadRequest{
		Config: &pluginv1.Config{Json: request.Config}, Table: request.Table, Delivery: delivery,
		Checkpoint: request.Checkpoint, Since: request.Since, StateDir: request.StateDir,
	}
}

func toReadResult(result *pluginv1.ReadResult) ReadResult {
	return ReadResult{
		RunID: result.GetRunId(), Simulated: result.GetSimulated(), Full: result.GetFull(), Position: result.GetPosition(),
		Diagnostics: convert.ToDiagnostics(result.GetDiagnostics()), Proof: convert.ToProof(result.GetProof()),
		Rows: result.GetRows(), Batches: result.GetBatches(), Elapsed: result.GetElapsed().AsDuration(),
	}
}
