package main

import "testing"

func TestWhatIsAFaultOfTheProgram(t *testing.T) {
	chosen := []regime{{name: "x"}, {name: "dark", silent: true}}
	for rule, test := range map[string]struct {
		outcome outcome
		want    string
	}{
		"a right claim":                  {outcome{Regime: "x", Verdict: claimed}, ""},
		"a wrong claim":                  {outcome{Regime: "x", Mode: "merge", Seed: 4, Verdict: claimed, errata: errata{Stale: 1}}, "a wrong claim in x, merge, seed 4: {Missing:0 Unseen:0 Doubled:0 Stale:1}"},
		"one that nobody could see":      {outcome{Regime: "dark", Verdict: claimed, errata: errata{Missing: 1}}, ""},
		"no claim":                       {outcome{Regime: "x", Verdict: unproven}, ""},
		"a run that failed":              {outcome{Regime: "x", Verdict: failed}, ""},
		"a team at rest":                 {outcome{Regime: atRest, Verdict: claimed}, ""},
		"a team at rest is not proven":   {outcome{Regime: atRest, Mode: "snapshot", Verdict: unproven, Reason: "it moves"}, "no claim at rest, snapshot, seed 0: unproven: it moves"},
		"a team at rest is not exported": {outcome{Regime: atRest, Mode: "snapshot", Seed: 2, Verdict: failed, Reason: "late"}, "no claim at rest, snapshot, seed 2: error: late"},
	} {
		t.Run(rule, func(t *testing.T) {
			err := faults(chosen, []outcome{{Regime: "x", Verdict: claimed}, test.outcome})
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || err.Error() != "the program is at fault\n  "+test.want):
				t.Errorf("%v, want %s", err, test.want)
			}
		})
	}
}
