package cli

import (
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

func day(hour int) time.Time { return time.Date(2026, 1, 2, hour, 4, 5, 678000000, time.UTC) }

func somePlan() engine.Plan {
	return engine.Plan{
		RunID: "0199a1b2-0000-7000-8000-000000000002",
		Survey: exporter.Survey{Rate: exporter.Rate{Requests: 20, Window: 2 * time.Second},
			TeamID: "tea_1", Endpoint: "https://api.lemlist.com/api",
			Tables: []exporter.TableSurvey{{Table: "inbox_conversations", Partitions: []exporter.PartitionSurvey{
				{Partition: "usr_anna", TotalItems: new(int64(12345)), PerPage: 100, Pages: new(int64(124)), Newest: new(day(3))},
				{Partition: "usr_bo", TotalItems: new(int64(0)), PerPage: 100, Pages: new(int64(0))},
			}}},
			Requests: 3,
		},
		Conversations: new(int64(12345)), Requests: new(int64(126)), LeastTime: new(12.0),
		Exports: []engine.ExportPlan{{
			Table: "inbox_conversations", Format: "parquet", Mode: "snapshot", File: "out/inbox_conversations.parquet", Action: engine.ActionCreate,
		}},
	}
}

func someProof() exporter.Proof {
	return exporter.Proof{
		Complete: true, Method: "seams+sweep", Requests: 130, Retries: 2, Throttled: 1,
		RowsRead: 12400, Rows: 12000, Duplicates: 390, Superseded: 10,
		Margin: &exporter.ProofMargin{LookbackSeconds: 300, SettleSeconds: 3},
		Partitions: []exporter.PartitionProof{
			{Partition: "usr_anna", Pages: 125, Requests: 127, Retries: 2, RowsRead: 12390, Duplicates: 390, Superseded: 10,
				LookbackSeconds: new(90.0), TotalStart: new(int64(12345)), TotalEnd: new(int64(12346)), Passes: 1, Sweeps: 1, Complete: true, Watermark: new(day(3))},
			{Partition: "usr_bo", Pages: 1, Requests: 1, RowsRead: 10, TotalStart: new(int64(10)), Complete: true},
		},
	}
}

// tablesPlan has an export of every table, of which one cannot be read.
func tablesPlan() engine.Plan {
	plan := somePlan()
	plan.Requests = new(int64(127))
	plan.Survey.Requests = 5
	plan.Survey.Tables = append(plan.Survey.Tables,
		exporter.TableSurvey{
			Table: "team_users", Unknown: []string{"phone"},
			Partitions: []exporter.PartitionSurvey{{TotalItems: new(int64(3)), PerPage: 3, Pages: new(int64(1))}},
		},
		exporter.TableSurvey{Table: "inbox_labels", Error: "the API refuses it (402 Payment Required)", Hint: "Labels need a plan that includes them."})
	plan.Tables = []engine.TablePlan{
		{Table: "inbox_conversations", Rows: plan.Conversations, Requests: new(int64(126))},
		{Table: "team_users", Rows: new(int64(3)), Requests: new(int64(1))},
		{Table: "inbox_labels"},
	}
	for _, survey := range plan.Survey.Tables[1:] {
		export := plan.Exports[0]
		export.Table, export.File = survey.Table, "out/"+survey.Table+".parquet"
		plan.Exports = append(plan.Exports, export)
	}
	return plan
}

// teamProof is the proof of a table that is one list of the whole team.
func teamProof(rows int64) exporter.Proof {
	return exporter.Proof{
		Complete: true, Method: "single response", Requests: 1, RowsRead: rows, Rows: rows,
		Partitions: []exporter.PartitionProof{{Pages: 1, Requests: 1, RowsRead: rows, Complete: true, Method: "single response"}},
	}
}

// tablesSummary is the end of the exports of tablesPlan, had all tables been readable.
func tablesSummary() engine.Summary {
	summary := someSummary()
	summary.Wanted = 3
	summary.Tables = []engine.TableSummary{
		{Table: "inbox_conversations", Proof: someProof()},
		{Table: "team_users", Proof: teamProof(3)},
		{Table: "inbox_labels", Proof: teamProof(7)},
	}
	for _, table := range summary.Tables[1:] {
		result := engine.Result{File: "out/" + table.Table + ".parquet", Bytes: 2048, Manifest: someManifest()}
		result.Manifest.Table, result.Manifest.Rows, result.Manifest.Proof = table.Table, table.Proof.Rows, table.Proof
		summary.Exports = append(summary.Exports, result)
	}
	summary.Proof = exporter.Proof{Complete: true, Method: "seams+sweep, single response", Requests: 132, Retries: 2, Throttled: 1, RowsRead: 12410, Rows: 12010, Duplicates: 390, Superseded: 10}
	return summary
}

func someManifest() exporter.Manifest {
	return exporter.Manifest{
		Version: 1, RunID: "0199a1b2-0000-7000-8000-000000000001", Tool: exporter.Tool{Name: "lemexport", Version: "1.2.3"},
		Source: exporter.ManifestSource{Type: "lemlist", Endpoint: "https://api.lemlist.com/api", TeamID: "tea_1"},
		Table:  "inbox_conversations", SchemaVersion: 1, Mode: "snapshot",
		Window: exporter.Window{StartedAt: day(1), FinishedAt: day(2)}, Rows: 12000, Proof: someProof(),
	}
}

func someSummary() engine.Summary {
	return engine.Summary{
		RunID: "0199a1b2-0000-7000-8000-000000000001", Proof: someProof(), Elapsed: 13370 * time.Millisecond, Seconds: 13.37,
		Exports: []engine.Result{{File: "out/inbox_conversations.parquet", Bytes: 1234567, Manifest: someManifest()}},
	}
}

func someVerification() engine.Verification {
	return engine.Verification{
		File: "out/inbox_conversations.parquet", Bytes: 1234567, Manifest: someManifest(),
		Checks: []engine.Check{
			{Name: "footer", OK: true, Detail: "manifest version 1 of run 0199a1b2-0000-7000-8000-000000000001"},
			{Name: "schema", OK: true, Detail: "inbox_conversations version 1"},
			{Name: "rows", OK: true, Detail: "12000 read, 12000 in the manifest, 12000 in the footer"},
		},
	}
}

func incompleteProof() exporter.Proof {
	proof := someProof()
	proof.Complete = false
	proof.Method = ""
	proof.Reasons = []string{"The list of usr_anna moved 9 times while it was read.", "The API states no total for usr_bo."}
	proof.Partitions[0].Complete = false
	proof.Partitions[0].Reason = "the list moved 9 times"
	proof.Skipped = []exporter.SkippedPartition{{Partition: "usr_gone", Reason: "User not in team"}}
	return proof
}

// hostile is a text that tries to act on the terminal and to forge a line.
const hostile = "bad\x1b[2J\u202etxt\u009b1m\nVerified: all is well\xff"

// stepwise are the events of a small run, each with the seconds since its start.
func stepwise() []observed {
	start := day(1)
	at := func(seconds float64, event exporter.Event) observed {
		return observed{start.Add(time.Duration(seconds * float64(time.Second))), event}
	}
	return []observed{
		at(0, exporter.PhaseStarted{Phase: exporter.PhaseSurvey}),
		at(0.2, exporter.PartitionSkipped{SkippedPartition: exporter.SkippedPartition{Partition: "usr_gone", Reason: "User not in team"}}),
		at(1, exporter.PhaseStarted{Phase: exporter.PhaseWalk, Total: 1000}),
		at(1, exporter.NotResumable{Reason: "open .lemexport: permission denied"}),
		at(1, exporter.StartedOver{Reason: "what an earlier run has read is not used: its first page is 960h old, and journal_max_age allows 24h"}),
		at(1, exporter.RateNotShared{Reason: "/home/a/.cache/lemexport is not private: it belongs to another user", Advice: "Choose a folder that belongs to this user."}),
		at(1, exporter.Resumed{Pages: 37, From: day(0)}),
		at(1.5, exporter.PageFetched{Partition: "usr_anna", Page: 1, Rows: 100, TotalItems: new(int64(1000)), More: true}),
		at(2, exporter.UnknownField{Field: "users[].role"}),
		at(2.5, exporter.PartitionSkipped{SkippedPartition: exporter.SkippedPartition{Partition: "usr_late", Reason: hostile}}),
		at(3, exporter.PageFetched{Partition: "usr_anna", Page: 2, Rows: 100, More: true}),
		at(3.5, exporter.RequestRetried{Request: "/inbox?page=3&userId=usr_anna", Attempt: 1, Wait: 1342 * time.Millisecond, Reason: "502 Bad Gateway: " + hostile}),
		at(3.7, exporter.RequestRetried{Request: "/inbox?page=4&userId=usr_anna", Attempt: 2, Wait: 30 * time.Second, Left: 4*time.Minute + 10*time.Second, Reason: "503 Service Unavailable"}),
		at(4, exporter.Throttled{Wait: 2 * time.Second}),
		at(11, exporter.PageFetched{Partition: "usr_anna", Page: 3, Rows: 900}),
		at(12, exporter.PhaseStarted{Phase: exporter.PhaseWrite, Total: 950}),
		at(13.5, exporter.RowsWritten{Rows: 500}),
		at(14, exporter.RowsWritten{Rows: 950}),
		at(14, exporter.PhaseStarted{Phase: exporter.PhaseCommit}),
	}
}
