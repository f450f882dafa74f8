//go:build unix

package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// beats is a monitor that keeps the paths it was asked for, and answers with status.
type beats struct {
	url    string
	status int

	mu    sync.Mutex
	paths []string
}

func newBeats(t *testing.T, status int) *beats {
	t.Helper()
	b := &beats{status: status}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	b.url = server.URL + "/t0ken-of-the-monitor"
	return b
}

func (b *beats) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.paths = append(b.paths, r.Method+" "+strings.TrimPrefix(r.URL.Path, "/t0ken-of-the-monitor"))
	w.WriteHeader(b.status)
}

func (b *beats) seen() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	slices.Sort(b.paths)
	return b.paths
}

// beating adds a heartbeat to the configuration of a folder, behind its first line.
func beating(t *testing.T, dir, suffix string) {
	t.Helper()
	file := filepath.Join(dir, "main.hcl")
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first, rest, _ := strings.Cut(string(body), "\n")
	block := "\n  heartbeat {\n    on_success = \"${env(\"BEAT\")}" + suffix + "\"\n    on_failure = \"${env(\"BEAT\")}" + suffix + "/fail\"\n  }\n"
	if err := os.WriteFile(file, []byte(first+block+rest), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAnApplyEndsWithAHeartbeat(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		blocked bool // a file is where the folder belongs
		status  int
		exit    int
		want    []string
		warning string
	}{
		"of success":            {status: 200, want: []string{"GET "}},
		"of failure":            {status: 200, blocked: true, exit: 1, want: []string{"GET /fail"}},
		"that is tried again":   {status: 503, want: []string{"GET ", "GET ", "GET "}, warning: "the server responded with status 503"},
		"that is not found":     {status: 404, want: []string{"GET "}, warning: "the server responded with status 404"},
		"that is asked to wait": {status: 429, want: []string{"GET ", "GET ", "GET "}, warning: "the server responded with status 429"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			monitor := newBeats(t, test.status)
			dir, _ := watched(t, sim.Options{Users: 1, Conversations: 30})
			beating(t, dir, "")
			if test.blocked {
				if err := os.WriteFile(filepath.Join(dir, "out"), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			p := startIn(t, dir, []string{"LEMLIST_API_KEY=" + testKey, "BEAT=" + monitor.url}, "apply", "-auto-approve")
			if status := p.status(t); status != test.exit {
				t.Errorf("exit %d, want %d: %s", status, test.exit, &p.err)
			}
			if got := monitor.seen(); !slices.Equal(got, test.want) {
				t.Errorf("the monitor was asked for %q, want %q", got, test.want)
			}
			if !strings.Contains(p.err.String(), test.warning) || (test.warning != "") != strings.Contains(p.err.String(), "the heartbeat was not sent") {
				t.Errorf("standard error has %s", &p.err)
			}
			if strings.Contains(p.out.String()+p.err.String(), "t0ken") {
				t.Errorf("the URL was printed: %s%s", &p.out, &p.err)
			}
		})
	}
}

// The monitor of a host that cannot be reached is a warning without its name.
func TestAMonitorThatIsNotThereIsAWarning(t *testing.T) {
	t.Parallel()
	dir, _ := watched(t, sim.Options{Users: 1, Conversations: 30})
	beating(t, dir, "")
	p := startIn(t, dir, []string{"LEMLIST_API_KEY=" + testKey, "BEAT=http://127.0.0.1:1/t0ken"}, "apply", "-auto-approve", "-json")
	if status := p.status(t); status != 0 || !strings.Contains(p.out.String(), "the heartbeat was not sent: connection refused") {
		t.Errorf("exit %d: %s%s", status, &p.out, &p.err)
	}
	if strings.Contains(p.out.String()+p.err.String(), "t0ken") || strings.Contains(p.out.String()+p.err.String(), "127.0.0.1:1/") {
		t.Errorf("the URL was printed: %s%s", &p.out, &p.err)
	}
}

func TestADeclinedApplyHasNoHeartbeat(t *testing.T) {
	t.Parallel()
	monitor := newBeats(t, 200)
	dir, _ := watched(t, sim.Options{Users: 1, Conversations: 30})
	beating(t, dir, "")
	p := startIn(t, dir, []string{"LEMLIST_API_KEY=" + testKey, "BEAT=" + monitor.url}, "apply")
	if status := p.status(t); status != 1 || len(monitor.seen()) > 0 {
		t.Errorf("exit %d, and the monitor was asked for %q", status, monitor.seen())
	}
}

func TestEachTeamHasItsHeartbeat(t *testing.T) {
	t.Parallel()
	monitor := newBeats(t, 200)
	dir := t.TempDir()
	heartbeat := "  heartbeat {\n    on_success = \"" + monitor.url + "/NAME\"\n    on_failure = \"" + monitor.url + "/NAME/fail\"\n  }\n}\n"
	var body strings.Builder
	for name, of := range map[string]string{
		"good": "simulate { conversations = 30 }", "other": "simulate { conversations = 20 }",
		"bad": "api_key = \"" + testKey + "\"\n  endpoint = \"http://127.0.0.1:1/api\"\n  retry { max_elapsed = \"1s\" }",
	} {
		body.WriteString("source \"lemlist\" \"" + name + "\" {\n  " + of + "\n" + strings.ReplaceAll(heartbeat, "NAME", name))
	}
	body.WriteString("export \"inbox_conversations\" {\n  destination = \"out/${each.key}\"\n}\n")
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(body.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, dir, "apply", "-auto-approve")
	if status := p.status(t); status != 1 {
		t.Errorf("exit %d: %s", status, &p.err)
	}
	if got, want := monitor.seen(), []string{"GET /bad/fail", "GET /good", "GET /other"}; !slices.Equal(got, want) {
		t.Errorf("the monitor was asked for %q, want %q", got, want)
	}
}
