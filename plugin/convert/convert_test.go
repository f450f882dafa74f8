package convert

import (
	"math"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// crossed sends a message through its wire form.
func crossed[M proto.Message](t interface{ Fatal(args ...any) }, message, into M) M {
	body, err := proto.Marshal(message)
	if err == nil {
		err = proto.Unmarshal(body, into)
	}
	if err != nil {
		t.Fatal(err)
	}
	return into
}

func maybe[V any](of *rapid.Generator[V]) *rapid.Generator[*V] { return rapid.Ptr(of, true) }

func moment() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).UTC()
	})
}

// some is a list that is nil when it is empty: the wire does not tell the two
// apart.
func some[V any](of *rapid.Generator[V]) *rapid.Generator[[]V] {
	return rapid.Map(rapid.SliceOfN(of, 0, 3), func(all []V) []V {
		if len(all) == 0 {
			return nil
		}
		return all
	})
}

func skippedUser() *rapid.Generator[exporter.SkippedPartition] {
	return rapid.Make[exporter.SkippedPartition]()
}

func TestProofCrossesAsItIs(t *testing.T) {
	count := rapid.Int64()
	user := rapid.Custom(func(t *rapid.T) exporter.PartitionProof {
		return exporter.PartitionProof{
			Partition: rapid.String().Draw(t, "user"), Pages: count.Draw(t, "pages"), Requests: count.Draw(t, "requests"),
			Retries: count.Draw(t, "retries"), RowsRead: count.Draw(t, "rows"), Duplicates: count.Draw(t, "duplicates"),
			Superseded: count.Draw(t, "superseded"), TotalStart: maybe(count).Draw(t, "start"), TotalEnd: maybe(count).Draw(t, "end"),
			Passes: count.Draw(t, "passes"), Sweeps: count.Draw(t, "sweeps"), StepBacks: count.Draw(t, "steps"),
			Complete: rapid.Bool().Draw(t, "complete"), Method: rapid.String().Draw(t, "method"), Doubt: rapid.String().Draw(t, "doubt"),
			Reason: rapid.String().Draw(t, "reason"), Watermark: maybe(moment()).Draw(t, "watermark"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		proof := &exporter.Proof{
			Complete: rapid.Bool().Draw(t, "complete"), Reasons: some(rapid.String()).Draw(t, "reasons"), Method: rapid.String().Draw(t, "method"),
			Partitions: some(user).Draw(t, "users"), Skipped: some(skippedUser()).Draw(t, "skipped"),
			Requests: count.Draw(t, "requests"), Retries: count.Draw(t, "retries"), Throttled: count.Draw(t, "throttled"),
			Resumed: count.Draw(t, "resumed"), ResumedFrom: maybe(moment()).Draw(t, "from"), RowsRead: count.Draw(t, "read"),
			Rows: count.Draw(t, "rows"), Duplicates: count.Draw(t, "duplicates"), Superseded: count.Draw(t, "superseded"),
		}
		if diff := gocmp.Diff(proof, ToProof(crossed(t, FromProof(proof), new(pluginv1.Proof)))); diff != "" {
			t.Fatalf("(-here +there):\n%s", diff)
		}
	})
	if ToProof(FromProof(nil)) != nil {
		t.Error("no proof becomes one")
	}
}

func TestPlanCrossesAsItIs(t *testing.T) {
	count, text := rapid.Int64(), rapid.String()
	user := rapid.Custom(func(t *rapid.T) exporter.PartitionSurvey {
		return exporter.PartitionSurvey{
			Partition: text.Draw(t, "user"), TotalItems: maybe(count).Draw(t, "total"), Pages: maybe(count).Draw(t, "pages"), Newest: maybe(moment()).Draw(t, "newest"),
		}
	})
	export := rapid.Custom(func(t *rapid.T) engine.ExportPlan {
		return engine.ExportPlan{
			Table: text.Draw(t, "table"), Format: text.Draw(t, "format"), Mode: text.Draw(t, "mode"), File: text.Draw(t, "file"),
			Action:        engine.Action(rapid.SampledFrom([]string{"create", "replace"}).Draw(t, "action")),
			SchemaChanges: some(text).Draw(t, "changes"), DroppedUsers: some(text).Draw(t, "dropped"), Unchanged: rapid.Bool().Draw(t, "unchanged"),
			OpenToAll: text.Draw(t, "open to all"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		// Eighths of a second are exact in both forms.
		least := rapid.Map(rapid.IntRange(0, math.MaxInt32), func(n int) float64 { return float64(n) / 8 })
		plan := engine.Plan{
			RunID: text.Draw(t, "run"), Conversations: maybe(count).Draw(t, "conversations"), Requests: maybe(count).Draw(t, "requests"),
			LeastTime: maybe(least).Draw(t, "least time"), Exports: some(export).Draw(t, "exports"),
			Survey: exporter.Survey{
				TeamID: text.Draw(t, "team"), Endpoint: text.Draw(t, "endpoint"), Simulated: rapid.Bool().Draw(t, "simulated"),
				Tables: []exporter.TableSurvey{{
					Table: "inbox_conversations", Partitions: some(user).Draw(t, "users"),
					Skipped: some(skippedUser()).Draw(t, "skipped"), Unknown: some(text).Draw(t, "unknown"),
				}},
			},
		}
		message, err := FromPlan(plan)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ToPlan(crossed(t, message, new(pluginv1.Plan)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(plan, got, gocmp.AllowUnexported(engine.Plan{}, engine.ExportPlan{}, exporter.TableSurvey{})); diff != "" {
			t.Fatalf("(-here +there):\n%s", diff)
		}
	})
}

func TestDiagnosticsCrossAsTheyAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		diags := some(rapid.Custom(func(t *rapid.T) exporter.Diagnostic {
			return exporter.Diagnostic{
				Severity: rapid.SampledFrom([]exporter.Severity{exporter.SeverityError, exporter.SeverityWarning}).Draw(t, "severity"),
				Summary:  rapid.String().Draw(t, "summary"), Detail: rapid.String().Draw(t, "detail"), Path: rapid.String().Draw(t, "path"),
			}
		})).Draw(t, "diagnostics")
		if diff := gocmp.Diff(exporter.Diagnostics(diags), ToDiagnostics(FromDiagnostics(diags))); diff != "" {
			t.Fatalf("(-here +there):\n%s", diff)
		}
	})
}
