//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// teamsSummary is the last message of an apply of several teams.
type teamsSummary struct {
	Type    string
	Summary struct {
		Teams []struct {
			Team, Outcome string
			Kept          *struct{ Pages int }
			Exports       []struct{ File string }
		}
	}
}

// summaryOf reads the last message of a program.
func summaryOf(t *testing.T, p *program) (last teamsSummary) {
	t.Helper()
	lines := bytes.Split(bytes.TrimSpace(p.out.Bytes()), []byte("\n"))
	if err := json.Unmarshal(lines[len(lines)-1], &last); err != nil || last.Type != "summary" {
		t.Fatalf("the last message is %s (%v)", lines[len(lines)-1], err)
	}
	return last
}

func TestASignalStopsTheTeamsThatRunAndTheNextApplyGoesOn(t *testing.T) {
	t.Parallel()
	api := newStoppingAPI(t, 250, beforeTheWalk+2)
	dir := t.TempDir()
	body := strings.NewReplacer("KEY", testKey, "API", api.url).Replace(`
source "lemlist" "done" {
  simulate {
    users         = 1
    conversations = 30
  }
}
source "lemlist" "stopped" {
  api_key  = "KEY"
  endpoint = "API"
}
source "lemlist" "waiting" {
  simulate {
    users         = 1
    conversations = 40
  }
}
export "inbox_conversations" {
  destination = "out/${each.key}"
}
`)
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, dir, "apply", "-auto-approve", "-json", "-parallel=1")
	<-api.held
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if got := p.status(t); got != 130 {
		t.Errorf("exit %d, want 130: %s", got, &p.err)
	}
	ended := summaryOf(t, p).Summary.Teams
	for i, want := range []string{"done", "interrupted", "not_started"} {
		if len(ended) != 3 || ended[i].Outcome != want {
			t.Fatalf("the teams ended as %+v", ended)
		}
	}
	if kept := ended[1].Kept; kept == nil || kept.Pages == 0 || len(ended[0].Exports) != 1 {
		t.Errorf("the teams ended as %+v", ended)
	}
	if p := start(t, dir, "verify", filepath.Join("out", "done")); p.status(t) != 0 {
		t.Errorf("verify: %s", &p.err)
	}

	api.left.Store(1 << 30)
	p = start(t, dir, "apply", "-auto-approve", "-json", "-max-age=1h")
	if got := p.status(t); got != 0 {
		t.Errorf("the next apply ends with %d: %s%s", got, &p.out, &p.err)
	}
	for i, want := range []string{"fresh", "done", "done"} {
		if ended = summaryOf(t, p).Summary.Teams; ended[i].Outcome != want {
			t.Errorf("the teams ended as %+v", ended)
		}
	}
	if !strings.Contains(p.out.String(), `"type":"resumed","team":"stopped"`) {
		t.Errorf("nothing was taken over: %s", &p.out)
	}
}
