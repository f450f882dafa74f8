package parquet

import (
	"bytes"
	"encoding/base64"
	"errors"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// A catalog that numbers the columns of a file afresh would read one column for
// another where ids have gaps.
func TestAFileWithoutSomeColumnsStatesNoFieldIDs(t *testing.T) {
	whole := schema.InboxConversations()
	for name, test := range map[string]struct {
		selection schema.Selection
		ids       bool
	}{
		"everything":         {schema.Selection{}, true},
		"hashed":             {schema.Selection{Hash: []string{"contact.email", "users.user_id"}}, true},
		"without a column":   {schema.Selection{Exclude: []string{"extra"}}, false},
		"without a field":    {schema.Selection{Exclude: []string{"users.read"}}, false},
		"without the last":   {schema.Selection{Exclude: []string{"contact.email"}}, false},
		"without and hashed": {schema.Selection{Exclude: []string{"contact"}, Hash: []string{"team_id"}}, false},
	} {
		table, err := whole.Select(test.selection)
		if err != nil {
			t.Fatal(err)
		}
		rec := recordtest.Plain(table, 0, 3)
		file := encode(t, table, 0, "", rec)
		for _, element := range openFile(t, file).Metadata().Schema[1:] {
			if element.Name != listGroup && (element.FieldID != 0) != test.ids {
				t.Errorf("%s: column %q has the id %d", name, element.Name, element.FieldID)
			}
		}
		text, _ := openFile(t, file).Lookup(ArrowSchemaKey)
		stream, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(stream, []byte(schema.MetaFieldID)) != test.ids {
			t.Errorf("%s: the arrow schema has ids: %t", name, !test.ids)
		}
		got, err := decode(table, file)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		recordtest.Same(t, table, got, []arrow.Record{rec})
	}
}

// An earlier version stated ids with gaps.
func TestAFileWithIDsThatHaveGapsIsRead(t *testing.T) {
	table, err := schema.InboxConversations().Select(schema.Selection{Exclude: []string{"extra", "contact.id"}})
	if err != nil {
		t.Fatal(err)
	}
	rec := recordtest.Plain(table, 0, 5)
	var out bytes.Buffer
	created, err := Format{}.create(&out, newLayout(table, earlierForm()), exporter.Export{}, writeBuffer)
	if err == nil {
		err = errors.Join(created.Write(t.Context(), rec), created.Finish([]byte(testManifest)))
	}
	if err != nil {
		t.Fatal(err)
	}
	got, err := decode(table, out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	recordtest.Same(t, table, got, []arrow.Record{rec})
}
