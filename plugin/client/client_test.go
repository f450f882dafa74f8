package client

import (
	"bytes"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/ipc"
	gocmp "github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/plugin/convert"
	"github.com/lemexport/lemexport/schema"
)

func TestTablesCrossAsTheyAre(t *testing.T) {
	table := schema.InboxConversations()
	got := toTableInfo(convert.FromTable(table))
	want := TableInfo{
		Name: "inbox_conversations", Description: table.Description, SchemaVersion: table.Version, SchemaFingerprint: table.Fingerprint(),
		PrimaryKey: []string{"id"}, VersionColumn: "last_activity_at", Modes: []string{"snapshot", "merge", "append"}, PartitionBy: "user",
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestASchemaThatIsCutShortIsAnError(t *testing.T) {
	want := schema.InboxConversations().Arrow()
	var body bytes.Buffer
	if err := ipc.NewWriter(&body, ipc.WithSchema(want)).Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := readSchema(body.Bytes()); err != nil || !got.Equal(want) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := readSchema(body.Bytes()[:body.Len()/2]); err == nil {
		t.Errorf("half a schema is read as %v", got)
	}
}
