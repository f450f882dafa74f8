package duckdbtest

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// shared is a folder that all tests use. TestMain creates and removes it.
var shared string

// program builds lemexport once, without cgo, as users get it.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(shared, "lemexport")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Dir = filepath.Join("..", "..", "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w: %s", err, output)
	}
	return path, nil
})

// quickstart runs the README's first command once and returns its working directory.
var quickstart = sync.OnceValues(func() (string, error) {
	binary, err := program()
	if err != nil {
		return "", err
	}
	example, err := filepath.Abs(filepath.Join("..", "..", "..", "examples", "quickstart"))
	if err != nil {
		return "", err
	}
	run := exec.Command(binary, "apply", "-auto-approve", example)
	run.Dir = shared
	if output, err := run.CombinedOutput(); err != nil {
		return "", fmt.Errorf("apply: %w: %s", err, output)
	}
	return shared, nil
})

func TestMain(m *testing.M) {
	var err error
	if shared, err = os.MkdirTemp("", "lemexport-"); err != nil {
		panic(err)
	}
	status := m.Run()
	_ = os.RemoveAll(shared)
	os.Exit(status)
}

// export runs the program against a simulated team and returns the file.
func export(t *testing.T, options sim.Options) (path string, team *sim.Server) {
	t.Helper()
	return exportWith(t, options, "")
}

// exportWith does the same with more blocks in the export.
func exportWith(t *testing.T, options sim.Options, blocks string) (path string, team *sim.Server) {
	t.Helper()
	folder, team := exportTables(t, options, blocks, "inbox_conversations")
	return filepath.Join(folder, snapshotFile), team
}

// exportTables runs the program against a simulated team and returns the folder with the
// files of the tables. Each export has the same blocks.
func exportTables(t *testing.T, options sim.Options, blocks string, tables ...string) (folder string, team *sim.Server) {
	t.Helper()
	binary, err := program()
	if err != nil {
		t.Fatal(err)
	}
	team, err = sim.New(options)
	if err != nil {
		t.Fatal(err)
	}
	running, err := team.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = running.Close() }()
	dir := t.TempDir()
	config := fmt.Sprintf("source \"lemlist\" {\n  api_key  = env(\"KEY\")\n  endpoint = %q\n}\n", running.URL())
	for _, table := range tables {
		config += fmt.Sprintf("export %q {\n  destination = \"out\"\n%s\n}\n", table, blocks)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.Command(binary, "apply", "-auto-approve")
	run.Dir = dir
	run.Env = append(os.Environ(), "KEY="+team.Key(), "HASH_KEY="+hashKey, "XDG_CACHE_HOME="+t.TempDir())
	if output, err := run.CombinedOutput(); err != nil {
		t.Fatalf("apply: %v\n%s", err, output)
	}
	return filepath.Join(dir, "out"), team
}

// scalars are expressions that read columns from the JSON of the API.
var scalars = map[string]string{
	"id":                           "j->>'$._id'",
	"team_id":                      "j->>'$.teamId'",
	"contact_id":                   "j->>'$.contactId'",
	"created_by":                   "j->>'$.createdBy'",
	"created_at":                   "(j->>'$.createdAt')::TIMESTAMPTZ",
	"last_activity_at":             "(j->>'$.lastActivityAt')::TIMESTAMPTZ",
	"have_replies":                 "(j->>'$.haveReplies')::BOOLEAN",
	"last_replied_at":              "(j->>'$.lastRepliedAt')::TIMESTAMPTZ",
	"last_replied_channel":         "j->>'$.lastRepliedChannel'",
	"is_your_turn":                 "(j->>'$.isYourTurn')::BOOLEAN",
	"last_sent_at":                 "(j->>'$.lastSentAt')::TIMESTAMPTZ",
	"last_sent_subject":            "j->>'$.lastSentSubject'",
	"last_sent_message_preview":    "j->>'$.lastSentMessagePreview'",
	"last_replied_subject":         "j->>'$.lastRepliedSubject'",
	"last_replied_message_preview": "j->>'$.lastRepliedMessagePreview'",
	"channels":                     "(j->'$.channels')::VARCHAR[]",
	"contact.id":                   "j->>'$.contact._id'",
	"contact.full_name":            "j->>'$.contact.fullName'",
	"contact.email":                "j->>'$.contact.email'",
	"users":                        `list_transform(json_transform(j->'$.users', '[{"userId":"VARCHAR","sender":"BOOLEAN","read":"BOOLEAN"}]'), lambda u: {'user_id': u."userId", 'sender': u.sender, 'read': u."read"})`,
	"opportunities":                `list_transform(json_transform(j->'$.opportunities', '[{"id":"VARCHAR","type":"VARCHAR","done":"BOOLEAN"}]'), lambda o: {'id': o.id, 'type': o."type", 'done': coalesce(o.done, false)})`,
}

