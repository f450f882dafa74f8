package report_test

import (
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

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

// usersOf returns an export of users as rows of the table that conversations refer to.
func usersOf(t *testing.T, selection schema.Selection, rows ...[2]string) (*schema.Table, iter.Seq2[arrow.Record, error]) {
	t.Helper()
	whole := report.UsersTable(schema.InboxConversations())
	if whole == nil {
		t.Fatal("conversations refer to no table of users")
	}
	builder := array.NewRecordBuilder(memory.DefaultAllocator, whole.Arrow())
	defer builder.Release()
	for _, row := range rows {
		for i, column := range whole.Columns {
			switch to := builder.Field(i).(type) {
			case *array.StringBuilder:
				value := map[schema.Role]string{schema.RoleKey: row[0], schema.RoleDisplayName: row[1]}[column.Role]
				if value == "" {
					to.AppendNull()
				} else {
					to.Append(value)
				}
			case *array.TimestampBuilder:
				to.Append(0)
			default:
				t.Fatalf("column %s: unexpected %T", column.Name, to)
			}
		}
	}
	rec := builder.NewRecord()
	t.Cleanup(rec.Release)
	table, err := whole.Select(selection)
	if err != nil {
		t.Fatal(err)
	}
	mask, err := schema.NewMask(whole, selection, []byte("a key of more than sixteen bytes"))
	if err != nil {
		t.Fatal(err)
	}
	masked, err := mask.Apply(rec)
	if err != nil {
		t.Fatal(err)
	}
	return table, func(yield func(arrow.Record, error) bool) { yield(masked, nil) }
}

func TestNamesAreReadFromAnExportOfTheUsers(t *testing.T) {
	export := someExport(t, schema.InboxConversations(), rows())
	table, records := usersOf(t, schema.Selection{}, [2]string{"usr_anna", hostile}, [2]string{"usr_bo", ""}, [2]string{"usr_new", "Nobody yet"})
	var err error
	if export.Names, err = report.ReadNames(t.Context(), table, records); err != nil {
		t.Fatal(err)
	}
	_, texts := parse(t, write(t, export, report.Options{Personal: true}))
	for want, shown := range map[string]bool{hostile: true, "usr_anna": false, "usr_bo": true, "Nobody yet": false} {
		if strings.Contains(texts, want) != shown {
			t.Errorf("%q is shown: %v, want %v", want, !shown, shown)
		}
	}
}

func TestNamesThatCannotBeReadAreExplainedOnThePage(t *testing.T) {
	name := ""
	if column, _, ok := report.UsersTable(schema.InboxConversations()).ByRole(schema.RoleDisplayName); ok {
		name = column.Name
	}
	for want, read := range map[string]func() error{
		"the export leaves them out": func() error {
			table, records := usersOf(t, schema.Selection{Exclude: []string{name}}, [2]string{"usr_anna", "Anna"})
			_, err := report.ReadNames(t.Context(), table, records)
			return err
		},
		"the column " + name + " is hashed": func() error {
			table, records := usersOf(t, schema.Selection{Hash: []string{name}}, [2]string{"usr_anna", "Anna"})
			_, err := report.ReadNames(t.Context(), table, records)
			return err
		},
		"<b>damaged</b> in two lines": func() error {
			table, _ := usersOf(t, schema.Selection{})
			_, err := report.ReadNames(t.Context(), table, func(yield func(arrow.Record, error) bool) {
				yield(nil, errors.New("<b>damaged</b>\nin two lines"))
			})
			return err
		},
	} {
		export := someExport(t, schema.InboxConversations(), rows())
		export.NamesError = read()
		_, texts := parse(t, write(t, export, report.Options{Personal: true}))
		if !strings.Contains(texts, "Names of users are not shown: "+want+".") || !strings.Contains(texts, "usr_anna") {
			t.Errorf("the page does not say %q and show ids", want)
		}
		if strings.Contains(write(t, export, report.Options{}), "not shown: ") {
			t.Error("without -personal the page explains missing names")
		}
	}
}

func TestHashedIdsHaveNoNames(t *testing.T) {
	table, err := schema.InboxConversations().Select(schema.Selection{Hash: []string{schema.InboxConversations().NameOf(schema.RoleUserID)}})
	if err != nil {
		t.Fatal(err)
	}
	if users := report.UsersTable(table); users != nil {
		t.Errorf("hashed ids refer to %s", users.Name)
	}
}
