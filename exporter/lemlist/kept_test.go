package lemlist

import (
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/client"
)

// Age is that of the oldest answer of any kind, wherever it stands; a takeover is none.
func TestKeptKnowsTheOldestAndTheNewestAnswer(t *testing.T) {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	page := func(sent, arrived time.Duration) entryHead {
		return entryHead{Kind: entryPage, Sent: noon.Add(sent), Arrived: noon.Add(arrived)}
	}
	for name, test := range map[string]struct {
		entries        []entryHead
		pages, all     int64
		oldest, newest time.Duration
	}{
		"pages in order":                   {[]entryHead{page(0, time.Second), page(time.Minute, time.Hour)}, 2, 2, 0, time.Hour},
		"a clock that was set back":        {[]entryHead{page(0, 5*time.Hour), page(-time.Hour, -time.Minute)}, 2, 2, -time.Hour, 5 * time.Hour},
		"an answer that came before it":    {[]entryHead{page(time.Hour, 0)}, 1, 1, time.Hour, time.Hour},
		"a takeover has no time":           {[]entryHead{page(0, time.Second), {Kind: entryTakeover}}, 1, 1, 0, time.Second},
		"a refusal is as old as any":       {[]entryHead{{Kind: entryRefused, Sent: noon.Add(-time.Hour), Arrived: noon}, page(0, time.Second)}, 1, 2, -time.Hour, time.Second},
		"a user who was skipped, no pages": {[]entryHead{{Kind: entrySkipped, Sent: noon, Arrived: noon}}, 0, 1, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var journal notebook
			for _, head := range test.entries {
				entry, err := new(journalWriter).entry(head, client.Body{})
				if err != nil {
					t.Fatal(err)
				}
				if err := journal.Append(entry); err != nil {
					t.Fatal(err)
				}
			}
			kept, err := Kept(&journal)
			if err != nil || kept.Pages != test.pages || kept.Entries != test.all || !kept.From.Equal(noon.Add(test.oldest)) || !kept.Until.Equal(noon.Add(test.newest)) {
				t.Errorf("%+v, %v", kept, err)
			}
		})
	}
}
