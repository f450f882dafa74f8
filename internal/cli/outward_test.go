package cli

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/engine/teams"
)

// forged holds every mark, and characters that a font may draw as anything.
const forged = "a\U000F4C00b\U000F4C01c\U000F4C02d\U000F4C03e\U000F4C04f\U000F4C05g\ue000\U0010fffd"

// fill puts a text wherever a value has room for one, and a number elsewhere.
func fill(to reflect.Value, text string) {
	switch to.Kind() {
	case reflect.String:
		to.SetString(text)
	case reflect.Int, reflect.Int64:
		to.SetInt(3)
	case reflect.Float64:
		to.SetFloat(3)
	case reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		fill(to.Elem(), text)
	case reflect.Struct:
		for _, field := range to.Fields() {
			if field.CanSet() {
				fill(field, text)
			}
		}
	case reflect.Slice:
		to.Set(reflect.MakeSlice(to.Type(), 2, 2))
		fill(to.Index(0), text)
		fill(to.Index(1), text)
	case reflect.Map:
		to.Set(reflect.MakeMap(to.Type()))
		key, value := reflect.New(to.Type().Key()).Elem(), reflect.New(to.Type().Elem()).Elem()
		fill(key, text)
		fill(value, text)
		to.SetMapIndex(key, value)
	default:
	}
}

// onColours is what a view shows on a terminal with colours.
func onColours(show func(*humanView)) string {
	var shown bytes.Buffer
	screen := &terminal{to: &shown, screen: func() (int, int, bool) { return 1000, 24, true }, colour: true}
	show(&humanView{out: screen, err: screen})
	return shown.String()
}

func TestNoTextFromOutsideIsTakenForAMark(t *testing.T) {
	shows := map[string]func(v *humanView, text string){
		"diagnostics": func(v *humanView, text string) {
			v.diagnostics(exporter.Diagnostics{{
				Summary: text, Detail: text, Address: text, Range: &exporter.Range{Filename: text},
				Snippet: &exporter.Snippet{Code: "a = \"" + text + "\" # b", HighlightStart: 4, HighlightEnd: 6 + len(text)},
			}})
		},
		"plan":         func(v *humanView, text string) { v.plan(filled[engine.Plan](text)) },
		"proposal":     func(v *humanView, text string) { v.proposal(filled[engine.Plan](text)) },
		"declined":     func(v *humanView, text string) { v.declined(text) },
		"summary":      func(v *humanView, text string) { v.summary(filled[engine.Summary](text)) },
		"delivered":    func(v *humanView, text string) { v.delivered(filled[engine.ReadSummary](text)) },
		"verification": func(v *humanView, text string) { v.verification(filled[engine.Verification](text)) },
		"shown":        func(v *humanView, text string) { v.shown(filled[engine.Shown](text)) },
		"pruning":      func(v *humanView, text string) { v.pruning(new(filled[engine.Pruning](text))) },
		"pruned":       nil, // a number
		"reported":     func(v *humanView, text string) { v.reported(text, 1) },
		"verified":     func(v *humanView, text string) { v.verified(filled[verifiedTotal](text)) },
		"formatted":    func(v *humanView, text string) { v.formatted(text, "") },
		"planSaved":    func(v *humanView, text string) { v.planSaved(text) },
		"diff":         func(v *humanView, text string) { v.formatted("main.hcl", text) },
		"initialized":  func(v *humanView, text string) { v.initialized(text, initArguments{path: text}) },
		"interrupted":  func(v *humanView, text string) { v.interrupted(&interruptedError{consequence: text}) },
		"kept":         func(v *humanView, text string) { v.kept(filled[keptPages](text)) },
		"listening":    nil, // all of it is from this program
		"of":           func(v *humanView, text string) { v.of(text).diagnostics(exporter.Diagnostics{{Summary: "bad"}}) },
		"teams":        nil, // see TestNoTextOfATeamIsTakenForAMark
		"traffic":      nil,
	}
	kind := reflect.TypeFor[view]()
	for method := range kind.Methods() {
		name := method.Name
		show, known := shows[name]
		if !known && method.Type.NumIn() > 0 {
			t.Errorf("%s is not tried", name)
		}
		if show != nil {
			sameEscapes(t, name, func(text string) string { return onColours(func(v *humanView) { show(v, text) }) })
		}
	}
}

