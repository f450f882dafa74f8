package report_test

import (
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/report"
	"github.com/lemexport/lemexport/schema"
)

func TestNamesOfUsersAreShownOnlyOnRequest(t *testing.T) {
	export := someExport(t, schema.InboxConversations(), rows())
	export.Names = map[string]string{"usr_anna": "Anna Arendt", "usr_bo": "Bo", "usr_gone": "Bo"}
	if page := write(t, export, report.Options{}); strings.Contains(page, "Arendt") || strings.Contains(page, "usr_anna") {
		t.Error("the page shows who the users are")
	}
	page := write(t, export, report.Options{Personal: true})
	for _, want := range []string{">Anna Arendt<", "Bo (usr_bo)", "Bo (usr_gone)"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	if strings.Contains(page, "usr_anna") {
		t.Error("the page shows an id where a name is known")
	}
}

func TestTheListOfATeamIsLabelled(t *testing.T) {
	export := someExport(t, schema.InboxConversations(), rows())
	export.Manifest.Proof.Partitions = []exporter.PartitionProof{{Pages: 1, Complete: true}}
	if page := write(t, export, report.Options{}); !strings.Contains(page, `<td class="who">the team</td>`) {
		t.Error("the one list of a table of the team has no label")
	}
}