// DuckDB finds the same values in an export and in the JSON of the API: for a simulated
// team, and for the response in the API's documentation.
func TestAnExportCellByCell(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "get-many-inboxes.json"))
	if err != nil {
		t.Fatal(err)
	}
	documented, err := sim.PageRows(page)
	if err != nil {
		t.Fatal(err)
	}
	for name, options := range map[string]sim.Options{
		"a simulated team":        {Users: 3, Conversations: 600, Seed: 7, Gzip: true},
		"the documented response": {Rows: documented},
	} {
		t.Run(name, func(t *testing.T) {
			path, team := export(t, options)
			conversations := team.Conversations()
			var lines bytes.Buffer
			for _, conversation := range conversations {
				if err := json.Compact(&lines, conversation.Raw()); err != nil { // one line per conversation
					t.Fatal(err)
				}
				lines.WriteByte('\n')
			}
			raw := filepath.Join(t.TempDir(), "rows.ndjson")
			if err := os.WriteFile(raw, lines.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			db := openDuckDB(t)
			var exported, sent []string
			for column, expression := range scalars {
				exported = append(exported, column)
				sent = append(sent, expression)
			}
			ours := "SELECT " + strings.Join(exported, ", ") + " FROM " + from(path)
			theirs := "SELECT " + strings.Join(sent, ", ") + fmt.Sprintf(" FROM (SELECT json AS j FROM read_ndjson_objects('%s'))", raw)
			for _, difference := range []string{ours + " EXCEPT " + theirs, theirs + " EXCEPT " + ours} {
				if rows := query(t, db, difference); len(rows) > 0 {
					t.Errorf("%d rows differ, the first: %q", len(rows), rows[0])
				}
			}
			expect(t, db, fmt.Sprint(len(conversations)), "SELECT count(*) FROM "+from(path))
		})
	}
}

// TestCommittedExport checks the export that EXPORT names, or one that it makes.
func TestCommittedExport(t *testing.T) {
	path := os.Getenv("EXPORT")
	if path == "" {
		path, _ = export(t, sim.Options{Conversations: 300})
	}
	db := openDuckDB(t)
	text := one(t, db, fmt.Sprintf("SELECT decode(value) FROM parquet_kv_metadata('%s') WHERE decode(key) = 'lemexport.manifest'", path))
	var found struct {
		Rows      int64
		Simulated bool
		Proof     struct {
			Complete bool
			Users    []json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		t.Fatal(err)
	}
	if !found.Simulated || !found.Proof.Complete || found.Rows == 0 || len(found.Proof.Users) == 0 {
		t.Errorf("the manifest: %s", text)
	}
	expect(t, db, fmt.Sprint(found.Rows), "SELECT count(*) FROM "+from(path))
	expect(t, db, fmt.Sprint(found.Rows), "SELECT count(DISTINCT id) FROM "+from(path))
	expect(t, db, "0", "SELECT count(*) FROM (SELECT last_activity_at AS this, lag(last_activity_at) OVER (ORDER BY file_row_number) AS before FROM read_parquet('"+path+"', file_row_number=true)) WHERE this > before")
	expect(t, db, "0", "SELECT count(*) FROM "+from(path)+" WHERE last_activity_at < created_at OR fetched_at IS NULL")
	if got := one(t, db, "SELECT count(*) FROM (SELECT unnest(users) AS u FROM "+from(path)+") WHERE NOT u.read"); got == "0" {
		t.Error("no user has an unread conversation: the column users is empty")
	}
}

func expect(t *testing.T, db *sql.DB, want, text string) {
	t.Helper()
	if got := one(t, db, text); got != want {
		t.Errorf("%s gives %s, want %s", text, got, want)
	}
}
