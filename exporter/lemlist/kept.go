package lemlist

import (
	"bytes"
	"encoding/json"

	"github.com/lemexport/lemexport/exporter"
)

// Kept tells what a walk has left in its journal: as much of it as this version
// understands.
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
		if head.Kind != entryPage {
			continue
		}
		if kept.Pages++; kept.Pages == 1 {
			kept.From = head.Sent
		}
		if head.Arrived.After(kept.Until) {
			kept.Until = head.Arrived
		}
	}
	return kept, nil
}
