package convert

import (
	"encoding/json"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
	"github.com/lemexport/lemexport/schema"
)

// FromPlan returns the message of a plan. It fails when a manifest has no JSON form.
func FromPlan(plan engine.Plan) (*pluginv1.Plan, error) {
	users := plan.Survey.OfUsers()
	message := &pluginv1.Plan{
		RunId: plan.RunID, TeamId: plan.Survey.TeamID, Endpoint: plan.Survey.Endpoint, Simulated: plan.Survey.Simulated,
		SkippedUsers: fromSkipped(users.Skipped), ConversationsAtMost: plan.Conversations, Requests: plan.Requests,
		UnknownFields: users.Unknown, SurveyRequests: plan.Survey.Requests,
		Source: plan.Survey.Source, RateRequests: plan.Survey.Rate.Requests, RateWindow: durationpb.New(plan.Survey.Rate.Window),
	}
	if plan.LeastTime != nil {
		message.LeastTime = durationpb.New(time.Duration(*plan.LeastTime * float64(time.Second)))
	}
	message.Users = fromPartitions(users.Partitions)
	for _, table := range plan.Survey.Tables {
		message.Tables = append(message.Tables, &pluginv1.PlannedTable{
			Table: table.Table, Partitions: fromPartitions(table.Partitions), Skipped: fromSkipped(table.Skipped),
			UnknownFields: table.Unknown, Error: table.Error, Hint: table.Hint,
		})
	}
	for _, one := range plan.Tables {
		message.Estimates = append(message.Estimates, &pluginv1.TableEstimate{Table: one.Table, RowsAtMost: one.Rows, Requests: one.Requests})
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

func fromExportPlan(export engine.ExportPlan) (*pluginv1.PlannedExport, error) {
	message := &pluginv1.PlannedExport{
		Table: export.Table, Format: export.Format, Mode: export.Mode, File: export.File, Action: string(export.Action),
		SchemaChanges: export.SchemaChanges, DroppedUsers: export.DroppedUsers, Unchanged: export.Unchanged,
		CurrentFile: export.CurrentFile, OtherEnds: export.OtherEnds, Increment: fromIncrement(export.Increment), FileMode: export.FileMode,
	}
	message.Encoding, message.Extra = export.Encoding, export.Extra
	message.Layout, message.Pointer, message.Removes = export.Layout, export.Pointer, export.Removes
	message.Unwritable, message.OpenToAll = export.Unwritable, export.OpenToAll
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

func fromIncrement(plan *engine.IncrementPlan) *pluginv1.PlannedIncrement {
	if plan == nil {
		return nil
	}
	message := &pluginv1.PlannedIncrement{FullBecause: plan.Full, OnlyMissing: plan.OnlyMissing, FullWalk: plan.FullWalk, FullDue: fromTime(plan.FullDue)}
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

func fromPartitions(partitions []exporter.PartitionSurvey) []*pluginv1.PlannedUser {
	var messages []*pluginv1.PlannedUser
	for _, one := range partitions {
		messages = append(messages, &pluginv1.PlannedUser{
			UserId: one.Partition, TotalItems: one.TotalItems, Pages: one.Pages, NewestActivity: fromTime(one.Newest),
			PerPage: one.PerPage, OldestActivityOnFirstPage: fromTime(one.Oldest),
			UnreadableActivities: one.Unreadable, UnreadableForm: one.UnreadableForm,
		})
	}
	return messages
}

func toPartitions(messages []*pluginv1.PlannedUser) []exporter.PartitionSurvey {
	var partitions []exporter.PartitionSurvey
	for _, one := range messages {
		partitions = append(partitions, exporter.PartitionSurvey{
			Partition: one.GetUserId(), TotalItems: one.TotalItems, Pages: one.Pages, Newest: toTime(one.GetNewestActivity()),
			PerPage: one.GetPerPage(), Oldest: toTime(one.GetOldestActivityOnFirstPage()),
			Unreadable: one.GetUnreadableActivities(), UnreadableForm: one.GetUnreadableForm(),
		})
	}
	return partitions
}

// ToPlan is the inverse of FromPlan. It fails when a manifest is not JSON.
func ToPlan(message *pluginv1.Plan) (engine.Plan, error) {
	plan := engine.Plan{
		RunID: message.GetRunId(), Conversations: message.ConversationsAtMost, Requests: message.Requests,
		Survey: exporter.Survey{
			TeamID: message.GetTeamId(), Endpoint: message.GetEndpoint(), Simulated: message.GetSimulated(),
			Requests: message.GetSurveyRequests(), Source: message.GetSource(),
			Rate: exporter.Rate{Requests: message.GetRateRequests(), Window: message.GetRateWindow().AsDuration()},
		},
	}
	if least := message.GetLeastTime(); least != nil {
		seconds := least.AsDuration().Seconds()
		plan.LeastTime = &seconds
	}
	for _, table := range message.GetTables() {
		plan.Survey.Tables = append(plan.Survey.Tables, exporter.TableSurvey{
			Table: table.GetTable(), Partitions: toPartitions(table.GetPartitions()), Skipped: toSkipped(table.GetSkipped()),
			Unknown: table.GetUnknownFields(), Error: table.GetError(), Hint: table.GetHint(),
		})
	}
	if len(plan.Survey.Tables) == 0 { // of a plugin that had one table
		plan.Survey.Tables = []exporter.TableSurvey{{
			Table: schema.Default().Name, Partitions: toPartitions(message.GetUsers()),
			Skipped: toSkipped(message.GetSkippedUsers()), Unknown: message.GetUnknownFields(),
		}}
	}
	for _, one := range message.GetEstimates() {
		plan.Tables = append(plan.Tables, engine.TablePlan{Table: one.GetTable(), Rows: one.RowsAtMost, Requests: one.Requests})
	}
	for _, export := range message.GetExports() {
		planned, err := toExportPlan(export)
		if err != nil {
			return engine.Plan{}, err
		}
		plan.Exports = append(plan.Exports, planned)
	}
	return plan, nil
}

func toExportPlan(message *pluginv1.PlannedExport) (engine.ExportPlan, error) {
	plan := engine.ExportPlan{
		Table: message.GetTable(), Format: message.GetFormat(), Mode: message.GetMode(), File: message.GetFile(), Action: engine.Action(message.GetAction()),
		SchemaChanges: message.GetSchemaChanges(), DroppedUsers: message.GetDroppedUsers(), Unchanged: message.GetUnchanged(),
		CurrentFile: message.GetCurrentFile(), OtherEnds: message.GetOtherEnds(), Increment: toIncrement(message.GetIncrement()), FileMode: message.GetFileMode(),
	}
	plan.Encoding, plan.Extra = message.GetEncoding(), message.GetExtra()
	plan.Layout, plan.Pointer, plan.Removes = message.GetLayout(), message.GetPointer(), message.GetRemoves()
	plan.Unwritable, plan.OpenToAll = message.GetUnwritable(), message.GetOpenToAll()
	if columns := message.GetColumns(); columns != nil {
		plan.Columns = &exporter.ManifestColumns{
			Excluded: columns.GetExcluded(), Hashed: columns.GetHashed(), HashAlgorithm: columns.GetHashAlgorithm(), HashKeyID: columns.GetHashKeyId(),
			Personal: columns.GetPersonal(),
		}
	}
	if guard := message.GetShrink(); guard != nil {
		plan.Shrink = &engine.ShrinkPlan{Max: guard.GetMaxShrink(), LeastRows: guard.GetLeastRows(), Expected: guard.GetExpected()}
	}
	if body := message.GetCurrentManifestJson(); len(body) > 0 {
		plan.Current = new(exporter.Manifest)
		if err := json.Unmarshal(body, plan.Current); err != nil {
			return engine.ExportPlan{}, fmt.Errorf("the manifest of %s: %w", message.GetFile(), err)
		}
	}
	return plan, nil
}

func toIncrement(message *pluginv1.PlannedIncrement) *engine.IncrementPlan {
	if message == nil {
		return nil
	}
	plan := &engine.IncrementPlan{Full: message.GetFullBecause(), OnlyMissing: message.GetOnlyMissing(), FullWalk: message.GetFullWalk(), FullDue: toTime(message.GetFullDue())}
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
