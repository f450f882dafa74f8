package conformance

import (
	"maps"
	"slices"
	"testing"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

func positions() []check {
	return []check{
		{"from a position, what is new or changed is delivered, each row once", func(t *testing.T, instance Instance) {
			w := newTeam(t, sim.Options{Users: 2, Conversations: 600})
			request := w.once(t)
			first := readAll(t, instance, request)
			first.must(t, pluginv1.Outcome_OUTCOME_COMPLETE)
			if !first.result.GetFull() || len(first.result.GetPosition()) == 0 {
				t.Fatalf("the first reading: %v", first.result)
			}
			host := newest(first.decode(t))

			for position := range 20 {
				w.Move(sim.Movement{Kind: sim.Jump, Position: 30 * position})
				w.Move(sim.Movement{Kind: sim.Insert})
			}
			request.Since = first.result.GetPosition()
			second := readAll(t, instance, request)
			second.must(t, pluginv1.Outcome_OUTCOME_COMPLETE)
			rows := second.decode(t)
			if ids := newest(rows); second.result.GetFull() || len(rows) != len(ids) || len(rows) < 20 || len(rows) > 300 {
				t.Errorf("%d rows with %d ids: %v", len(rows), len(ids), second.result)
			}
			maps.Copy(host, newest(rows))
			same(t, host, w.truth())
			if next := second.result.GetPosition(); len(next) == 0 || slices.Equal(next, request.GetSince()) {
				t.Errorf("the next position is %s", next)
			}
		}},
		{"a walk that is not proven has no position", func(t *testing.T, instance Instance) {
			r := readAll(t, instance, doubtful(t).once(t))
			r.must(t, pluginv1.Outcome_OUTCOME_INCOMPLETE)
			if r.result.GetFull() || len(r.result.GetPosition()) > 0 {
				t.Errorf("the result is %v", r.result)
			}
		}},
		{"as read, there is no position, and none is taken", func(t *testing.T, instance Instance) {
			w := small(t)
			r := readAll(t, instance, w.request(t))
			r.must(t, pluginv1.Outcome_OUTCOME_COMPLETE)
			if r.result.GetFull() || len(r.result.GetPosition()) > 0 {
				t.Errorf("the result is %v", r.result)
			}
			request := w.request(t)
			request.Since = readAll(t, instance, w.once(t)).result.GetPosition()
			readAll(t, instance, request).must(t, pluginv1.Outcome_OUTCOME_FAILED)
		}},
		{"a position of another configuration, or a malformed one, is refused without rows", func(t *testing.T, instance Instance) {
			w := small(t)
			position := readAll(t, instance, w.once(t)).result.GetPosition()
			otherTeam := newTeam(t, sim.Options{Users: 2, Conversations: 150, Seed: 77}).once(t)
			otherUsers, otherColumns := w.once(t), w.once(t)
			otherUsers.Config.Json = w.config(t, object{"source": object{"lemlist": object{
				"api_key": w.Key(), "endpoint": w.url, "users": w.UserIDs()[:1],
			}}})
			otherColumns.Config.Json = w.config(t, object{"export": object{table: object{"destination": "unused", "columns": object{"exclude": []string{"extra"}}}}})
			for name, request := range map[string]*pluginv1.ReadRequest{"team": otherTeam, "users": otherUsers, "columns": otherColumns} {
				request.Since = position
				if r := readAll(t, instance, request); r.result.GetOutcome() != pluginv1.Outcome_OUTCOME_FAILED || r.rows > 0 || len(r.result.GetPosition()) > 0 {
					t.Errorf("other %s: %v, %v", name, r.result, r.err)
				}
			}
			before := w.requests()
			for _, malformed := range [][]byte{[]byte("x"), {0xff, 0}, []byte("{}"), []byte("null"), position[:len(position)-1], append(slices.Clone(position), 'x')} {
				request := w.once(t)
				request.Since = malformed
				if r := readAll(t, instance, request); r.result.GetOutcome() != pluginv1.Outcome_OUTCOME_FAILED || r.rows > 0 {
					t.Errorf("%q is taken: %v, %v", malformed, r.result, r.err)
				}
			}
			if w.requests() != before {
				t.Errorf("%d requests", w.requests()-before)
			}
		}},
	}
}

// once asks for all of a team's rows, each once.
func (w *team) once(t *testing.T) *pluginv1.ReadRequest {
	t.Helper()
	request := w.request(t)
	request.Delivery = pluginv1.Delivery_DELIVERY_ONCE
	return request
}
