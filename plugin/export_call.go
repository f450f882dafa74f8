package plugin

import (
	"context"
	"errors"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/plugin/convert"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
	"github.com/lemexport/lemexport/schema"
)

// exportCall is one Export.
type exportCall struct {
	engine  *engine.Engine
	options Options
	request *pluginv1.ExportRequest
	events  *eventBuffer
}

// run plans and applies the exports of the configuration.
func (c exportCall) run(ctx context.Context) (_ *pluginv1.ExportResult, err error) {
	result := new(pluginv1.ExportResult)
	job, diags := c.options.ParseConfig(c.request.GetConfig().GetJson())
	if err := diags.Err(); err != nil {
		return result, err
	}
	if len(job.Exports) == 0 {
		return result, exporter.Diagnostics{{
			Severity: exporter.SeverityError, Summary: "Missing export", Path: "/export",
			Detail: `The configuration has no export block. Add "export": {"` + schema.Default().Name + `": {"destination": "./out"}}.`,
		}}
	}
	result.Diagnostics = convert.FromDiagnostics(diags)
	run, err := c.engine.Start(ctx, job, c.events)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	result.RunId = run.ID()
	log := c.options.Log.With("run_id", run.ID())
	log.InfoContext(ctx, "export", "exports", len(job.Exports))
	plan, err := run.Plan(ctx)
	if err != nil {
		return result, err
	}
	result.Simulated = plan.Survey.Simulated
	result.Diagnostics = append(result.Diagnostics, convert.FromDiagnostics(plan.Warnings())...)
	summary, err := run.Apply(ctx, plan, engine.ApplyOptions{
		AllowIncomplete: c.request.GetAllowIncomplete(), AllowShrink: c.request.GetAllowShrink(),
	})
	result.Proof, result.NothingNew = convert.FromProof(&summary.Proof), summary.NothingNew
	result.Tables = exportedTables(plan, summary)
	log.InfoContext(ctx, "export ended", "committed", len(summary.Exports), "complete", summary.Proof.Complete)
	for _, file := range summary.Exports {
		exported, failed := convert.FromResult(file)
		if failed != nil {
			return result, errors.Join(err, failed)
		}
		result.Files = append(result.Files, exported)
	}
	if err == nil && !summary.Proof.Complete {
		err = exporter.WithHint(engine.Unproven(summary.Proof), "It was committed and marked as incomplete, as the request allowed.")
	}
	return result, err
}

// exportedTables returns the proof of each table, or why it was not exported.
func exportedTables(plan engine.Plan, summary engine.Summary) []*pluginv1.ExportedTable {
	var tables []*pluginv1.ExportedTable
	for _, one := range summary.Tables {
		tables = append(tables, &pluginv1.ExportedTable{Table: one.Table, Proof: convert.FromProof(&one.Proof), Error: one.Error, Hint: one.Hint})
	}
	if len(tables) == 0 && len(plan.Survey.Tables) == 1 {
		only := plan.Survey.Tables[0]
		tables = append(tables, &pluginv1.ExportedTable{Table: only.Table, Proof: convert.FromProof(&summary.Proof), Error: only.Error, Hint: only.Hint})
	}
	return tables
}

func eventOfExport(event *pluginv1.Event) *pluginv1.ExportResponse {
	return &pluginv1.ExportResponse{Message: &pluginv1.ExportResponse_Event{Event: event}}
}

// resultOfExport is the last message of an Export; result is nil when it never began.
func resultOfExport(result *pluginv1.ExportResult, how callStatus) *pluginv1.ExportResponse {
	if result == nil {
		result = new(pluginv1.ExportResult)
	}
	result.Outcome, result.Elapsed = how.outcome, durationpb.New(how.elapsed)
	result.Diagnostics = append(result.Diagnostics, convert.FromDiagnostics(how.diags)...)
	return &pluginv1.ExportResponse{Message: &pluginv1.ExportResponse_Result{Result: result}}
}
