package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

const testHashKey = "X8KNggRwgLFkZW4tRVHi9RjSSbXg2760UVW77SqOp34="

// people is a team whose contacts have names and addresses that stand nowhere
// else, in every shape that puts a value of a column into `extra`.
func people(n int) (rows []json.RawMessage, secrets []string) {
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		name, email := fmt.Sprintf("Zelda Marker-%04d", i), fmt.Sprintf("zelda.m%04d@example.com", i)
		secrets = append(secrets, name, email)
		contact := fmt.Sprintf(`"contact":{"_id":"ctc_%d","fullName":%q,"email":%q}`, i, name, email)
		switch i % 12 {
		case 0:
			contact = fmt.Sprintf(`"contact":"%s <%s>"`, name, email)
		case 1:
			contact = fmt.Sprintf(`"contact":{"fullName":[%q],"email":{"address":%q}}`, name, email)
		case 2:
			contact = fmt.Sprintf(`"contact":{"fullName":%q,"fullName":null,"email":%q,"email":%q}`, name, email, email)
		case 3:
			contact = fmt.Sprintf(`"contact":{"fullName":"%s\ud83d","email":"%s\ud83d"}`, name, email)
		case 4:
			contact = fmt.Sprintf(`%s,%s`, contact, contact)
		case 5:
			contact = fmt.Sprintf(`"contact":[%q,{"$binary":%q}]`, name, email)
		case 6:
			contact = strings.Replace(contact, `"email"`, `"\u0065mail"`, 1)
		}
		at := base.Add(-time.Duration(i) * time.Minute).Format("2006-01-02T15:04:05.000Z")
		rows = append(rows, json.RawMessage(fmt.Sprintf(
			`{"_id":"ibx_%04d","teamId":"tea_1","createdAt":%q,"lastActivityAt":%q,"lastSentMessagePreview":"Hi %s",%s,"users":[{"userId":"usr_1"},{"userId":"usr_2"}],"score":%d}`, i, at, at, name, contact, i)))
	}
	return rows, secrets
}

// clearText finds the first of the secrets in a text, also as base64.
func clearText(text []byte, secrets []string) string {
	for _, secret := range secrets {
		if bytes.Contains(text, []byte(secret)) {
			return secret
		}
		whole := len(secret) / 3 * 3 // what its base64 shares with that of a longer text
		if whole >= 9 && bytes.Contains(text, base64.StdEncoding.AppendEncode(nil, []byte(secret[:whole]))) {
			return secret
		}
	}
	return ""
}

