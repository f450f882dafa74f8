package ndjson_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/internal/ndjson"
)

func TestRecordsHaveTheKeysOfHclog(t *testing.T) {
	var out bytes.Buffer
	handler := ndjson.NewHandler(&out, slog.LevelInfo)
	at := time.Date(2026, 3, 1, 1, 2, 3, 4_000, time.FixedZone("CET", 3600))
	record := slog.NewRecord(at, slog.LevelWarn, "page read again", 0)
	record.AddAttrs(slog.Int("page", 3), slog.Group("request", slog.String("msg", "kept as it is")))
	if err := handler.Handle(context.Background(), record); err != nil {
		t.Fatal(err)
	}
	if handler.Enabled(context.Background(), slog.LevelDebug) {
		t.Error("debug records are enabled at level info")
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || bytes.Count(out.Bytes(), []byte("\n")) != 1 {
		t.Fatalf("%v in %q", err, out.String())
	}
	want := map[string]any{
		"@timestamp": "2026-03-01T00:02:03.000004Z", "@level": "warn", "@message": "page read again", "page": 3.0,
		"request": map[string]any{"msg": "kept as it is"},
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
