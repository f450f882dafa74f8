package plugin

import (
	"encoding/json"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lemexport/lemexport/exporter"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

func fromPlan(plan exporter.Plan) (*pluginv1.Plan, error) {
	message := &pluginv1.Plan{
		RunId: plan.RunID, TeamId: plan.Survey.TeamID, Endpoint: plan.Survey.Endpoint, Simulated: plan.Survey.Simulated,
		SkippedUsers: fromSkipped(plan.Survey.Skipped), ConversationsAtMost: plan.Conversations, Requests: plan.Requests,
		UnknownFields: plan.Survey.Unknown, SurveyRequests: plan.Survey.Requests,
	}
	if plan.LeastTime != nil {
		message.LeastTime = durationpb.New(time.Duration(*plan.LeastTime * float64(time.Second)))
	}
	for _, user := range plan.Survey.Users {
		message.Users = append(message.Users, &pluginv1.PlannedUser{
			UserId: user.UserID, TotalItems: user.TotalItems, Pages: user.Pages, NewestActivity: fromTime(user.Newest),
			PerPage: user.PerPage, OldestActivityOnFirstPage: fromTime(user.Oldest),
			UnreadableActivities: user.Unreadable, UnreadableForm: user.UnreadableForm,
		})
	}
	for _, export := range plan.Exports {
		planned, err := fromExportPlan(export)
		if err != nil {
			return nil, err
		}
		message.Exports = append(message.Exports, planned)
	}
	return message, nil
}

func fromExportPlan(export exporter.ExportPlan) (*pluginv1.PlannedExport, error) {
	message := &pluginv1.PlannedExport{
		Table: export.Table, Format: export.Format, Mode: export.Mode, File: export.File, Action: string(export.Action),
		SchemaChanges: export.SchemaChanges, DroppedUsers: export.DroppedUsers, Unchanged: export.Unchanged,
		CurrentFile: export.CurrentFile, OtherEnds: export.OtherEnds, Increment: fromIncrement(export.Increment), FileMode: export.FileMode,
	}
	message.Encoding, message.Extra = export.Encoding, export.Extra
	if columns := export.Columns; columns != nil {
		message.Columns = &pluginv1.PlannedColumns{
			Excluded: columns.Excluded, Hashed: columns.Hashed, HashAlgorithm: columns.HashAlgorithm, HashKeyId: columns.HashKeyID,
			Personal: columns.Personal,
		}
	}
	if guard := export.Shrink; guard != nil {
		message.Shrink = &pluginv1.PlannedShrink{MaxShrink: guard.Max, LeastRows: guard.LeastRows, Expected: guard.Expected}
	}
	if export.Current != nil {
		body, err := json.Marshal(export.Current)
		if err != nil {
			return nil, fmt.Errorf("encode manifest: %w", err)
		}
		message.CurrentManifestJson = body
	}
	return message, nil
}

func fromIncrement(plan *exporter.IncrementPlan) *pluginv1.PlannedIncrement {
	if plan == nil {
		return nil
	}
	message := &pluginv1.PlannedIncrement{FullBecause: plan.Full, OnlyMissing: plan.OnlyMissing, FullDue: fromTime(plan.FullDue)}
	if full := plan.FullProof; full != nil {
		message.FullProof = &pluginv1.FullProof{RunId: full.RunID, FinishedAt: fromTime(&full.FinishedAt), Method: full.Method}
	}
	for user, mark := range plan.Since {
		if message.Since == nil {
			message.Since = make(map[string]*pluginv1.Mark)
		}
		crossing := &pluginv1.Mark{NewestActivity: fromTime(&mark.Newest), TotalItems: mark.Total, KnownSinceFloor: mark.Known}
		if !mark.Floor.IsZero() {
			crossing.Floor = fromTime(&mark.Floor)
		}
		message.Since[user] = crossing
	}
	return message
}

func toPlan(message *pluginv1.Plan) (exporter.Plan, error) {
	plan := exporter.Plan{
		RunID: message.GetRunId(), Conversations: message.ConversationsAtMost, Requests: message.Requests,
		Survey: exporter.Survey{
			TeamID: message.GetTeamId(), Endpoint: message.GetEndpoint(), Simulated: message.GetSimulated(),
			Skipped: toSkipped(message.GetSkippedUsers()), Unknown: message.GetUnknownFields(),
			Requests: message.GetSurveyRequests(),
		},
	}
	if least := message.GetLeastTime(); least != nil {
		seconds := least.AsDuration().Seconds()
		plan.LeastTime = &seconds
	}
	for _, user := range message.GetUsers() {
		plan.Survey.Users = append(plan.Survey.Users, exporter.UserSurvey{
			UserID: user.GetUserId(), TotalItems: user.TotalItems, Pages: user.Pages, Newest: toTime(user.GetNewestActivity()),
			PerPage: user.GetPerPage(), Oldest: toTime(user.GetOldestActivityOnFirstPage()),
			Unreadable: user.GetUnreadableActivities(), UnreadableForm: user.GetUnreadableForm(),
		})
	}
	for _, export := range message.GetExports() {
		planned, err := toExportPlan(export)
		if err != nil {
			return exporter.Plan{}, err
		}
		plan.Exports = append(plan.Exports, planned)
	}
	return plan, nil
}

func toExportPlan(message *pluginv1.PlannedExport) (exporter.ExportPlan, error) {
	plan := exporter.ExportPlan{
		Table: message.GetTable(), Format: message.GetFormat(), Mode: message.GetMode(), File: message.GetFile(), Action: exporter.Action(message.GetAction()),
		SchemaChanges: message.GetSchemaChanges(), DroppedUsers: message.GetDroppedUsers(), Unchanged: message.GetUnchanged(),
		CurrentFile: message.GetCurrentFile(), OtherEnds: message.GetOtherEnds(), Increment: toIncrement(message.GetIncrement()), FileMode: message.GetFileMode(),
	}
	plan.Encoding, plan.Extra = message.GetEncoding(), message.GetExtra()
	if columns := message.GetColumns(); columns != nil {
		plan.Columns = &exporter.ManifestColumns{
			Excluded: columns.GetExcluded(), Hashed: columns.GetHashed(), HashAlgorithm: columns.GetHashAlgorithm(), HashKeyID: columns.GetHashKeyId(),
			Personal: columns.GetPersonal(),
		}
	}
	if guard := message.GetShrink(); guard != nil {
		plan.Shrink = &exporter.ShrinkPlan{Max: guard.GetMaxShrink(), LeastRows: guard.GetLeastRows(), Expected: guard.GetExpected()}
	}
	if body := message.GetCurrentManifestJson(); len(body) > 0 {
		plan.Current = new(exporter.Manifest)
		if err := json.Unmarshal(body, plan.Current); err != nil {
			return exporter.ExportPlan{}, fmt.Errorf("the manifest of %s: %w", message.GetFile(), err)
		}
	}
	return plan, nil
}

func toIncrement(message *pluginv1.PlannedIncrement) *exporter.IncrementPlan {
	if message == nil {
		return nil
	}
	plan := &exporter.IncrementPlan{Full: message.GetFullBecause(), OnlyMissing: message.GetOnlyMissing(), FullDue: toTime(message.GetFullDue())}
	if full := message.GetFullProof(); full != nil {
		plan.FullProof = &exporter.FullProof{RunID: full.GetRunId(), FinishedAt: full.GetFinishedAt().AsTime(), Method: full.GetMethod()}
	}
	for user, crossing := range message.GetSince() {
		if plan.Since == nil {
			plan.Since = make(map[string]exporter.Mark)
		}
		mark := exporter.Mark{Newest: crossing.GetNewestActivity().AsTime(), Total: crossing.TotalItems, Known: crossing.KnownSinceFloor}
		if floor := crossing.GetFloor(); floor != nil {
			mark.Floor = floor.AsTime()
		}
		plan.Since[user] = mark
	}
	return plan
}