// clearFiles looks into every file below a folder, and returns how many bytes there are.
func clearFiles(t *testing.T, dir string, secrets []string) (size int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		body, err := os.ReadFile(path)
		size += len(body)
		if found := clearText(body, secrets); found != "" {
			t.Errorf("%s holds %q", path, found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return size
}

// clearOpen looks into every file that a process has open, those without a name too.
func clearOpen(t *testing.T, pid int, secrets []string) (size int) {
	t.Helper()
	open, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range open {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		body, err := os.ReadFile(path)
		if err != nil { // it was closed in between
			continue
		}
		size += len(body)
		if found := clearText(body, secrets); found != "" {
			target, _ := os.Readlink(path)
			t.Errorf("the open file %s holds %q", target, found)
		}
	}
	return size
}

const personalColumns = `
  columns {
    exclude  = ["last_sent_message_preview", "last_sent_subject", "last_replied_message_preview", "last_replied_subject"]
    hash     = ["contact.email", "contact.full_name"]
    hash_key = env("HASH_KEY")
  }
`

// personalConfig writes a configuration with a Parquet and an Arrow export, both without compression.
func personalConfig(t *testing.T, endpoint, columns string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	text := fmt.Sprintf("source \"lemlist\" {\n  api_key  = env(\"LEMLIST_API_KEY\")\n  endpoint = %q\n}\n", endpoint)
	for format, options := range map[string]string{
		"parquet": `parquet {
    compression  = "none"
    bloom_filter = ["id", "contact.email"]
  }`,
		"arrow": `arrow { compression = "none" }`,
	} {
		text += fmt.Sprintf("export \"inbox_conversations\" {\n  destination = \"out/%s\"\n  format = %q\n  %s\n%s}\n", format, format, options, columns)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A hashed export holds no clear name and no clear address: not in the file and
// its statistics, not in temporary rows, not in the journal, not in any output.
func TestAHashedExportHoldsNoClearNameOrAddress(t *testing.T) {
	t.Setenv("LEMLIST_API_KEY", testKey)
	t.Setenv("HASH_KEY", testHashKey)
	rows, secrets := people(400)
	api := newStoppingAPIOf(t, sim.Options{Rows: rows, UserIDs: []string{"usr_1", "usr_2"}}, 3+6)
	dir := personalConfig(t, api.url, personalColumns)

	// Stopped when all pages are read, before the sweeps: the team and the first page of
	// each user for the plan, three further pages of each.
	p := start(t, dir, "apply", "-auto-approve", "-log-level=debug")
	select {
	case <-api.held:
	case <-time.After(time.Minute):
		_ = p.Process.Kill()
		p.status(t)
		t.Fatalf("the walk does not come to its sweeps: %s", &p.err)
	}
	if clearOpen(t, p.Process.Pid, secrets) == 0 {
		t.Error("no temporary rows were looked at")
	}
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.status(t)
	output := append(p.out.Bytes(), p.err.Bytes()...)
	// Entries are compressed: what is not sealed shows by the form of its head and body.
	if clearFiles(t, filepath.Join(dir, ".lemexport"), append(secrets, `"kind"`, "usr_1", "\x28\xb5\x2f\xfd")) < 1000 {
		t.Error("no journal was looked at")
	}

	// Continued from the journal.
	api.left.Store(always)
	for _, args := range [][]string{
		{"plan", "-log-level=debug"}, {"apply", "-auto-approve", "-log-level=debug"},
		{"plan", "-json", "-log-level=debug"}, {"verify", "out/parquet"}, {"verify", "-json", "out/arrow"},
	} {
		p := start(t, dir, args...)
		if p.status(t) != 0 {
			t.Fatalf("%s: %s", args, &p.err)
		}
		output = append(append(output, p.out.Bytes()...), p.err.Bytes()...)
	}
	if !bytes.Contains(output, []byte("level=DEBUG")) || !bytes.Contains(output, []byte("Resumed")) && !bytes.Contains(output, []byte("resumed_pages")) {
		t.Errorf("the output does not show a continued run with its log:\n%s", output)
	}
	if found := clearText(output, secrets); found != "" {
		t.Errorf("the output holds %q", found)
	}
	if clearFiles(t, dir, secrets) < 100_000 {
		t.Error("no files were looked at")
	}
	checkStatistics(t, filepath.Join(dir, "out", "parquet", "inbox_conversations.parquet"), secrets)
}

// checkStatistics decodes what a reader sees of the values without reading them.
func checkStatistics(t *testing.T, path string, secrets []string) {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	filters := 0
	for _, group := range file.RowGroups() {
		for i, chunk := range group.ColumnChunks() {
			path := strings.Join(file.Schema().Columns()[i], ".")
			index, err := chunk.ColumnIndex()
			if err != nil {
				t.Fatal(err)
			}
			for page := range index.NumPages() {
				for _, value := range []parquet.Value{index.MinValue(page), index.MaxValue(page)} {
					if found := clearText(value.Bytes(), secrets); found != "" {
						t.Errorf("the page index of %s holds %q", path, found)
					}
				}
			}
			filter := chunk.BloomFilter()
			if filter == nil {
				continue
			}
			filters++
			members := 0
			for _, secret := range secrets {
				in, err := filter.Check(parquet.ByteArrayValue([]byte(secret)))
				if err != nil {
					t.Fatal(err)
				}
				if in {
					members++
				}
			}
			// 1 in 100 absent values passes a filter of 10 bits a value.
			if members > len(secrets)/20 {
				t.Errorf("%d of %d clear values are in the filter of %s", members, len(secrets), path)
			}
		}
	}
	if filters != 2 {
		t.Errorf("%d bloom filters", filters)
	}
}

// The same, without a columns block: what the test above looks for is found.
func TestTheSearchForClearTextFindsIt(t *testing.T) {
	t.Setenv("LEMLIST_API_KEY", testKey)
	rows, secrets := people(60)
	api := newStoppingAPIOf(t, sim.Options{Rows: rows, UserIDs: []string{"usr_1"}}, always)
	dir := personalConfig(t, api.url, "")
	if p := start(t, dir, "apply", "-auto-approve"); p.status(t) != 0 {
		t.Fatal(p.err.String())
	}
	for _, format := range []string{"parquet", "arrow"} {
		body, err := os.ReadFile(filepath.Join(dir, "out", format, "inbox_conversations."+format))
		if err != nil {
			t.Fatal(err)
		}
		for i, secret := range secrets {
			if clearText(body, []string{secret}) == "" {
				t.Errorf("%s: %q of person %d is not found", format, secret, i/2)
			}
		}
	}
}
