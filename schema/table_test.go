package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/google/go-cmp/cmp"
)

// every calls visit for each column, nested ones included.
func every(columns []Column, visit func(Column)) {
	for _, column := range columns {
		visit(column)
		if column.Elem != nil {
			every([]Column{*column.Elem}, visit)
		}
		every(column.Fields, visit)
	}
}

func TestFieldIDsAreThoseIcebergGivesAFreshSchema(t *testing.T) {
	var got []string
	every(InboxConversations().Columns, func(column Column) {
		got = append(got, fmt.Sprintf("%d %s=%s", column.ID, column.Name, column.Path))
	})
	want := []string{
		"1 id=_id", "2 team_id=teamId", "3 contact_id=contactId", "4 created_by=createdBy",
		"5 created_at=createdAt", "6 last_activity_at=lastActivityAt", "7 have_replies=haveReplies",
		"8 last_replied_at=lastRepliedAt", "9 last_replied_channel=lastRepliedChannel", "10 is_your_turn=isYourTurn",
		"11 last_sent_at=lastSentAt", "12 last_sent_subject=lastSentSubject",
		"13 last_sent_message_preview=lastSentMessagePreview", "14 last_replied_subject=lastRepliedSubject",
		"15 last_replied_message_preview=lastRepliedMessagePreview",
		"16 channels=channels", "22 element=channels[]",
		"17 users=users", "23 element=users[]", "24 user_id=users[].userId", "25 sender=users[].sender", "26 read=users[].read",
		"18 opportunities=opportunities", "27 element=opportunities[]", "28 id=opportunities[].id",
		"29 type=opportunities[].type", "30 done=opportunities[].done",
		"19 contact=contact", "31 id=contact._id", "32 full_name=contact.fullName", "33 email=contact.email",
		"20 extra=", "21 fetched_at=",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What the decoder and the encoders rely on.
func TestTablesAreWellFormed(t *testing.T) {
	for _, table := range Tables() {
		if found, ok := Lookup(table.Name); !ok || found != table {
			t.Errorf("Lookup(%q) finds another table", table.Name)
		}
		every(table.Columns, func(column Column) {
			if (column.Type == List) != (column.Elem != nil) || (column.Type == Struct) != (len(column.Fields) > 0) {
				t.Errorf("%s: its parts do not belong to a %s", column.Name, column.Type)
			}
			if column.AbsentFalse && column.Type != Bool {
				t.Errorf("%s: only a boolean can be false when absent", column.Name)
			}
			if column.Type == JSON && column.Key != "" {
				t.Errorf("%s: a JSON column is derived", column.Name)
			}
			if column.Description == "" || strings.HasSuffix(column.Description, ".") || column.Provenance == "" {
				t.Errorf("%s: no description, or no provenance", column.Name)
			}
		})
		for _, column := range table.Columns {
			if found, _, ok := table.Column(column.Name); !ok || found.ID != column.ID {
				t.Errorf("Column(%q) finds another column", column.Name)
			}
			if column.Path == "" && column.Provenance != Derived {
				t.Errorf("%s: no path, and not derived", column.Name)
			}
		}
	}
	if _, ok := Lookup("inbox"); ok {
		t.Error("Lookup finds what is not there")
	}
	if _, i, ok := InboxConversations().Column("_id"); ok || i != -1 {
		t.Error("Column finds an API key")
	}
}

func TestArrowFieldsCarryTheirMetadata(t *testing.T) {
	table := InboxConversations()
	if err := metadataDiffers(table.Arrow().Fields(), table.Columns); err != "" {
		t.Error(err)
	}
	if first, second := table.Arrow(), table.Arrow(); first != second {
		t.Error("another schema object every time")
	}
}

func metadataDiffers(fields []arrow.Field, columns []Column) string {
	for i, column := range columns {
		field := fields[i]
		want := map[string]string{
			MetaFieldID: strconv.Itoa(column.ID), MetaPath: column.Path, MetaDescription: column.Description,
			MetaProvenance: string(column.Provenance), MetaPersonal: strconv.FormatBool(column.Personal),
		}
		if diff := cmp.Diff(want, field.Metadata.ToMap()); diff != "" || field.Name != column.Name || field.Nullable == column.Required {
			return field.Name + ": " + diff
		}
		switch dataType := field.Type.(type) {
		case *arrow.ListType:
			if err := metadataDiffers([]arrow.Field{dataType.ElemField()}, []Column{*column.Elem}); err != "" {
				return err
			}
		case *arrow.StructType:
			if err := metadataDiffers(dataType.Fields(), column.Fields); err != "" {
				return err
			}
		}
	}
	return ""
}

func TestFingerprint(t *testing.T) {
	golden(t, "fingerprint.golden", []byte(InboxConversations().Fingerprint()+"\n"))

	fingerprint := func(change func(*Table)) string {
		table := newInboxConversations()
		change(table)
		return table.Fingerprint()
	}
	same := fingerprint(func(*Table) {})
	for name, change := range map[string]func(*Table){
		"a name":        func(t *Table) { t.Columns[3].Name = "creator" },
		"a nested name": func(t *Table) { t.Columns[16].Elem.Fields[0].Name = "user" },
		"a type":        func(t *Table) { t.Columns[3].Type = JSON },
		"nullability":   func(t *Table) { t.Columns[3].Required = true },
		"a field id":    func(t *Table) { t.Columns[18].Fields[2].ID = 40 },
		"the order":     func(t *Table) { t.Columns[3], t.Columns[4] = t.Columns[4], t.Columns[3] },
		"the version":   func(t *Table) { t.Version++ },
	} {
		if fingerprint(change) == same {
			t.Errorf("%s does not count", name)
		}
	}
	if fingerprint(func(t *Table) { t.Columns[3].Description = "Another sentence" }) != same {
		t.Error("descriptions count")
	}
}

func TestTableAsJSON(t *testing.T) {
	text, err := InboxConversations().JSON()
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(text) || bytes.Contains(text, []byte(`\u00`)) {
		t.Error("not JSON, or needlessly escaped")
	}
	golden(t, "inbox_conversations.json", text)
}

func TestTableAsDDL(t *testing.T) {
	golden(t, "inbox_conversations.sql", []byte(InboxConversations().DDL()))

	odd := Table{Name: `a"b`, Columns: []Column{{Name: "select", Type: Bool, Description: "it's"}}}
	want := `CREATE TABLE "a""b" (
    "select" BOOLEAN
);
COMMENT ON TABLE "a""b" IS '';
COMMENT ON COLUMN "a""b"."select" IS 'it''s';
`
	if diff := cmp.Diff(want, odd.DDL()); diff != "" {
		t.Error(diff)
	}
}

func TestTableAsDBT(t *testing.T) {
	golden(t, "inbox_conversations.dbt.yml", []byte(InboxConversations().DBT()))
}

func TestTableAsArrowIPC(t *testing.T) {
	stream, err := InboxConversations().ArrowIPC()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "inbox_conversations.arrows", stream)
	reader, err := ipc.NewReader(bytes.NewReader(stream))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Release()
	want := InboxConversations().Arrow()
	if got := reader.Schema(); !got.Equal(want) || !got.Metadata().Equal(want.Metadata()) {
		t.Errorf("another schema comes back:\n%s", got)
	}
	if err := metadataDiffers(reader.Schema().Fields(), InboxConversations().Columns); err != "" {
		t.Error(err)
	}
	if reader.Next() {
		t.Error("there are batches")
	}
}
