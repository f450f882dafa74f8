package client

import (
	"errors"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/plugin/convert"
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
	// Proof says what was read; nil when nothing was. With several tables it sums up
	// their proofs, and is complete only when all of them are.
	Proof *exporter.Proof
	// Tables are the tables that were read, or could not be.
	Tables []ExportedTable
	// Files are the committed files.
	Files []engine.Result
	// NothingNew are the locations of append exports that had no new rows.
	NothingNew []string
	Elapsed    time.Duration
}

// ExportedTable is what an Export has read of one table.
type ExportedTable struct {
	Table string
	// Proof is the proof of the table. When nothing was read, it is not complete.
	Proof *exporter.Proof
	// Err says why the exports of this table were not written although others may have
	// been; nil when they were.
	Err error
}

func fromExportRequest(request ExportRequest) *pluginv1.ExportRequest {
	return &pluginv1.ExportRequest{
		Config: &pluginv1.Config{Json: request.Config}, StateDir: request.StateDir,
		AllowIncomplete: request.AllowIncomplete, AllowShrink: request.AllowShrink,
	}
}

func toExportResult(message *pluginv1.ExportResult) (ExportResult, error) {
	result := ExportResult{
		RunID: message.GetRunId(), Simulated: message.GetSimulated(), Diagnostics: convert.ToDiagnostics(message.GetDiagnostics()),
		Proof: convert.ToProof(message.GetProof()), Elapsed: message.GetElapsed().AsDuration(),
		NothingNew: message.GetNothingNew(),
	}
	for _, table := range message.GetTables() {
		one := ExportedTable{Table: table.GetTable(), Proof: convert.ToProof(table.GetProof())}
		if table.GetError() != "" {
			one.Err = exporter.WithHint(errors.New(table.GetError()), table.GetHint())
		}
		result.Tables = append(result.Tables, one)
	}
	for _, file := range message.GetFiles() {
		one, err := convert.ToResult(file)
		if err != nil {
			return result, err
		}
		result.Files = append(result.Files, one)
	}
	return result, nil
}
