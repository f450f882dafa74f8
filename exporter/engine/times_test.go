package engine_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// rowsActiveAt are conversations with these values of lastActivityAt, in JSON.
func rowsActiveAt(values ...string) []json.RawMessage {
	var rows []json.RawMessage
	for i, value := range values {
		rows = append(rows, json.RawMessage(fmt.Sprintf(
			`{"_id":"ibx_%02d","teamId":"tea_1","contactId":"ctc_%02d","users":[{"userId":"usr_1"}],"createdAt":%s,"lastActivityAt":%s}`, i, i, value, value)))
	}
	return rows
}

func TestTimesInEveryUsualFormAreExported(t *testing.T) {
	at := time.Date(2024, 12, 17, 9, 42, 32, 971_000_000, time.UTC)
	second := at.Truncate(time.Second)
	forms := map[string]time.Time{
		`"2024-12-17T09:42:32.971Z"`: at, `"2024-12-17t09:42:32.971z"`: at, `"2024-12-17 09:42:32.971Z"`: at,
		`"2024-12-17T09:42:32.971+0000"`: at, `"2024-12-17T09:42:32.971+00:00"`: at, `"2024-12-17T10:42:32.971+0100"`: at,
		`"2024-12-17T09:42:32.971"`: at, `"2024-12-17 09:42:32"`: second,
		`1734428552971`: at, `"1734428552971"`: at, `1734428552`: second, `"1734428552"`: second, `1734428552.971`: at, `"1734428552.971"`: at,
	}
	for form, want := range forms {
		b := newBench(t, sim.Options{Rows: rowsActiveAt(form)})
		plan, summary := b.mustApply(t, b.job(b.dir))
		if diff := gocmp.Diff(map[string]time.Time{"ibx_00": want}, idsOf(t, b.file())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", form, diff)
		}
		if newest := summary.Exports[0].Manifest.Window.NewestActivity; newest == nil || !newest.Equal(want) || len(plan.Warnings()) > 0 {
			t.Errorf("%s: the newest activity is %v; warned of %v", form, newest, plan.Warnings())
		}
	}
}

func TestThePlanNamesTimesThatCannotBeRead(t *testing.T) {
	b := newBench(t, sim.Options{Rows: rowsActiveAt(`"Tue 17 Dec, sam@example.com"`, `"2024-12-17T09:42:32.971Z"`, `false`)})
	run, err := b.Start(t.Context(), b.job(b.dir), exporter.Unobserved{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = run.Close() }()
	plan, err := run.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	warnings := plan.Warnings()
	if len(warnings) != 1 || warnings[0].Severity != exporter.SeverityWarning || warnings[0].Summary != "lastActivityAt cannot be read" {
		t.Fatalf("warned of %+v", warnings)
	}
	if detail := warnings[0].Detail; !strings.Contains(detail, "2 rows of 1 user have ") || !strings.Contains(detail, "usr_1") {
		t.Error(detail)
	}
	user := plan.Survey.OfUsers().Partitions[0]
	if user.Unreadable != 2 || user.UnreadableForm != `string "Aaa 99 Aaa, aaa@aaaaaaa.aaa"` && user.UnreadableForm != "boolean" {
		t.Errorf("the survey: %+v", user)
	}
	if text := fmt.Sprintf("%+v %+v", plan, warnings); strings.Contains(text, "sam@example") {
		t.Error("the plan shows the value")
	}
}

// What a proven full walk shows is what there is, also where a time went back.
func TestAFullMergeTakesARowThatIsOlderThanTheOneInTheFile(t *testing.T) {
	b := newBench(t, sim.Options{Rows: rowsActiveAt(`"2024-12-17T09:42:32Z"`, `"2024-12-16T09:42:32Z"`)})
	b.mustApply(t, in(exporter.ModeMerge, b.job(b.dir)))
	later := newBench(t, sim.Options{Rows: rowsActiveAt(`"2024-12-15T09:42:32Z"`, `"2024-12-16T09:42:32Z"`)})
	later.dir = b.dir
	later.NewRunID = func() string { return "run-2" }
	later.later(169 * time.Hour)
	_, summary := later.mustApply(t, in(exporter.ModeMerge, later.job(b.dir)))
	want := map[string]time.Time{
		"ibx_00": time.Date(2024, 12, 15, 9, 42, 32, 0, time.UTC), "ibx_01": time.Date(2024, 12, 16, 9, 42, 32, 0, time.UTC),
	}
	if diff := gocmp.Diff(want, idsOf(t, b.file())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if changes := summary.Exports[0].Manifest.Changes; *changes != (exporter.Changes{Updated: 1, Refreshed: 1}) {
		t.Errorf("%+v", changes)
	}
	later.mustVerify(t, b.dir)
}

// A row whose time cannot be read is older than every row, so the one that is
// there stays. Its user allowed an incomplete walk, not a loss.
func TestAMergeKeepsTimesForRowsWhoseTimeCannotBeRead(t *testing.T) {
	b := newBench(t, sim.Options{Rows: rowsActiveAt(`"2024-12-17T09:42:32Z"`, `"2024-12-16T09:42:32Z"`)})
	b.mustApply(t, in(exporter.ModeMerge, b.job(b.dir)))
	want := idsOf(t, b.file())

	later := newBench(t, sim.Options{Rows: rowsActiveAt(`"soon"`, `"later"`)})
	later.dir = b.dir
	later.NewRunID = func() string { return "run-2" }
	later.wrap = func(source exporter.Source) exporter.Source { return doubtful{source} }
	for _, wait := range []time.Duration{0, 169 * time.Hour} {
		later.later(wait)
		if _, _, err := later.apply(t, in(exporter.ModeMerge, later.job(b.dir)), engine.ApplyOptions{AllowIncomplete: true}); err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(want, idsOf(t, b.file())); diff != "" {
			t.Errorf("after %v (-want +got):\n%s", wait, diff)
		}
	}
}
