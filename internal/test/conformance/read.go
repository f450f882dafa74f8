package conformance

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// request asks for all of a team's rows, with a folder for notes of its own.
func (w *team) request(t *testing.T) *pluginv1.ReadRequest {
	t.Helper()
	return &pluginv1.ReadRequest{Config: &pluginv1.Config{Json: w.config(t, nil)}, Table: table, StateDir: t.TempDir()}
}

func read() []check {
	return []check{
		{"as read, the newest row of every id is the truth", func(t *testing.T, instance Instance) {
			w := newTeam(t, sim.Options{Users: 3, Conversations: 200, TypeSurprises: true, LoneSurrogates: true})
			r := readAll(t, instance, w.request(t))
			r.must(t, pluginv1.Outcome_OUTCOME_COMPLETE)
			rows := r.decode(t)
			same(t, newest(rows), w.truth())
			proof := r.result.GetProof()
			if proof.GetRows() != 200 || proof.GetRowsRead() != int64(len(rows)) || !r.result.GetSimulated() || r.result.GetRunId() == "" {
				t.Errorf("%d rows came: %v", len(rows), r.result)
			}
			if !slices.ContainsFunc(r.events, func(e *pluginv1.Event) bool { return e.GetProgress() != nil }) {
				t.Error("no progress was told")
			}
			schema, err := instance.Client.GetSchema(t.Context(), &pluginv1.GetSchemaRequest{Table: table})
			if err != nil || !bytes.Equal(schema.GetArrowSchema(), r.schema) {
				t.Errorf("the schema is not that of GetSchema: %v", err)
			}
		}},
		{"as read, an inbox that moves loses nothing", func(t *testing.T, instance Instance) {
			w := newTeam(t, sim.Options{Users: 1, Conversations: 80, LimitMax: 10, Drift: sim.Drift{Jumps: 1, Inserts: 1, Deletes: 0.5, Until: 8}})
			r := readAll(t, instance, w.request(t))
			r.must(t, pluginv1.Outcome_OUTCOME_COMPLETE)
			got := newest(r.decode(t))
			for _, user := range w.UserIDs() {
				for _, id := range w.AliveThroughout(user, 1, w.Step()) {
					if _, ok := got[id]; !ok {
						t.Errorf("%s was there all the time and is missing", id)
					}
				}
			}
		}},
		{"once, every id comes once, the newest first, and no checkpoint", func(t *testing.T, instance Instance) {
			w := small(t)
			request := w.request(t)
			request.Delivery = pluginv1.Delivery_DELIVERY_ONCE
			r := readAll(t, instance, request)
			r.must(t, pluginv1.Outcome_OUTCOME_COMPLETE)
			rows := r.decode(t)
			same(t, newest(rows), w.truth())
			if len(rows) != 150 || len(r.marks) > 0 {
				t.Errorf("%d rows, %d checkpoints", len(rows), len(r.marks))
			}
			if !slices.IsSortedFunc(rows, func(a, b row) int { return b.at.Compare(a.at) }) {
				t.Error("the newest is not first")
			}
		}},
		{"an empty inbox is a schema and a proof", func(t *testing.T, instance Instance) {
			r := readAll(t, instance, newTeam(t, sim.Options{Conversations: sim.None}).request(t))
			r.must(t, pluginv1.Outcome_OUTCOME_COMPLETE)
			if rows := r.decode(t); len(rows) > 0 {
				t.Errorf("%d rows", len(rows))
			}
		}},
		{"columns that are left out do not cross", func(t *testing.T, instance Instance) {
			w := small(t)
			request := w.request(t)
			request.Config.Json = w.config(t, object{"export": object{table: object{
				"destination": "unused", "columns": object{"exclude": []string{"last_sent_message_preview", "contact", "extra"}},
			}}})
			r := readAll(t, instance, request)
			r.must(t, pluginv1.Outcome_OUTCOME_COMPLETE)
			same(t, newest(r.decode(t)), w.truth())
			for _, text := range []string{"last_sent_message_preview", "@example.com"} {
				if bytes.Contains(r.arrow.Bytes(), []byte(text)) {
					t.Errorf("%s crossed", text)
				}
			}
		}},
		{"a walk that is not proven never looks like success", func(t *testing.T, instance Instance) {
			for _, delivery := range []pluginv1.Delivery{pluginv1.Delivery_DELIVERY_AS_READ, pluginv1.Delivery_DELIVERY_ONCE} {
				request := doubtful(t).request(t)
				request.Delivery = delivery
				r := readAll(t, instance, request)
				r.must(t, pluginv1.Outcome_OUTCOME_INCOMPLETE)
				if proof := r.result.GetProof(); proof.GetComplete() || len(proof.GetReasons()) == 0 {
					t.Errorf("%v with the proof %v", delivery, proof)
				}
				if once := delivery == pluginv1.Delivery_DELIVERY_ONCE; once != (r.rows == 0) {
					t.Errorf("%v: %d rows", delivery, r.rows)
				}
			}
		}},
		{"a row larger than gRPC's default limit comes whole", func(t *testing.T, instance Instance) {
			w := withLargeRow(t, 4<<20)
			r := readAll(t, instance, w.request(t))
			r.must(t, pluginv1.Outcome_OUTCOME_COMPLETE)
			same(t, newest(r.decode(t)), w.truth())
			if r.largest < 4<<20 || !bytes.Contains(r.arrow.Bytes(), []byte(strings.Repeat("x", 4<<20))) {
				t.Errorf("the largest batch has %d bytes", r.largest)
			}
		}},
		{"20 Reads at the same time do not mix", func(t *testing.T, instance Instance) {
			var group sync.WaitGroup
			for i := range 20 {
				w := newTeam(t, sim.Options{Users: 1 + i%3, Conversations: 50 + 5*i, Seed: uint64(i)})
				request := w.request(t)
				request.Delivery = pluginv1.Delivery(1 + i%2)
				group.Go(func() {
					r := readAll(t, instance, request)
					if r.result.GetOutcome() != pluginv1.Outcome_OUTCOME_COMPLETE {
						t.Errorf("reading %d: %v, %v", i, r.result, r.err)
						return
					}
					same(t, newest(r.decode(t)), w.truth())
				})
			}
			group.Wait()
		}},
	}
}

