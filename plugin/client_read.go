package plugin

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
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// ReadRequest says what to read, see the protocol's ReadRequest.
type ReadRequest struct {
	// Config is the configuration in JSON, of the shape of the HCL file.
	Config []byte
	// Table is the table, for instance "inbox_conversations".
	Table string
	// Once delivers every conversation once, after the walk is proven complete;
	// otherwise pages come as they are read.
	Once bool
	// Checkpoint is that of an earlier Read that did not end; nil begins anew.
	Checkpoint []byte
	// StateDir is where the plugin keeps its notes for checkpoints; empty for its
	// usual place.
	StateDir string
	// OnEvent, when set, observes what happens meanwhile; it is called between two
	// records.
	OnEvent func(*pluginv1.Event)
	// OnCheckpoint, when set, takes the checkpoint of everything that the loop body
	// has been given and has finished with. Keep it when that is safely stored.
	OnCheckpoint func(token []byte)
	// Allocator is for the records; nil for Arrow's default.
	Allocator memory.Allocator
}

// ReadResult is the account of a reading.
type ReadResult struct {
	// RunID is the run's id in the plugin's log.
	RunID string
	// Simulated is true when no row is real.
	Simulated bool
	// Diagnostics are the errors that ended it, and warnings.
	Diagnostics exporter.Diagnostics
	// Proof is the account of the walk; nil when there was none.
	Proof *exporter.Proof
	// Rows and Batches are those of this reading.
	Rows, Batches int64
	Elapsed       time.Duration
}

// Reading is a Read under way.
type Reading struct {
	client  *Client
	request ReadRequest
	result  ReadResult
}

// Read prepares a reading; nothing is asked for before Records is ranged over.
func (c *Client) Read(request ReadRequest) *Reading {
	return &Reading{client: c, request: request}
}

// Result is the account, whole when Records has ended.
func (r *Reading) Result() ReadResult { return r.result }

// Records yields the rows. A record is the loop body's only until the next
// iteration; retain it to keep it. A body that takes its time slows the plugin
// down; leaving the loop stops it. The sequence has everything only when it ends
// without an error; the error of a walk that could not be proven wraps
// [exporter.ErrIncomplete]. It can be ranged over once.
func (r *Reading) Records(ctx context.Context) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		delivery := pluginv1.Delivery_DELIVERY_AS_READ
		if r.request.Once {
			delivery = pluginv1.Delivery_DELIVERY_ONCE
		}
		stream, err := r.client.service.Read(ctx, &pluginv1.ReadRequest{
			Config: &pluginv1.Config{Json: r.request.Config}, Table: r.request.Table, Delivery: delivery,
			Checkpoint: r.request.Checkpoint, StateDir: r.request.StateDir,
		})
		if err != nil {
			yield(nil, r.client.explain(err))
			return
		}
		from := &messages{reading: r, stream: stream}
		if err := from.records(yield); err != nil {
			yield(nil, r.client.explain(err))
		}
	}
}

// messages is the stream of a reading, and an io.Reader of its Arrow IPC stream.
type messages struct {
	reading *Reading
	stream  grpc.ServerStreamingClient[pluginv1.ReadResponse]
	rest    []byte
	result  *pluginv1.ReadResult
}

// records yields until the end; the error has not been yielded.
func (m *messages) records(yield func(arrow.Record, error) bool) error {
	mem := m.reading.request.Allocator
	if mem == nil {
		mem = memory.DefaultAllocator
	}
	if err := m.more(); err != nil { // the schema, or the result of a reading that never began
		return m.end(err)
	}
	reader, err := ipc.NewReader(m, ipc.WithAllocator(mem))
	if err != nil {
		return m.end(err)
	}
	defer reader.Release()
	for reader.Next() {
		if !yield(reader.Record(), nil) {
			return nil
		}
	}
	return m.end(reader.Err())
}

// Read implements io.Reader: the bytes of the messages, one after the other.
func (m *messages) Read(p []byte) (int, error) {
	if len(m.rest) == 0 {
		if err := m.more(); err != nil {
			return 0, err
		}
	}
	n := copy(p, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}

// more receives messages up to the next one with Arrow bytes. io.EOF is the
// result.
func (m *messages) more() error {
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
			m.take(message.Result)
			return io.EOF
		}
	}
}

func (m *messages) take(result *pluginv1.ReadResult) {
	m.result = result
	m.reading.result = ReadResult{
		RunID: result.GetRunId(), Simulated: result.GetSimulated(), Diagnostics: toDiagnostics(result.GetDiagnostics()),
		Proof: toProof(result.GetProof()), Rows: result.GetRows(), Batches: result.GetBatches(), Elapsed: result.GetElapsed().AsDuration(),
	}
}

// end makes of the end of the messages the end of the sequence.
func (m *messages) end(err error) error {
	switch {
	case m.result != nil:
		return endOf(m.result.GetOutcome(), m.reading.result.Diagnostics)
	case err == nil, errors.Is(err, io.EOF):
		return errors.New("the plugin ended the stream without a result")
	}
	return err
}

// endOf is the error of an outcome.
func endOf(outcome pluginv1.Outcome, diags exporter.Diagnostics) error {
	switch outcome {
	case pluginv1.Outcome_OUTCOME_COMPLETE:
		return nil
	case pluginv1.Outcome_OUTCOME_INCOMPLETE:
		return fmt.Errorf("%w: %w", exporter.ErrIncomplete, diags)
	case pluginv1.Outcome_OUTCOME_SHRUNK:
		return fmt.Errorf("%w: %w", exporter.ErrShrunk, diags)
	case pluginv1.Outcome_OUTCOME_STOPPED:
		return fmt.Errorf("%w: %w", ErrStopped, diags)
	default:
		if err := diags.Err(); err != nil {
			return err
		}
		return fmt.Errorf("the plugin reports the outcome %s", outcome)
	}
}

// ErrStopped is wrapped by the error of a call that Stop, or a signal to the
// plugin, has ended.
var ErrStopped = errors.New("stopped")
