package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/parquet"
	"github.com/lemexport/lemexport/schema"
)

// usersFile writes an export of the users with these names.
func usersFile(t *testing.T, file string, names map[string]string) {
	t.Helper()
	table := schema.TeamUsers()
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer builder.Release()
	for id, name := range names {
		for i, column := range table.Columns {
			switch column.Role {
			case schema.RoleKey:
				builder.Field(i).(*array.StringBuilder).Append(id)
			case schema.RoleDisplayName:
				builder.Field(i).(*array.StringBuilder).Append(name)
			case schema.RoleFetched:
				builder.Field(i).(*array.TimestampBuilder).Append(0)
			default:
				builder.Field(i).AppendNull()
			}
		}
	}
	rec := builder.NewRecord()
	defer rec.Release()
	var out bytes.Buffer
	sink, err := parquet.Format{}.Create(&out, table, exporter.Export{})
	if err != nil {
		t.Fatal(err)
	}
	if err := sink.Write(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	manifest, err := json.Marshal(exporter.Manifest{
		Version: exporter.ManifestVersion, Table: table.Name, SchemaVersion: table.Version, Rows: rec.NumRows(),
		Window: exporter.Window{StartedAt: time.Unix(0, 0).UTC(), FinishedAt: time.Unix(0, 0).UTC()},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := sink.Finish(manifest); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAReportShowsTheNamesOfAnExportOfUsersBesideIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), "lemexport", args...)
		command.Dir = dir
		var stderr bytes.Buffer
		command.Stderr = &stderr
		out, err := command.Output()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, stderr.String())
		}
		return string(out)
	}
	config := `source "lemlist" {
  simulate { conversations = 100 }
}
export "inbox_conversations" {
  destination = "./out"
}
`
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	run("apply", "-auto-approve")
	anyID := regexp.MustCompile(`usr_[0-9A-Za-z]+`)
	id := anyID.FindString(run("report", "-personal", "-output=-", "out"))
	if id == "" {
		t.Fatal("the report shows no user")
	}
	users := filepath.Join(dir, "out", schema.TeamUsers().Name+".parquet")
	usersFile(t, users, map[string]string{id: "Anna <b>Arendt</b>", "usr_other": "Bo"})
	for _, location := range []string{"out", "out/inbox_conversations.parquet"} {
		page := run("report", "-personal", "-output=-", location)
		if !strings.Contains(page, "Anna &lt;b&gt;Arendt&lt;/b&gt;") || strings.Contains(page, id) || !anyID.MatchString(page) {
			t.Errorf("%s: the report does not show one user by name and the others by id", location)
		}
	}
	if page := run("report", "-output=-", "out"); strings.Contains(page, "Arendt") || anyID.MatchString(page) {
		t.Error("without -personal the report shows who the users are")
	}
	if err := os.WriteFile(users, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if page := run("report", "-personal", "-output=-", "out"); !strings.Contains(page, "Names of users are not shown: ") || !strings.Contains(page, id) {
		t.Error("the report does not explain that the export of users is damaged")
	}
}
