package plugin

import (
	"context"
	"errors"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lemexport/lemexport/exporter"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
	"github.com/lemexport/lemexport/schema"
)

// Read implements pluginv1.ExporterServer. The host's slowness is the walk's:
// the next page is taken when the last one has been handed to the transport.
func (s *Server) Read(request *pluginv1.ReadRequest, stream grpc.ServerStreamingServer[pluginv1.ReadResponse]) error {
	engine := s.engine(request.GetStateDir())
	out := newOutbox(engine.Now)
	to := &post[*pluginv1.ReadResponse]{send: stream.Send, wrap: func(event *pluginv1.Event) *pluginv1.ReadResponse {
		return &pluginv1.ReadResponse{Message: &pluginv1.ReadResponse_Event{Event: event}}
	}}
	result := new(pluginv1.ReadResult)
	return answer(stream.Context(), s, out, to, func(ctx context.Context) error {
		return s.read(ctx, engine, request, out, to, result)
	}, func(end ending) *pluginv1.ReadResponse {
		result.Outcome, result.Elapsed = end.outcome, durationpb.New(end.elapsed)
		result.Diagnostics = append(result.Diagnostics, fromDiagnostics(end.diags)...)
		return &pluginv1.ReadResponse{Message: &pluginv1.ReadResponse_Result{Result: result}}
	})
}

func (s *Server) read(
	ctx context.Context, engine *exporter.Engine, request *pluginv1.ReadRequest, out *outbox, to *post[*pluginv1.ReadResponse],
	result *pluginv1.ReadResult,
) (err error) {
	table, ok := schema.Lookup(request.GetTable())
	if !ok {
		return unknownTable(request.GetTable())
	}
	options, err := readOptions(request)
	if err != nil {
		return err
	}
	job, diags := s.options.ParseConfig(request.GetConfig().GetJson())
	if err := diags.Err(); err != nil {
		return err
	}
	result.Diagnostics = fromDiagnostics(diags)
	head, err := schemaMessage(table.Arrow())
	if err != nil {
		return err
	}
	if err := to.put(&pluginv1.ReadResponse{Message: &pluginv1.ReadResponse_Schema{Schema: &pluginv1.Schema{ArrowIpc: head}}}); err != nil {
		return err
	}
	job.Exports = nil
	run, err := engine.Start(ctx, job, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	reading, err := run.Read(table.Name, options)
	if err != nil {
		return err
	}
	log := s.options.Log.With("run_id", run.ID())
	log.InfoContext(ctx, "read", "table", table.Name)
	err = deliver(ctx, reading, newEncoder(table.Arrow(), head), to, result)
	summary := reading.Summary()
	result.RunId, result.Simulated, result.Proof = summary.RunID, summary.Simulated, fromProof(summary.Proof)
	log.InfoContext(ctx, "read ended", "rows", result.GetRows(), "complete", summary.Proof != nil && summary.Proof.Complete)
	return err
}

// deliver sends the batches, each followed by its checkpoint.
func deliver(
	ctx context.Context, reading *exporter.Reading, encoder *encoder, to *post[*pluginv1.ReadResponse], result *pluginv1.ReadResult,
) error {
	for batch, err := range reading.Batches(ctx) {
		if err != nil {
			return err
		}
		err := encoder.encode(batch.Record, func(message []byte, rows int64) error {
			result.Rows += rows
			result.Batches++
			return to.put(&pluginv1.ReadResponse{Message: &pluginv1.ReadResponse_Batch{Batch: &pluginv1.Batch{ArrowIpc: message, Rows: rows}}})
		})
		if err != nil {
			return err
		}
		if batch.Checkpoint == nil {
			continue
		}
		token, err := batch.Checkpoint.MarshalText()
		if err != nil {
			return err
		}
		checkpoint := &pluginv1.Checkpoint{Token: token, Pages: batch.Checkpoint.Pages}
		if err := to.put(&pluginv1.ReadResponse{Message: &pluginv1.ReadResponse_Checkpoint{Checkpoint: checkpoint}}); err != nil {
			return err
		}
	}
	return nil
}

func readOptions(request *pluginv1.ReadRequest) (exporter.ReadOptions, error) {
	options := exporter.ReadOptions{Once: request.GetDelivery() == pluginv1.Delivery_DELIVERY_ONCE}
	if len(request.GetCheckpoint()) == 0 {
		return options, nil
	}
	options.From = new(exporter.Checkpoint)
	return options, options.From.UnmarshalText(request.GetCheckpoint())
}
