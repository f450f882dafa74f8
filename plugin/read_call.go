package plugin

import (
	"context"
	"encoding/json"
	"errors"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/plugin/convert"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
	"github.com/lemexport/lemexport/schema"
)

// readCall is one Read. Back-pressure comes from the stream: the next page is
// taken when the transport has accepted the last one.
type readCall struct {
	engine  *engine.Engine
	options Options
	request *pluginv1.ReadRequest
	events  *eventBuffer
	to      *sender[*pluginv1.ReadResponse]
}

// run reads the table and sends schema, batches and checkpoints.
func (c readCall) run(ctx context.Context) (_ *pluginv1.ReadResult, err error) {
	result := new(pluginv1.ReadResult)
	if _, ok := schema.Lookup(c.request.GetTable()); !ok {
		return result, unknownTable(c.request.GetTable())
	}
	options, err := readOptions(c.request)
	if err != nil {
		return result, err
	}
	job, diags := c.options.ParseConfig(c.request.GetConfig().GetJson())
	if err := diags.Err(); err != nil {
		return result, err
	}
	result.Diagnostics = convert.FromDiagnostics(diags)
	run, err := c.engine.StartReading(ctx, job, c.events)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	reading, err := run.Read(c.request.GetTable(), options)
	if err != nil {
		return result, err
	}
	log := c.options.Log.With("run_id", run.ID())
	log.InfoContext(ctx, "read", "table", c.request.GetTable())
	result.Rows, result.Batches, err = c.deliver(ctx, reading)
	summary := reading.Summary()
	result.RunId, result.Simulated, result.Full, result.Proof = summary.RunID, summary.Simulated, summary.Full, convert.FromProof(summary.Proof)
	if position := reading.Position(); err == nil && position != nil {
		result.Position, err = json.Marshal(position)
	}
	log.InfoContext(ctx, "read ended", "rows", result.GetRows(), "complete", summary.Proof != nil && summary.Proof.Complete)
	return result, err
}

func readOptions(request *pluginv1.ReadRequest) (engine.ReadOptions, error) {
	options := engine.ReadOptions{Once: request.GetDelivery() == pluginv1.Delivery_DELIVERY_ONCE}
	if len(request.GetCheckpoint()) > 0 {
		options.From = new(engine.Checkpoint)
		if err := options.From.UnmarshalText(request.GetCheckpoint()); err != nil {
			return options, err
		}
	}
	if len(request.GetSince()) == 0 {
		return options, nil
	}
	var err error
	options.Since, err = exporter.ParsePosition(request.GetSince())
	return options, err
}

// deliver sends the schema, then the batches, each followed by its checkpoint, and
// counts what it has sent.
func (c readCall) deliver(ctx context.Context, reading *engine.Reading) (rows, batches int64, err error) {
	of := reading.Table().Arrow()
	head, err := schemaMessage(of)
	if err != nil {
		return 0, 0, err
	}
	if err := c.to.send(&pluginv1.ReadResponse{Message: &pluginv1.ReadResponse_Schema{Schema: &pluginv1.Schema{ArrowIpc: head}}}); err != nil {
		return 0, 0, err
	}
	encoder := newEncoder(of, head)
	for batch, err := range reading.Batches(ctx) {
		if err != nil {
			return rows, batches, err
		}
		for message, err := range encoder.encode(batch.Record) {
			if err != nil {
				return rows, batches, err
			}
			rows += message.GetRows()
			batches++
			if err := c.to.send(&pluginv1.ReadResponse{Message: &pluginv1.ReadResponse_Batch{Batch: message}}); err != nil {
				return rows, batches, err
			}
		}
		if batch.Checkpoint == nil {
			continue
		}
		token, err := batch.Checkpoint.MarshalText()
		if err != nil {
			return rows, batches, err
		}
		checkpoint := &pluginv1.Checkpoint{Token: token, Pages: batch.Checkpoint.Pages}
		if err := c.to.send(&pluginv1.ReadResponse{Message: &pluginv1.ReadResponse_Checkpoint{Checkpoint: checkpoint}}); err != nil {
			return rows, batches, err
		}
	}
	return rows, batches, nil
}

func eventOfRead(event *pluginv1.Event) *pluginv1.ReadResponse {
	return &pluginv1.ReadResponse{Message: &pluginv1.ReadResponse_Event{Event: event}}
}

// resultOfRead is the last message of a Read; result is nil when it never began.
func resultOfRead(result *pluginv1.ReadResult, how callStatus) *pluginv1.ReadResponse {
	if result == nil {
		result = new(pluginv1.ReadResult)
	}
	result.Outcome, result.Elapsed = how.outcome, durationpb.New(how.elapsed)
	result.Diagnostics = append(result.Diagnostics, convert.FromDiagnostics(how.diags)...)
	return &pluginv1.ReadResponse{Message: &pluginv1.ReadResponse_Result{Result: result}}
}
