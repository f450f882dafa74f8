package lemlist

import (
	"bytes"
	"encoding/json"

	"github.com/lemexport/lemexport/exporter"
)

// Kept returns what a journal holds, as far as this version understands it.
func Kept(journal exporter.Journal) (exporter.Kept, error) {
	var kept exporter.Kept
	for entry, err := range journal.Entries() {
		if err != nil {
			return exporter.Kept{}, err
		}
		text, _, _ := bytes.Cut(entry, []byte{'\n'})
		var head entryHead
		if err := json.Unmarshal(text, &head); err != nil {
			break // the end of what is understood
		}
		if head.Kind == entryTakeover {
			continue // it holds nothing that the API said
		}
		if kept.Entries++; kept.Entries == 1 || head.Sent.Before(kept.From) {
			kept.From = head.Sent
		}
		if head.Kind == entryPage {
			kept.Pages++
		}
		kept.Until = later(later(kept.Until, head.Sent), head.Arrived)
	}
	return kept, nil
}