func TestNoTextOfATeamIsTakenForAMark(t *testing.T) {
	shows := map[string]func(v *humanView, text string){
		"plans":    func(v *humanView, text string) { v.teams().plans(plansNamed(text)) },
		"proposal": func(v *humanView, text string) { v.teams().proposal(plansNamed(text)) },
		"summary": func(v *humanView, text string) {
			v.teams().summary(teamsEnd{results: []teams.Result{
				{Team: text, Outcome: teams.Done, Summary: filled[engine.Summary](text)},
				{Team: text, Outcome: teams.Failed, Err: errors.New(text)},
				{Team: text, Outcome: teams.Interrupted, Summary: filled[engine.Summary](text)},
			}})
		},
		"eventsOf": func(v *humanView, text string) {
			progress, _ := v.teams().eventsOf(2).progress()
			progress.event(day(1), teamEvent{team: text, event: exporter.PhaseStarted{Phase: exporter.PhaseWalk}})
			progress.event(day(1), teamEvent{team: text, event: exporter.UnknownField{Field: text}})
			progress.event(day(1), teamEvent{team: text, applying: &teams.Planned{Team: text, Plan: filled[engine.Plan](text)}})
			progress.tick(day(1))
			progress.event(day(1), teamEvent{team: text, ended: &teams.Result{Team: text, Outcome: teams.Failed, Err: errors.New(text)}})
			progress.tick(day(1))
		},
	}
	for method := range reflect.TypeFor[teamsView]().Methods() {
		show, known := shows[method.Name]
		if !known {
			t.Fatalf("%s is not tried", method.Name)
		}
		sameEscapes(t, method.Name, func(text string) string { return onColours(func(v *humanView) { show(v, text) }) })
	}
}

// plansNamed are the plans of several teams, with that text in every place.
func plansNamed(text string) teamPlans {
	return teamPlans{parallel: 1, plans: []teams.Planned{{Team: text, Plan: filled[engine.Plan](text)}, {Team: text, Err: errors.New(text)}}}
}

func filled[T any](text string) (value T) {
	fill(reflect.ValueOf(&value).Elem(), text)
	return value
}

func TestEventsHoldNoMark(t *testing.T) {
	for _, event := range []exporter.Event{
		&exporter.UnknownField{}, &exporter.PartitionSkipped{}, &exporter.RequestRetried{}, &exporter.NotResumable{}, &exporter.StartedOver{},
	} {
		shown := func(text string) string {
			return onColours(func(v *humanView) {
				value := reflect.New(reflect.TypeOf(event).Elem())
				fill(value.Elem(), text)
				progress, _ := v.progress()
				one, _ := reflect.TypeAssert[exporter.Event](value.Elem())
				progress.event(time.Time{}, one)
			})
		}
		sameEscapes(t, reflect.TypeOf(event).String(), shown)
	}
}

// sameEscapes compares what is shown of a forged text and of a harmless one.
func sameEscapes(t *testing.T, name string, shown func(text string) string) {
	t.Helper()
	got, want := shown(forged), shown("harmless")
	if strings.Count(got, "\x1b") != strings.Count(want, "\x1b") {
		t.Errorf("%s: %q", name, got)
	}
	if strings.Contains(want, "harmless") && !strings.Contains(got, `a\U000f4c00b\U000f4c01c\U000f4c02d\U000f4c03e\U000f4c04f\U000f4c05g\ue000\U0010fffd`) {
		t.Errorf("%s does not show the text: %q", name, got)
	}
	for _, char := range got {
		if exporter.Private(char) {
			t.Errorf("%s: %q holds %q", name, got, char)
		}
	}
}
