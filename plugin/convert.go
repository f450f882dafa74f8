package plugin

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/lemexport/lemexport/exporter"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
	"github.com/lemexport/lemexport/schema"
)

// The two forms of one thing: what the engine has and what crosses. For every
// from… there is a to…, and the two are inverse.

func fromDiagnostics(diags exporter.Diagnostics) []*pluginv1.Diagnostic {
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

func toDiagnostics(messages []*pluginv1.Diagnostic) exporter.Diagnostics {
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

func tableInfo(table *schema.Table) *pluginv1.TableInfo {
	return &pluginv1.TableInfo{
		Name: table.Name, Description: table.Description, SchemaVersion: int32(table.Version), SchemaFingerprint: table.Fingerprint(),
		PrimaryKey: []string{"id"}, VersionColumn: "last_activity_at",
	}
}

func fromPlan(plan exporter.Plan) *pluginv1.Plan {
	message := &pluginv1.Plan{
		RunId: plan.RunID, TeamId: plan.Survey.TeamID, Endpoint: plan.Survey.Endpoint, Simulated: plan.Survey.Simulated,
		SkippedUsers: fromSkipped(plan.Survey.Skipped), ConversationsAtMost: plan.Conversations, Requests: plan.Requests,
		UnknownFields: plan.Survey.Unknown,
	}
	if plan.LeastTime != nil {
		message.LeastTime = durationpb.New(time.Duration(*plan.LeastTime * float64(time.Second)))
	}
	for _, user := range plan.Survey.Users {
		message.Users = append(message.Users, &pluginv1.PlannedUser{
			UserId: user.UserID, TotalItems: user.TotalItems, Pages: user.Pages, NewestActivity: fromTime(user.Newest),
		})
	}
	for _, export := range plan.Exports {
		message.Exports = append(message.Exports, &pluginv1.PlannedExport{
			Table: export.Table, Format: export.Format, Mode: export.Mode, File: export.File, Action: string(export.Action),
			SchemaChanges: export.SchemaChanges, DroppedUsers: export.DroppedUsers, Unchanged: export.Unchanged,
		})
	}
	return message
}

func fromProof(proof *exporter.Proof) *pluginv1.Proof {
	if proof == nil {
		return nil
	}
	message := &pluginv1.Proof{
		Complete: proof.Complete, Reasons: proof.Reasons, Method: proof.Method, SkippedUsers: fromSkipped(proof.Skipped),
		Requests: proof.Requests, Retries: proof.Retries, Throttled: proof.Throttled,
		ResumedPages: proof.Resumed, ResumedFrom: fromTime(proof.ResumedFrom),
		RowsRead: proof.RowsRead, Rows: proof.Rows, Duplicates: proof.Duplicates, Superseded: proof.Superseded,
	}
	for _, user := range proof.Users {
		message.Users = append(message.Users, &pluginv1.UserProof{
			UserId: user.UserID, Pages: user.Pages, Requests: user.Requests, Retries: user.Retries, RowsRead: user.RowsRead,
			Duplicates: user.Duplicates, Superseded: user.Superseded, TotalItemsStart: user.TotalStart, TotalItemsEnd: user.TotalEnd,
			Passes: user.Passes, Sweeps: user.Sweeps, StepBacks: user.StepBacks, Complete: user.Complete,
			Method: user.Method, Doubt: user.Doubt, Reason: user.Reason, Watermark: fromTime(user.Watermark),
		})
	}
	return message
}

func toProof(message *pluginv1.Proof) *exporter.Proof {
	if message == nil {
		return nil
	}
	proof := &exporter.Proof{
		Complete: message.GetComplete(), Reasons: message.GetReasons(), Method: message.GetMethod(), Skipped: toSkipped(message.GetSkippedUsers()),
		Requests: message.GetRequests(), Retries: message.GetRetries(), Throttled: message.GetThrottled(),
		Resumed: message.GetResumedPages(), ResumedFrom: toTime(message.GetResumedFrom()),
		RowsRead: message.GetRowsRead(), Rows: message.GetRows(), Duplicates: message.GetDuplicates(), Superseded: message.GetSuperseded(),
	}
	for _, user := range message.GetUsers() {
		proof.Users = append(proof.Users, exporter.UserProof{
			UserID: user.GetUserId(), Pages: user.GetPages(), Requests: user.GetRequests(), Retries: user.GetRetries(), RowsRead: user.GetRowsRead(),
			Duplicates: user.GetDuplicates(), Superseded: user.GetSuperseded(), TotalStart: user.TotalItemsStart, TotalEnd: user.TotalItemsEnd,
			Passes: user.GetPasses(), Sweeps: user.GetSweeps(), StepBacks: user.GetStepBacks(), Complete: user.GetComplete(),
			Method: user.GetMethod(), Doubt: user.GetDoubt(), Reason: user.GetReason(), Watermark: toTime(user.GetWatermark()),
		})
	}
	return proof
}

func fromSkipped(users []exporter.SkippedUser) []*pluginv1.SkippedUser {
	var messages []*pluginv1.SkippedUser
	for _, user := range users {
		messages = append(messages, &pluginv1.SkippedUser{UserId: user.UserID, Reason: user.Reason})
	}
	return messages
}

func toSkipped(messages []*pluginv1.SkippedUser) []exporter.SkippedUser {
	var users []exporter.SkippedUser
	for _, one := range messages {
		users = append(users, exporter.SkippedUser{UserID: one.GetUserId(), Reason: one.GetReason()})
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

func toTableInfo(message *pluginv1.TableInfo) TableInfo {
	return TableInfo{
		Name: message.GetName(), Description: message.GetDescription(), SchemaVersion: int(message.GetSchemaVersion()),
		SchemaFingerprint: message.GetSchemaFingerprint(), PrimaryKey: message.GetPrimaryKey(), VersionColumn: message.GetVersionColumn(),
	}
}

func toPlan(message *pluginv1.Plan) exporter.Plan {
	plan := exporter.Plan{
		RunID: message.GetRunId(), Conversations: message.ConversationsAtMost, Requests: message.Requests,
		Survey: exporter.Survey{
			TeamID: message.GetTeamId(), Endpoint: message.GetEndpoint(), Simulated: message.GetSimulated(),
			Skipped: toSkipped(message.GetSkippedUsers()), Unknown: message.GetUnknownFields(),
		},
	}
	if least := message.GetLeastTime(); least != nil {
		seconds := least.AsDuration().Seconds()
		plan.LeastTime = &seconds
	}
	for _, user := range message.GetUsers() {
		plan.Survey.Users = append(plan.Survey.Users, exporter.UserSurvey{
			UserID: user.GetUserId(), TotalItems: user.TotalItems, Pages: user.Pages, Newest: toTime(user.GetNewestActivity()),
		})
	}
	for _, export := range message.GetExports() {
		plan.Exports = append(plan.Exports, exporter.ExportPlan{
			Table: export.GetTable(), Format: export.GetFormat(), Mode: export.GetMode(), File: export.GetFile(), Action: exporter.Action(export.GetAction()),
			SchemaChanges: export.GetSchemaChanges(), DroppedUsers: export.GetDroppedUsers(), Unchanged: export.GetUnchanged(),
		})
	}
	return plan
}
