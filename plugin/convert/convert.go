// Package convert converts what the engine has into the messages of the protocol, and
// back. For every From… that a host reads there is a To…, and the two are inverse.
package convert

import (
	"encoding/json"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
	"github.com/lemexport/lemexport/schema"
)

// FromDiagnostics returns the messages of diagnostics, without their ranges in a file.
func FromDiagnostics(diags exporter.Diagnostics) []*pluginv1.Diagnostic {
	messages := make([]*pluginv1.Diagnostic, 0, len(diags))
	for _, one := range diags {
		severity := pluginv1.Severity_SEVERITY_ERROR
		if one.Severity == exporter.SeverityWarning {
			severity = pluginv1.Severity_SEVERITY_WARNING
		}
		messages = append(messages, &pluginv1.Diagnostic{Severity: severity, Summary: one.Summary, Detail: one.Detail, Path: one.Path})
	}
	return messages
}

// ToDiagnostics is the inverse of FromDiagnostics.
func ToDiagnostics(messages []*pluginv1.Diagnostic) exporter.Diagnostics {
	var diags exporter.Diagnostics
	for _, one := range messages {
		severity := exporter.SeverityError
		if one.GetSeverity() == pluginv1.Severity_SEVERITY_WARNING {
			severity = exporter.SeverityWarning
		}
		diags = append(diags, exporter.Diagnostic{Severity: severity, Summary: one.GetSummary(), Detail: one.GetDetail(), Path: one.GetPath()})
	}
	return diags
}

// FromTable describes a table.
func FromTable(table *schema.Table) *pluginv1.TableInfo {
	key, _, _ := table.ByRole(schema.RoleKey)
	version, _, _ := table.ByRole(schema.RoleVersion)
	return &pluginv1.TableInfo{
		Name: table.Name, Description: table.Description, SchemaVersion: int32(table.Version), SchemaFingerprint: table.Fingerprint(),
		PrimaryKey: []string{key.Name}, VersionColumn: version.Name, Modes: modesOf(table), PartitionBy: string(table.PartitionBy),
	}
}

// modesOf returns the modes that an export of the table can have.
func modesOf(table *schema.Table) []string {
	if table.Incremental() {
		return []string{exporter.ModeSnapshot, exporter.ModeMerge, exporter.ModeAppend}
	}
	return []string{exporter.ModeSnapshot}
}

func fromSkipped(users []exporter.SkippedPartition) []*pluginv1.SkippedUser {
	var messages []*pluginv1.SkippedUser
	for _, user := range users {
		messages = append(messages, &pluginv1.SkippedUser{UserId: user.Partition, Reason: user.Reason})
	}
	return messages
}

func toSkipped(messages []*pluginv1.SkippedUser) []exporter.SkippedPartition {
	var users []exporter.SkippedPartition
	for _, one := range messages {
		users = append(users, exporter.SkippedPartition{Partition: one.GetUserId(), Reason: one.GetReason()})
	}
	return users
}

func fromTime(at *time.Time) *timestamppb.Timestamp {
	if at == nil {
		return nil
	}
	return timestamppb.New(*at)
}

func toTime(message *timestamppb.Timestamp) *time.Time {
	if message == nil {
		return nil
	}
	at := message.AsTime()
	return &at
}

// FromResult returns the message of a committed file. It fails when the manifest has no JSON form.
func FromResult(file engine.Result) (*pluginv1.ExportedFile, error) {
	manifest, err := json.Marshal(file.Manifest)
	if err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	return &pluginv1.ExportedFile{
		Url: file.File, Bytes: file.Bytes, Rows: file.Manifest.Rows, ManifestJson: manifest,
		Pointer: file.Pointer, Sha256: file.SHA256, Removed: file.Removed, NotRemoved: file.NotRemoved,
	}, nil
}

// ToResult is the inverse of FromResult. It fails when the manifest is not JSON.
func ToResult(message *pluginv1.ExportedFile) (engine.Result, error) {
	result := engine.Result{
		File: message.GetUrl(), Bytes: message.GetBytes(), Pointer: message.GetPointer(), SHA256: message.GetSha256(),
		Removed: message.GetRemoved(), NotRemoved: message.GetNotRemoved(),
	}
	if err := json.Unmarshal(message.GetManifestJson(), &result.Manifest); err != nil {
		return result, fmt.Errorf("the manifest of %s: %w", message.GetUrl(), err)
	}
	return result, nil
}
