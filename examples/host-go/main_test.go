package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

const conversations = 2000

// binary is the real lemexport.
func binary(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lemexport")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", path, ".")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// team serves a simulated team until the end of the test, and writes the
// configuration for it.
func team(t *testing.T, binary string) (config string) {
	t.Helper()
	server := exec.CommandContext(t.Context(), binary, "sim", "-json", "-addr=127.0.0.1:0", "-no-rate-limit", fmt.Sprintf("-conversations=%d", conversations))
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var message struct {
			Endpoint string `json:"endpoint"`
			Key      string `json:"api_key"`
		}
		if json.Unmarshal(lines.Bytes(), &message) == nil && message.Endpoint != "" {
			config = filepath.Join(t.TempDir(), "config.json")
			body := fmt.Sprintf(`{"source": {"lemlist": {"api_key": %q, "endpoint": %q}}}`, message.Key, message.Endpoint)
			if err := os.WriteFile(config, []byte(body), 0o600); err != nil {
				t.Fatal(err)
			}
			return config
		}
	}
	t.Fatal("the simulation does not listen")
	return ""
}

func query[T any](t *testing.T, database, query string) (value T) {
	t.Helper()
	db, err := sql.Open("duckdb", database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), query).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestARunThatWasCutShortIsContinued(t *testing.T) {
	plugin := binary(t)
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // where the plugin keeps its notes
	o := options{plugin: plugin, database: filepath.Join(t.TempDir(), "inbox.duckdb"), log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	o.config = team(t, o.plugin)

	ctx, cancel := context.WithCancel(t.Context())
	batches := 0
	o.onBatch = func(int64) {
		if batches++; batches == 12 {
			cancel()
		}
	}
	if _, err := run(ctx, o); err == nil {
		t.Fatal("the first run was not cut short")
	}
	kept := query[int](t, o.database, "SELECT count(*) FROM inbox_conversations_pages")
	if kept == 0 || query[int](t, o.database, "SELECT count(*) FROM checkpoint") != 1 {
		t.Fatalf("%d rows were kept, or no checkpoint", kept)
	}

	var rest int64
	o.onBatch = func(rows int64) { rest += rows }
	proof, err := run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !proof.Complete || proof.Resumed == 0 || proof.Rows != conversations {
		t.Errorf("the proof is %+v", proof)
	}
	if total := query[int64](t, o.database, "SELECT count(*) FROM inbox_conversations_pages"); total != int64(kept)+rest || rest >= total {
		t.Errorf("%d rows, of which %d were kept and %d came", total, kept, rest)
	}
	if got := query[int](t, o.database, "SELECT count(DISTINCT id) FROM inbox_conversations"); got != conversations {
		t.Errorf("%d conversations, want %d", got, conversations)
	}
	if got := query[int](t, o.database, "SELECT count(*) FROM inbox_conversations"); got != conversations {
		t.Errorf("%d rows in the view, want %d", got, conversations)
	}
	// The nested columns are whole.
	if got := query[int](t, o.database, "SELECT count(*) FROM inbox_conversations WHERE len(users) > 0 AND users[1].user_id LIKE 'usr_%' AND contact.id LIKE 'ctc_%'"); got < conversations/2 {
		t.Errorf("only %d conversations have users and a contact", got)
	}

	// The next run is a new reading.
	proof, err = run(t.Context(), o)
	if err != nil || proof.Resumed != 0 {
		t.Errorf("got %+v, %v", proof, err)
	}
	if got := query[int](t, o.database, "SELECT count(*) FROM inbox_conversations"); got != conversations {
		t.Errorf("%d rows in the view, want %d", got, conversations)
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(config, []byte(`{"source": {"lemlist": {"simulate": {"user": 1}}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	o := options{plugin: binary(t), config: config, database: filepath.Join(t.TempDir(), "inbox.duckdb"), log: slog.New(slog.DiscardHandler), onBatch: func(int64) {}}
	_, err := run(t.Context(), o)
	diags, ok := errors.AsType[exporter.Diagnostics](err)
	if !ok || diags[0].Path != "/source/lemlist/simulate/user" {
		t.Errorf("got %v", err)
	}
	o.digest = strings.Repeat("00", 32)
	if _, err := run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "its SHA-256 digest is not the expected one") {
		t.Errorf("got %v", err)
	}
}
