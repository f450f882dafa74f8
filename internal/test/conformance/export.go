package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// export is what came of an Export.
type export struct {
	events []*pluginv1.Event
	result *pluginv1.ExportResult
	err    error
}

func exportAll(t *testing.T, instance Instance, request *pluginv1.ExportRequest) *export {
	t.Helper()
	return exportWhile(t, instance, request, func(*pluginv1.Event) {})
}

// exportWhile exports and shows the events as they come.
func exportWhile(t *testing.T, instance Instance, request *pluginv1.ExportRequest, each func(*pluginv1.Event)) *export {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	e := &export{}
	stream, err := instance.Client.Export(ctx, request)
	for err == nil {
		var message *pluginv1.ExportResponse
		if message, err = stream.Recv(); err != nil {
			break
		}
		if e.result != nil {
			t.Errorf("a message after the result: %v", message)
		}
		if event := message.GetEvent(); event != nil {
			e.events = append(e.events, event)
			each(event)
		} else {
			e.result = message.GetResult()
		}
	}
	if !errors.Is(err, io.EOF) {
		e.err = err
	}
	if e.result == nil {
		t.Errorf("the stream ended with %v and no result", err)
	} else {
		checkOutcome(t, e.result.GetOutcome(), e.result.GetDiagnostics(), e.result.GetProof(), e.err)
	}
	return e
}

func (e *export) must(t *testing.T, outcome pluginv1.Outcome) {
	t.Helper()
	if e.result.GetOutcome() != outcome {
		t.Fatalf("ended with %v and %v instead of %v", e.result, e.err, outcome)
	}
}

// exportTo asks for an export into a folder.
func (w *team) exportTo(t *testing.T, dir string) *pluginv1.ExportRequest {
	t.Helper()
	config := w.config(t, object{"export": object{table: object{"destination": dir}}})
	return &pluginv1.ExportRequest{Config: &pluginv1.Config{Json: config}, StateDir: t.TempDir()}
}

