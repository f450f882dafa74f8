package report_test

import (
	"bytes"
	"errors"
	"flag"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/report"
	"github.com/lemexport/lemexport/schema"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); run with -update and read the diff:\n%s", file, diff)
	}
}

func TestPage(t *testing.T) {
	export := someExport(t, schema.InboxConversations(), rows())
	page := write(t, export, report.Options{})
	golden(t, "page.html", page)
	if again := write(t, export, report.Options{}); again != page {
		t.Error("the same export gives two pages")
	}
}

// allowed are the elements of a page: nothing that runs, loads or sends.
const allowed = "html head meta link title style body header main footer section div span p b i small code br h1 h2 ul li table tbody tr th td svg g rect line path text details summary pre"

// A text of the API stays text, wherever the page puts it.
func TestHostileNames(t *testing.T) {
	export := someExport(t, schema.InboxConversations(), rows())
	for _, text := range []*string{
		&export.Pattern, &export.Manifest.Source.TeamID, &export.Manifest.RunID, &export.Manifest.Tool.Version, &export.Manifest.Proof.Method,
		&export.Manifest.Table,
	} {
		*text = hostile
	}
	export.Manifest.Proof.Skipped = []exporter.SkippedPartition{{Partition: hostile, Reason: hostile}}
	for _, complete := range []bool{true, false} {
		export.Manifest.Proof.Complete = complete
		export.Manifest.Proof.Reasons = []string{hostile}
		page := write(t, export, report.Options{Personal: true})
		elements, texts := parse(t, page)
		for name := range elements {
			if !strings.Contains(" "+allowed+" ", " "+name+" ") {
				t.Errorf("the page holds an element %s", name)
			}
		}
		if !strings.Contains(texts, hostile) {
			t.Error("the page does not show the text")
		}
	}
}

// parse reads a page as a browser does: its elements, and all of its text.
func parse(t *testing.T, page string) (elements map[string]bool, texts string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	elements = map[string]bool{}
	var all strings.Builder
	for node := range root.Descendants() {
		switch node.Type {
		case html.ElementNode:
			elements[node.Data] = true
			for _, attr := range node.Attr {
				if strings.HasPrefix(attr.Key, "on") || attr.Key == "src" || attr.Key == "href" && attr.Val != "data:," {
					t.Errorf("%s has %s=%q", node.Data, attr.Key, attr.Val)
				}
			}
		case html.TextNode:
			all.WriteString(node.Data)
		default:
		}
	}
	return elements, all.String()
}

func TestNoPersonalData(t *testing.T) {
	export := someExport(t, schema.InboxConversations(), rows())
	export.Manifest.Proof.Reasons = []string{"The list of usr_anna moved, and that of usr_annabel."}
	export.Manifest.Proof.Complete = false
	export.Manifest.Proof.Skipped = []exporter.SkippedPartition{{Partition: "usr_annabel", Reason: "usr_annabel is not in the team"}}
	page := write(t, export, report.Options{})
	said := page
	for _, column := range schema.InboxConversations().Columns {
		said = strings.ReplaceAll(said, column.Description, "")
	}
	if found := regexp.MustCompile(`(?i)secret|\bada\b|usr_|ibx_|ctc_|opp_`).FindString(said); found != "" {
		t.Errorf("the page holds %q", found)
	}
	for _, want := range []string{"The list of User 1 moved, and that of User 4.", "User 4: User 4 is not in the team"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	page = write(t, export, report.Options{Personal: true})
	if !strings.Contains(page, "usr_anna") || strings.Contains(page, "SECRET") {
		t.Error("with -personal the page shows ids of users, and nothing else")
	}
}

func TestEmptyExport(t *testing.T) {
	golden(t, "empty.html", write(t, someExport(t, schema.InboxConversations(), nil), report.Options{}))
}

func TestNothingIsWrittenOfADamagedFile(t *testing.T) {
	broken := errors.New("page 7 is damaged")
	for name, records := range map[string]iter.Seq2[arrow.Record, error]{
		"rows are missing":    func(func(arrow.Record, error) bool) {},
		"a row is unreadable": func(yield func(arrow.Record, error) bool) { yield(nil, broken) },
	} {
		export := someExport(t, schema.InboxConversations(), rows())
		export.Records = records
		var page bytes.Buffer
		if err := report.Write(t.Context(), &page, export, report.Options{}); err == nil || page.Len() > 0 {
			t.Errorf("%s: error %v after %d bytes", name, err, page.Len())
		}
	}
}

// The rows hold what the API sent, and a name in it that the manifest hides could be the key.
func TestNamesThatTheManifestHidesAreHidden(t *testing.T) {
	rows := []string{`{"_id":"ibx_1","lastActivityAt":"2026-02-28T10:00:00Z","score":12,"5b301A7ed0f4c2Q9":1}`}
	export := someExport(t, schema.InboxConversations(), rows)
	if shown := write(t, export, report.Options{}); !strings.Contains(shown, "5b301A7ed0f4c2Q9") {
		t.Error("a name that is not hidden is not shown")
	}
	export.Manifest.UnknownFields = []string{"(sensitive)", "score"}
	if shown := write(t, export, report.Options{}); strings.Contains(shown, "5b301A7ed0f4c2Q9") || !strings.Contains(shown, "(sensitive)") || !strings.Contains(shown, "score") {
		t.Error("a hidden name is shown, or another one is not")
	}
}
