package plugin

import (
	"time"

	"github.com/lemexport/lemexport/exporter"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// ExportRequest says what to export; see ExportRequest of the protocol.
type ExportRequest struct {
	// Config is the configuration in JSON, with at least one export block.
	Config []byte
	// AllowIncomplete also commits files that are not proven complete, marked as such.
	AllowIncomplete bool
	// AllowShrink also commits files that lose more rows than max_shrink in the
	// configuration allows.
	AllowShrink bool
	// StateDir is the folder where the plugin keeps the pages it has read until the
	// files are committed; empty is the plugin's default.
	StateDir string
	// OnEvent, when set, receives the events of the export.
	OnEvent func(*pluginv1.Event)
}

// ExportResult is the result of an export. It also holds what is known of an export
// that failed.
type ExportResult struct {
	// RunID is the id of the run, as in the manifests.
	RunID string
	// Simulated is true when no row is real.
	Simulated bool
	// Diagnostics are the errors that ended the export, and warnings.
	Diagnostics exporter.Diagnostics
	// Proof says what was read; nil when nothing was. The manifest of each file has the
	// proof of its table.
	Proof *exporter.Proof
	// Files are the committed files.
	Files []exporter.Result
	// NothingNew are the locations of append exports that had no new rows.
	NothingNew []string
	Elapsed    time.Duration
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