func exported() []check {
	return []check{
		{"Export commits the files of the configuration, and says what they are", func(t *testing.T, instance Instance) {
			w, dir := small(t), filepath.Join(t.TempDir(), "out")
			request := w.exportTo(t, dir)
			planned, err := instance.Client.Plan(t.Context(), &pluginv1.PlanRequest{Config: request.GetConfig()})
			if err != nil || len(planned.GetPlan().GetExports()) != 1 {
				t.Fatalf("%v, %v", planned, err)
			}
			e := exportAll(t, instance, request)
			e.must(t, pluginv1.Outcome_OUTCOME_COMPLETE)
			if len(e.result.GetFiles()) != 1 || e.result.GetProof().GetRows() != 150 || !e.result.GetSimulated() {
				t.Fatalf("the result is %v", e.result)
			}
			tables := e.result.GetTables()
			if len(tables) != 1 || tables[0].GetTable() != table || tables[0].GetError() != "" || !proto.Equal(tables[0].GetProof(), e.result.GetProof()) {
				t.Errorf("the tables are %v", tables)
			}
			file := e.result.GetFiles()[0]
			var manifest struct {
				Rows  int64  `json:"rows"`
				RunID string `json:"run_id"`
			}
			if err := json.Unmarshal(file.GetManifestJson(), &manifest); err != nil || manifest.Rows != 150 || manifest.RunID != e.result.GetRunId() {
				t.Errorf("the manifest is %s: %v", file.GetManifestJson(), err)
			}
			if file.GetUrl() != planned.GetPlan().GetExports()[0].GetFile() || file.GetRows() != 150 {
				t.Errorf("planned %v, committed %v", planned.GetPlan().GetExports()[0], file)
			}
			on, err := os.Stat(file.GetUrl())
			if err != nil || on.Size() != file.GetBytes() {
				t.Errorf("%d bytes are committed: %v, %v", file.GetBytes(), on, err)
			}
			for _, phase := range []pluginv1.Phase{pluginv1.Phase_PHASE_WALK} {
				if !slices.ContainsFunc(e.events, func(e *pluginv1.Event) bool { return e.GetProgress().GetPhase() >= phase }) {
					t.Errorf("%v was not told: %v", phase, e.events)
				}
			}
			if only(t, dir) != 1 {
				t.Error("there is more than the file")
			}
		}},
		{"Export of an unproven walk writes nothing, unless that is allowed, and is not a success", func(t *testing.T, instance Instance) {
			dir := filepath.Join(t.TempDir(), "out")
			e := exportAll(t, instance, doubtful(t).exportTo(t, dir))
			e.must(t, pluginv1.Outcome_OUTCOME_INCOMPLETE)
			if len(e.result.GetFiles()) > 0 || only(t, dir) > 0 {
				t.Errorf("committed %v", e.result.GetFiles())
			}
			request := doubtful(t).exportTo(t, dir)
			request.AllowIncomplete = true
			e = exportAll(t, instance, request)
			e.must(t, pluginv1.Outcome_OUTCOME_INCOMPLETE)
			if len(e.result.GetFiles()) != 1 || only(t, dir) != 1 {
				t.Errorf("committed %v", e.result.GetFiles())
			}
		}},
		{"Export of a walk that shows less than half of the file leaves it, unless that is allowed, and is not a success", func(t *testing.T, instance Instance) {
			dir := filepath.Join(t.TempDir(), "out")
			first := exportAll(t, instance, small(t).exportTo(t, dir))
			first.must(t, pluginv1.Outcome_OUTCOME_COMPLETE)
			request := newTeam(t, sim.Options{Users: 2, Conversations: 60}).exportTo(t, dir)
			planned, err := instance.Client.Plan(t.Context(), &pluginv1.PlanRequest{Config: request.GetConfig()})
			if guard := planned.GetPlan().GetExports()[0].GetShrink(); err != nil || guard.GetLeastRows() != 75 || guard.GetMaxShrink() != 0.5 {
				t.Errorf("planned %v, %v", planned, err)
			}
			before := contents(t, first.result.GetFiles()[0].GetUrl())
			e := exportAll(t, instance, request)
			e.must(t, pluginv1.Outcome_OUTCOME_SHRUNK)
			if len(e.result.GetFiles()) > 0 || !e.result.GetProof().GetComplete() || len(errorsIn(e.result.GetDiagnostics())) != 1 {
				t.Errorf("the result is %v", e.result)
			}
			if !bytes.Equal(before, contents(t, first.result.GetFiles()[0].GetUrl())) {
				t.Error("the file was touched")
			}
			request.AllowShrink = true
			e = exportAll(t, instance, request)
			e.must(t, pluginv1.Outcome_OUTCOME_COMPLETE)
			if len(e.result.GetFiles()) != 1 || e.result.GetFiles()[0].GetRows() != 60 {
				t.Errorf("committed %v", e.result.GetFiles())
			}
		}},
		{"Export needs an export", func(t *testing.T, instance Instance) {
			w := small(t)
			e := exportAll(t, instance, &pluginv1.ExportRequest{Config: &pluginv1.Config{Json: w.config(t, nil)}})
			e.must(t, pluginv1.Outcome_OUTCOME_FAILED)
			if w.requests() > 0 || e.result.GetDiagnostics()[0].GetPath() != "/export" {
				t.Errorf("%d requests, %v", w.requests(), e.result)
			}
		}},
		{"Export does not touch a destination that another run holds", func(t *testing.T, instance Instance) {
			dir := filepath.Join(t.TempDir(), "out")
			slow := newTeam(t, sim.Options{Users: 1, Conversations: 2000, LimitMax: 10, Latency: 20 * time.Millisecond})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			stream, err := instance.Client.Export(ctx, slow.exportTo(t, dir))
			for walking := false; err == nil && !walking; {
				var message *pluginv1.ExportResponse
				message, err = stream.Recv()
				walking = message.GetEvent().GetProgress().GetPhase() == pluginv1.Phase_PHASE_WALK
			}
			if err != nil {
				t.Fatal(err)
			}
			second := small(t)
			e := exportAll(t, instance, second.exportTo(t, dir))
			e.must(t, pluginv1.Outcome_OUTCOME_FAILED)
			if len(e.result.GetFiles()) > 0 {
				t.Errorf("committed %v", e.result.GetFiles())
			}
			cancel()
			slow.settles(t, atOnce)
			for only(t, dir) > 0 { // the lock of the first one goes with it
				select {
				case <-t.Context().Done():
				case <-time.After(10 * time.Millisecond):
				}
			}
		}},
	}
}

func contents(t *testing.T, path string) []byte {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// only is the number of entries of a folder, which may be missing.
func only(t *testing.T, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return len(entries)
}