// doubtful is a team whose walk cannot be proven: its totals are wrong, and its
// rows move all the time.
func doubtful(t *testing.T) *team {
	t.Helper()
	return newTeam(t, sim.Options{Users: 1, Conversations: 6, LimitMax: 3, Total: sim.TotalNoisy, Drift: sim.Drift{Jumps: 4, Inserts: 4, Deletes: 4}})
}

// withLargeRow is a team of a few conversations, one of which has a field of that
// many bytes.
func withLargeRow(t *testing.T, bytes int) *team {
	t.Helper()
	return padded(t, 5, 1, bytes)
}

// padded is a team of one user whose first rows, so many of them, have a field of
// that many bytes more.
func padded(t *testing.T, conversations, rows, bytes int) *team {
	t.Helper()
	model, err := sim.New(sim.Options{Users: 1, Conversations: conversations})
	if err != nil {
		t.Fatal(err)
	}
	var all []json.RawMessage
	for i, one := range model.Conversations() {
		raw := one.Raw()
		if i < rows {
			raw = append(slices.Clone(raw[:len(raw)-1]), `,"padding":"`+strings.Repeat("x", bytes)+`"}`...)
		}
		all = append(all, raw)
	}
	return newTeam(t, sim.Options{Rows: all, UserIDs: model.UserIDs(), LimitMax: 10})
}

// atOnce is how soon a call that is cancelled has stopped the walk.
const atOnce = time.Second
