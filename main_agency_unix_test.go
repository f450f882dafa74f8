//go:build unix

package main

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// agency are 50 simulated teams behind one address, each at the rate limit of the API.
type agency struct {
	*sim.Teams
	dir string
	// left is how many requests are answered. held is closed by the first that is not.
	left atomic.Int64
	held chan struct{}
}

// newAgency serves the teams, and writes the configuration of all of them.
func newAgency(t *testing.T, revoked ...string) *agency {
	t.Helper()
	teams, err := sim.NewTeams(sim.TeamsOptions{Count: 50, Each: sim.Options{Conversations: 3000, Seed: 11}, Revoked: revoked})
	if err != nil {
		t.Fatal(err)
	}
	a := &agency{Teams: teams, dir: t.TempDir(), held: make(chan struct{})}
	a.left.Store(always)
	var once sync.Once
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.left.Add(-1) >= 0 {
			teams.ServeHTTP(w, r)
			return
		}
		once.Do(func() { close(a.held) })
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	var keys strings.Builder
	for _, team := range teams.List() {
		fmt.Fprintf(&keys, "    %q = %q\n", team.Name, team.Key())
	}
	body := fmt.Sprintf("source \"lemlist\" {\n  for_each = {\n%s  }\n  api_key  = each.value\n  endpoint = %q\n}\n\n"+
		"export \"inbox_conversations\" {\n  destination = \"out/team=${each.key}\"\n}\n", &keys, server.URL+"/api")
	if err := os.WriteFile(filepath.Join(a.dir, "main.hcl"), []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

// apply runs the program with one cache folder for all runs, as on one machine.
func (a *agency) apply(t *testing.T, flags ...string) *program {
	t.Helper()
	p := &program{Cmd: exec.CommandContext(t.Context(), "lemexport", append([]string{"apply", "-auto-approve"}, flags...)...)}
	p.Dir, p.Stdout, p.Stderr = a.dir, &p.out, &p.err
	p.Env = append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(a.dir, "cache"))
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// requests is how many requests arrived with the keys of all teams.
func (a *agency) requests() (total int) {
	for _, team := range a.List() {
		total += team.Stats().Requests
	}
	return total
}

// check compares the file of each team with the team, and wants none of those in without.
func (a *agency) check(t *testing.T, without ...string) {
	t.Helper()
	for _, team := range a.List() {
		type row struct {
			ID string `parquet:"id"`
		}
		rows, err := parquet.ReadFile[row](filepath.Join(a.dir, "out", "team="+team.Name, "inbox_conversations.parquet"))
		if slices.Contains(without, team.Name) {
			if !os.IsNotExist(err) {
				t.Errorf("%s has a file, or: %v", team.Name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", team.Name, err)
			continue
		}
		var got, want []string
		for _, row := range rows {
			got = append(got, row.ID)
		}
		for _, one := range team.Conversations() {
			want = append(want, one.ID)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d rows, %d conversations", team.Name, len(got), len(want))
		}
	}
}

// checkRate wants no request too many with any key, and nothing else that a reader must not do.
func (a *agency) checkRate(t *testing.T) {
	t.Helper()
	most := 0
	for _, team := range a.List() {
		seen := team.Stats()
		if seen.Throttled > 0 || seen.MaxInWindow > 20 || len(team.Violations()) > 0 {
			t.Errorf("%s: %d of %d requests refused, %d in 2 s, %v", team.Name, seen.Throttled, seen.Requests, seen.MaxInWindow, team.Violations())
		}
		most = max(most, seen.MaxInWindow)
	}
	if most < 20 {
		t.Errorf("at most %d requests of a key in 2 s: no team was limited", most)
	}
}

// checkSecret wants the key of no team in what the program printed, and in no file but the configuration.
func (a *agency) checkSecret(t *testing.T, p *program) {
	t.Helper()
	texts := map[string]string{"standard output": p.out.String(), "standard error": p.err.String()}
	err := filepath.WalkDir(a.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == "main.hcl" {
			return err
		}
		body, err := os.ReadFile(path)
		texts[path] = string(body)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range texts {
		for _, team := range a.List() {
			if strings.Contains(text, team.Key()) {
				t.Errorf("the key of %s is in %s", team.Name, name)
			}
		}
	}
}

func TestFiftyTeamsAreExportedByOneConfiguration(t *testing.T) {
	t.Parallel()
	a := newAgency(t)
	p := a.apply(t, "-json")
	if got := p.status(t); got != 0 {
		t.Fatalf("exit %d: %s %s", got, &p.out, &p.err)
	}
	a.check(t)
	a.checkRate(t)
	a.checkSecret(t, p)
}

func TestARevokedKeyFailsItsTeamAlone(t *testing.T) {
	t.Parallel()
	a := newAgency(t, "team-23")
	p := a.apply(t)
	if got := p.status(t); got != 1 {
		t.Errorf("exit %d, want 1: %s", got, &p.err)
	}
	a.check(t, "team-23")
	a.checkRate(t)
	a.checkSecret(t, p)
	if said := p.out.String() + p.err.String(); !strings.Contains(said, "team-23") || !strings.Contains(said, "401 Unauthorized") {
		t.Errorf("it does not name the team and the reason: %s", said)
	}
}

func TestTeamsThatAreKilledAtHalfAreContinued(t *testing.T) {
	t.Parallel()
	whole := newAgency(t)
	if p := whole.apply(t); p.status(t) != 0 {
		t.Fatalf("%s", &p.err)
	}
	a := newAgency(t)
	a.left.Store(int64(whole.requests() / 2))
	killed := a.apply(t)
	<-a.held
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if got := killed.status(t); got != -1 {
		t.Fatalf("the killed run ends with %d: %s", got, &killed.err)
	}
	a.left.Store(always)
	p := a.apply(t, "-max-age=1h")
	if got := p.status(t); got != 0 {
		t.Fatalf("exit %d: %s", got, &p.err)
	}
	a.check(t)
	a.checkRate(t)
	// At most 16 teams were being read: each is asked again for its users and the first
	// page of every list, and for the pages that were in flight.
	if got, most := a.requests(), whole.requests()+16*(beforeTheWalk+2*3+20); got > most {
		t.Errorf("%d requests in all, and %d without the kill; want at most %d", got, whole.requests(), most)
	}
	t.Logf("%d requests in all, %d without the kill", a.requests(), whole.requests())
}
