package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lemexport/lemexport/exporter"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// Export implements pluginv1.ExporterServer.
func (s *Server) Export(request *pluginv1.ExportRequest, stream grpc.ServerStreamingServer[pluginv1.ExportResponse]) error {
	engine := s.engine(request.GetStateDir())
	out := newOutbox(engine.Now)
	to := &post[*pluginv1.ExportResponse]{send: stream.Send, wrap: func(event *pluginv1.Event) *pluginv1.ExportResponse {
		return &pluginv1.ExportResponse{Message: &pluginv1.ExportResponse_Event{Event: event}}
	}}
	result := new(pluginv1.ExportResult)
	return answer(stream.Context(), s, out, to, func(ctx context.Context) error {
		return s.export(ctx, engine, request, out, result)
	}, func(end ending) *pluginv1.ExportResponse {
		result.Outcome, result.Elapsed = end.outcome, durationpb.New(end.elapsed)
		result.Diagnostics = append(result.Diagnostics, fromDiagnostics(end.diags)...)
		return &pluginv1.ExportResponse{Message: &pluginv1.ExportResponse_Result{Result: result}}
	})
}

func (s *Server) export(
	ctx context.Context, engine *exporter.Engine, request *pluginv1.ExportRequest, out *outbox, result *pluginv1.ExportResult,
) (err error) {
	job, diags := s.options.ParseConfig(request.GetConfig().GetJson())
	if err := diags.Err(); err != nil {
		return err
	}
	if len(job.Exports) == 0 {
		return exporter.Diagnostics{{
			Severity: exporter.SeverityError, Summary: "Missing export", Path: "/export",
			Detail: `The configuration says nowhere what to export. Add "export": {"inbox_conversations": {"destination": "./out"}}.`,
		}}
	}
	result.Diagnostics = fromDiagnostics(diags)
	run, err := engine.Start(ctx, job, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	result.RunId = run.ID()
	log := s.options.Log.With("run_id", run.ID())
	log.InfoContext(ctx, "export", "exports", len(job.Exports))
	plan, err := run.Plan(ctx)
	if err != nil {
		return err
	}
	result.Simulated = plan.Survey.Simulated
	result.Diagnostics = append(result.Diagnostics, fromDiagnostics(plan.Warnings())...)
	summary, err := run.Apply(ctx, plan, exporter.ApplyOptions{
		AllowIncomplete: request.GetAllowIncomplete(), AllowShrink: request.GetAllowShrink(),
	})
	result.Proof, result.NothingNew = fromProof(&summary.Proof), summary.NothingNew
	log.InfoContext(ctx, "export ended", "committed", len(summary.Exports), "complete", summary.Proof.Complete)
	for _, file := range summary.Exports {
		exported, failed := fromResult(file)
		if failed != nil {
			return errors.Join(err, failed)
		}
		result.Files = append(result.Files, exported)
	}
	if err == nil && !summary.Proof.Complete {
		err = exporter.WithHint(exporter.Unproven(summary.Proof), "It was committed, marked as incomplete, as the request allowed.")
	}
	return err
}

func fromResult(file exporter.Result) (*pluginv1.ExportedFile, error) {
	manifest, err := json.Marshal(file.Manifest)
	if err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	return &pluginv1.ExportedFile{Url: file.File, Bytes: file.Bytes, Rows: file.Manifest.Rows, ManifestJson: manifest}, nil
}
