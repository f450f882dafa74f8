package schema

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
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
		roles := map[Role]int{}
		every(table.Columns, func(column Column) {
			roles[column.Role]++
			if column.Role != "" && roles[column.Role] > 1 {
				t.Errorf("%s: two columns with the role %s", table.Name, column.Role)
			}
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
		if roles[RoleKey] != 1 || roles[RoleFetched] != 1 || roles[RoleExtra] != 1 {
			t.Errorf("%s: a role is missing", table.Name)
		}
		if table.Request.Path == "" || table.Request.Envelope == "" {
			t.Errorf("%s: nothing says how its rows are asked for", table.Name)
		}
		for _, column := range table.Columns {
			if found, _, ok := table.Column(column.Name); !ok || found.ID != column.ID {
				t.Errorf("Column(%q) finds another column", column.Name)
			}
			if column.Path == "" && column.Provenance != Derived {
				t.Errorf("%s: no path, and not derived", column.Name)
			}
		}
	}
	for _, table := range Tables() {
		eachColumn(table.Columns, "", func(name string, column Column) {
			if _, ok := Lookup(column.References); !ok && column.References != "" {
				t.Errorf("%s: %s refers to the unknown table %q", table.Name, name, column.References)
			}
		})
	}
	if _, ok := Lookup("inbox"); ok {
		t.Error("Lookup finds what is not there")
	}
	if _, i, ok := InboxConversations().Column("_id"); ok || i != -1 {
		t.Error("Column finds an API key")
	}
}

func TestTheArrowSchemaIsMadeOnce(t *testing.T) {
	table := InboxConversations()
	if first, second := table.Arrow(), table.Arrow(); first != second {
		t.Error("Arrow returns another object every time")
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

// The Arrow schema is bound by its hash: a file that -update rewrites would not notice.
func TestTheConversationsStayAsTheyAre(t *testing.T) {
	table := InboxConversations()
	if got, want := table.Fingerprint(), "sha256:e9b078daaca64fe5e95513e5300df806a2e16bb331de2b9be6ec43d13ff4fadb"; got != want {
		t.Errorf("fingerprint %s, want %s", got, want)
	}
	stream, err := table.ArrowIPC()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprintf("%x", sha256.Sum256(stream)), "d2f9498c2ddb3a24a78b6e05b7b18802b7431bb3848004a1296c7b9538e5e7a1"; got != want {
		t.Errorf("SHA-256 %s of the Arrow schema, want %s", got, want)
	}
}

func TestFingerprint(t *testing.T) {
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

func TestTablesInEveryForm(t *testing.T) {
	for _, table := range Tables() {
		text, err := table.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(text) || bytes.Contains(text, []byte(`\u00`)) {
			t.Errorf("%s: invalid JSON, or unneeded escapes", table.Name)
		}
		golden(t, table.Name+".json", text)
		golden(t, table.Name+".sql", []byte(table.DDL()))
		golden(t, table.Name+".dbt.yml", []byte(table.DBT("out/"+table.Name+".parquet")))
		stream, err := table.ArrowIPC()
		if err != nil {
			t.Fatal(err)
		}
		golden(t, table.Name+".arrows", stream)
		if err := checkStream(stream, table); err != nil {
			t.Errorf("%s: %v", table.Name, err)
		}
	}
}

// checkStream reads the schema of a table back.
func checkStream(stream []byte, table *Table) error {
	reader, err := ipc.NewReader(bytes.NewReader(stream))
	if err != nil {
		return err
	}
	defer reader.Release()
	got, want := reader.Schema(), table.Arrow()
	if !got.Equal(want) || !got.Metadata().Equal(want.Metadata()) {
		return fmt.Errorf("the stream has another schema:\n%s", got)
	}
	if diff := metadataDiffers(got.Fields(), table.Columns); diff != "" {
		return errors.New(diff)
	}
	if reader.Next() {
		return errors.New("the stream has batches")
	}
	return nil
}

func TestDDLQuotes(t *testing.T) {
	odd := Table{Name: `a"b`, Columns: []Column{{Name: "select", Type: Bool, Description: "it's"}}}
	want := `CREATE TABLE IF NOT EXISTS "a""b" (
    "select" BOOLEAN
);
COMMENT ON TABLE "a""b" IS '';
COMMENT ON COLUMN "a""b"."select" IS 'it''s';
`
	if diff := cmp.Diff(want, odd.DDL()); diff != "" {
		t.Error(diff)
	}
}
