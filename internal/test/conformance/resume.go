package conformance

import (
	"encoding/hex"
	"slices"
	"testing"

	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

func resumed() []check {
	checks := []check{
		{"a checkpoint of another team delivers everything again and says so", func(t *testing.T, instance Instance) {
			first, second := small(t), small(t)
			state := t.TempDir()
			request := first.request(t)
			request.StateDir = state
			token := firstMark(t, instance, request)
			request = second.request(t)
			request.StateDir, request.Checkpoint = state, token
			startsOver(t, instance, second, request)
		}},
		{"a checkpoint whose notes are gone delivers everything again and says so", func(t *testing.T, instance Instance) {
			w := small(t)
			token := firstMark(t, instance, w.request(t))
			request := w.request(t) // with another folder
			request.Checkpoint = token
			startsOver(t, instance, w, request)
		}},
		{"an invalid checkpoint is refused before the API is asked", func(t *testing.T, instance Instance) {
			w := small(t)
			token := firstMark(t, instance, w.request(t))
			before := w.requests()
			for _, damaged := range [][]byte{[]byte("x"), {0xff, 0}, []byte("{}"), []byte("null"), token[:len(token)-1], append(slices.Clone(token), 'x')} {
				request := w.request(t)
				request.Checkpoint = damaged
				r := readAll(t, instance, request)
				if r.result.GetOutcome() != pluginv1.Outcome_OUTCOME_FAILED || r.rows > 0 {
					t.Errorf("%q is taken: %v, %v", damaged, r.result, r.err)
				}
			}
			if w.requests() != before {
				t.Errorf("%d requests", w.requests()-before)
			}
		}},
		{"once, a checkpoint is refused", func(t *testing.T, instance Instance) {
			w := small(t)
			request := w.request(t)
			request.Checkpoint = firstMark(t, instance, request)
			request.Delivery = pluginv1.Delivery_DELIVERY_ONCE
			readAll(t, instance, request).must(t, pluginv1.Outcome_OUTCOME_FAILED)
		}},
		{"without a usable folder there are no checkpoints, and a notice says why", func(t *testing.T, instance Instance) {
			w := small(t)
			request := w.request(t)
			request.StateDir = "/dev/null/nowhere"
			r := readAll(t, instance, request)
			r.must(t, pluginv1.Outcome_OUTCOME_COMPLETE)
			same(t, newest(r.decode(t)), w.truth())
			if len(r.marks) > 0 || !noticed(r) {
				t.Errorf("%d checkpoints, events %v", len(r.marks), r.events)
			}
		}},
	}
	for _, at := range []struct {
		rule string
		mark int
	}{{"first", 1}, {"fifth", 5}, {"eleventh", 11}} {
		checks = append(checks, check{
			"resumed from the " + at.rule + " checkpoint, both readings together are the truth, with fewer requests",
			func(t *testing.T, instance Instance) { resumesFrom(t, instance, at.mark) },
		})
	}
	return checks
}

// resumesFrom interrupts a reading at a checkpoint, twice, and goes on.
func resumesFrom(t *testing.T, instance Instance, marks int) {
	w := manyPages(t)
	request := w.request(t)
	cut := readUntil(t, instance, request, func(r *reading) bool { return len(r.marks) >= marks })
	if cut.result != nil {
		t.Fatalf("the reading has ended: %v", cut.result)
	}
	w.settles(t, atOnce)
	kept := cut.marks[marks-1]
	rows := cut.decode(t)[:kept.rows]

	before := w.requests()
	request.Checkpoint = kept.token
	again := readUntil(t, instance, request, func(r *reading) bool { return len(r.marks) >= 1 })
	if again.result == nil { // interrupted again
		last := again.marks[0]
		rows = append(rows, again.decode(t)[:last.rows]...)
		request.Checkpoint = last.token
		again = readAll(t, instance, request)
	}
	again.must(t, pluginv1.Outcome_OUTCOME_COMPLETE)
	rows = append(rows, again.decode(t)...)
	same(t, newest(rows), w.truth())
	if len(rows) > 170 { // the sweep after each of two interruptions repeats a page
		t.Errorf("%d rows of 150 came: what was delivered came again", len(rows))
	}
	const survey, walk = 2, 16
	if made := w.requests() - before; made >= 2*survey+walk {
		t.Errorf("%d requests to go on", made)
	}
	if again.result.GetProof().GetResumedPages() == 0 || again.result.GetProof().GetRows() != 150 {
		t.Errorf("the proof is %v", again.result.GetProof())
	}
	for _, one := range append(cut.marks, again.marks...) {
		if containsAny(string(one.token), w.Key(), hex.EncodeToString([]byte(w.Key()))) {
			t.Errorf("the checkpoint %s holds the key", one.token)
		}
	}
}

func firstMark(t *testing.T, instance Instance, request *pluginv1.ReadRequest) []byte {
	t.Helper()
	r := readUntil(t, instance, request, func(r *reading) bool { return len(r.marks) > 0 })
	if len(r.marks) == 0 {
		t.Fatalf("no checkpoint came: %v, %v", r.result, r.err)
	}
	return r.marks[0].token
}

func startsOver(t *testing.T, instance Instance, w *team, request *pluginv1.ReadRequest) {
	t.Helper()
	r := readAll(t, instance, request)
	r.must(t, pluginv1.Outcome_OUTCOME_COMPLETE)
	same(t, newest(r.decode(t)), w.truth())
	if !noticed(r) {
		t.Errorf("nothing says that the checkpoint was of no use: %v", r.events)
	}
}

func noticed(r *reading) bool {
	return slices.ContainsFunc(r.events, func(e *pluginv1.Event) bool { return e.GetNotice() != nil })
}
