//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/parquet-go/parquet-go"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/config"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/schema"
)

// backdated is a source whose walk ends after some pages and leaves a journal that
// is dated back.
type backdated struct {
	exporter.Source
	ago  time.Duration
	stop func()
	seen *string // an id of the first page
}

func (b backdated) Walk(ctx context.Context, table *schema.Table, since map[string]exporter.Mark, journal exporter.Journal) exporter.Walk {
	return backdatedWalk{b.Source.Walk(ctx, table, since, backdatedJournal{journal, b.ago}), b}
}

type backdatedWalk struct {
	exporter.Walk
	of backdated
}

func (b backdatedWalk) Pages() iter.Seq2[exporter.Page, error] {
	return func(yield func(exporter.Page, error) bool) {
		pages := 0
		for page, err := range b.Walk.Pages() {
			switch pages++; pages {
			case 1:
				*b.of.seen = strings.Clone(page.Record.Column(0).(*array.String).Value(5))
			case 4:
				b.of.stop()
			}
			if !yield(page, err) {
				return
			}
		}
	}
}

type backdatedJournal struct {
	exporter.Journal
	ago time.Duration
}

func (b backdatedJournal) Append(entry []byte) error {
	text, body, _ := bytes.Cut(entry, []byte{'\n'})
	var head map[string]any
	if err := json.Unmarshal(text, &head); err != nil {
		return err
	}
	for _, name := range []string{"sent", "arrived"} {
		at, err := time.Parse(time.RFC3339Nano, head[name].(string))
		if err != nil {
			return err
		}
		head[name] = at.Add(-b.ago)
	}
	text, err := json.Marshal(head)
	return errors.Join(err, b.Journal.Append(slices.Concat(text, []byte{'\n'}, body)))
}

// keepJournal makes an apply in dir that is cut short, some time ago, and returns the
// id of a conversation that its journal holds.
func keepJournal(t *testing.T, dir string, ago time.Duration) (seen string) {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(dir, "main.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	job, diags := config.Load([]config.File{{Name: "main.hcl", Bytes: body}}, os.LookupEnv, time.Now)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	engine := newEngine(buildVersion(), slog.New(slog.DiscardHandler), filepath.Join(dir, ".lemexport"), exporter.DefaultMemory, nil)
	open := engine.OpenSource
	engine.OpenSource = func(ctx context.Context, of exporter.SourceConfig, obs exporter.Observer) (exporter.Source, error) {
		source, err := open(ctx, of, obs)
		return backdated{source, ago, cancel, &seen}, err
	}
	run, err := engine.Start(ctx, job, nobody{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = run.Close() }()
	plan, err := run.Plan(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run.Apply(ctx, plan, exporter.ApplyOptions{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("the apply ends with %v", err)
	}
	return seen
}

type nobody struct{}

func (nobody) Observe(exporter.Event) {}

// A person who was erased at the API since a journal was kept is in no export that
// says it is proven.
func TestAnErasedConversationDoesNotComeBackFromAnOldJournal(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("GOMEMLIMIT", "1GiB")
	for name, test := range map[string]struct {
		ago    time.Duration
		most   string
		used   bool
		reason string
	}{
		"an hour":                        {time.Hour, "", true, ""},
		"40 days":                        {40 * 24 * time.Hour, "", false, "its first page is 960h old, and journal_max_age allows 24h"},
		"25 hours":                       {25 * time.Hour, "", false, "its first page is 25h old, and journal_max_age allows 24h"},
		"an hour, where it may be half":  {time.Hour, "30m", false, "its first page is 1h old, and journal_max_age allows 30m"},
		"two days, where it may be four": {48 * time.Hour, "96h", true, ""},
		"dated ahead":                    {-10 * 24 * time.Hour, "", false, "it is dated in the future, so its age is not known"},
	} {
		t.Run(name, func(t *testing.T) {
			team, err := sim.New(sim.Options{Key: testKey, Conversations: 900, Unlimited: true})
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(team)
			t.Cleanup(server.Close)
			dir := t.TempDir()
			out := filepath.Join(dir, "out")
			text := fmt.Sprintf("source \"lemlist\" {\n  api_key  = %q\n  endpoint = \"%s/api\"\n", testKey, server.URL)
			if test.most != "" {
				text += fmt.Sprintf("  journal_max_age = %q\n", test.most)
			}
			text += fmt.Sprintf("}\nexport \"inbox_conversations\" {\n  destination = %q\n}\n", out)
			if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			erased := keepJournal(t, dir, test.ago)
			team.Move(sim.Movement{Kind: sim.Delete, ID: erased})

			plan := start(t, dir, "plan")
			if plan.status(t) != 0 || strings.Contains(plan.out.String(), "which the next apply does not use: "+test.reason+".") == test.used ||
				strings.Contains(plan.out.String(), "goes on from there") != test.used {
				t.Errorf("the plan says %s%s", &plan.out, &plan.err)
			}
			var inJSON struct {
				Kept exporter.Kept `json:"kept"`
			}
			asJSON := start(t, dir, "plan", "-json")
			asJSON.status(t)
			lastOf(t, asJSON, "plan", &inJSON)
			if inJSON.Kept.Expired != test.reason || inJSON.Kept.Pages < 3 || inJSON.Kept.OldestAge < test.ago.Seconds() {
				t.Errorf("the plan in JSON says %+v", inJSON.Kept)
			}
			apply := start(t, dir, "apply", "-auto-approve")
			if apply.status(t) != 0 || strings.Contains(apply.err.String(), "Starting over: ") == test.used {
				t.Fatalf("apply: %s", &apply.err)
			}
			manifest := verified(t, dir)
			if !manifest.Proof.Complete || (manifest.Proof.Resumed > 0) != test.used {
				t.Errorf("%d pages were taken over, complete %t", manifest.Proof.Resumed, manifest.Proof.Complete)
			}
			if holds(t, filepath.Join(out, "inbox_conversations.parquet"), erased) && !test.used {
				t.Errorf("the export holds %s, which was erased", erased)
			}
		})
	}
}

// holds reports whether an export holds a conversation.
func holds(t *testing.T, path, id string) bool {
	t.Helper()
	rows, err := parquet.ReadFile[struct {
		ID string `parquet:"id"`
	}](path)
	if err != nil || len(rows) == 0 {
		t.Fatal(len(rows), err)
	}
	for _, row := range rows {
		if row.ID == id {
			return true
		}
	}
	return false
}
