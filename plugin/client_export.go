package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/lemexport/lemexport/exporter"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// ExportRequest says what to export, see the protocol's ExportRequest.
type ExportRequest struct {
	// Config is the configuration in JSON, with at least one export.
	Config []byte
	// AllowIncomplete commits also what is not proven complete, marked as such.
	AllowIncomplete bool
	// AllowShrink commits also what takes more conversations out of a file than
	// max_shrink in the configuration allows.
	AllowShrink bool
	// StateDir is where the plugin keeps what it has read until the files are
	// written; empty for its usual place.
	StateDir string
	// OnEvent, when set, observes what happens meanwhile.
	OnEvent func(*pluginv1.Event)
}

// ExportResult is the account of an export. It holds what is known even when the
// export failed.
type ExportResult struct {
	// RunID is the run's id, as the manifests state it.
	RunID string
	// Simulated is true when no row is real.
	Simulated bool
	// Diagnostics are the errors that ended it, and warnings.
	Diagnostics exporter.Diagnostics
	// Proof is the account of the walk; nil when there was none.
	Proof *exporter.Proof
	// Files are the files that were committed.
	Files []exporter.Result
	// NothingNew are the places of append exports that had nothing to add.
	NothingNew []string
	Elapsed    time.Duration
}

// Export has the plugin write the files of a configuration, and returns when
// they are committed. The error of a walk that could not be proven wraps
// [exporter.ErrIncomplete], that of a file that would lose too much [exporter.ErrShrunk].
func (c *Client) Export(ctx context.Context, request ExportRequest) (ExportResult, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := c.service.Export(ctx, fromExportRequest(request))
	if err != nil {
		return ExportResult{}, c.explain(err)
	}
	for {
		message, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return ExportResult{}, errors.New("the plugin ended the stream without a result")
		case err != nil:
			return ExportResult{}, c.explain(err)
		case message.GetResult() != nil:
			result, err := toExportResult(message.GetResult())
			return result, errors.Join(err, endOf(message.GetResult().GetOutcome(), result.Diagnostics))
		case message.GetEvent() != nil && request.OnEvent != nil:
			request.OnEvent(message.GetEvent())
		}
	}
}

func fromExportRequest(request ExportRequest) *pluginv1.ExportRequest {
	return &pluginv1.ExportRequest{
		Config: &pluginv1.Config{Json: request.Config}, StateDir: request.StateDir,
		AllowIncomplete: request.AllowIncomplete, AllowShrink: request.AllowShrink,
	}
}

func toExportResult(message *pluginv1.ExportResult) (ExportResult, error) {
	result := ExportResult{
		RunID: message.GetRunId(), Simulated: message.GetSimulated(), Diagnostics: toDiagnostics(message.GetDiagnostics()),
		Proof: toProof(message.GetProof()), Elapsed: message.GetElapsed().AsDuration(),
		NothingNew: message.GetNothingNew(),
	}
	for _, file := range message.GetFiles() {
		one, err := toResult(file)
		if err != nil {
			return result, err
		}
		result.Files = append(result.Files, one)
	}
	return result, nil
}

func toResult(message *pluginv1.ExportedFile) (exporter.Result, error) {
	result := exporter.Result{File: message.GetUrl(), Bytes: message.GetBytes()}
	if err := json.Unmarshal(message.GetManifestJson(), &result.Manifest); err != nil {
		return result, fmt.Errorf("the manifest of %s: %w", message.GetUrl(), err)
	}
	return result, nil
}
