package storetest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/parquet"
	"github.com/lemexport/lemexport/exporter/store"
	"github.com/lemexport/lemexport/exporter/store/scratch"
)

// program builds lemexport as a user would get it.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lemexport")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Dir = filepath.Join(sources, "..", "..", "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, output)
	}
	return path
}

// The quickstart, with its destination in a bucket.
func TestTheProgramExportsIntoABucket(t *testing.T) {
	binary := program(t)
	quickstart, err := os.ReadFile(filepath.Join(sources, "..", "..", "..", "examples", "quickstart", "main.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, s *server) {
		dir, folder := t.TempDir(), folder()
		front, requests := counting(t, s.direct)
		place := s.at(front, folder)
		config := strings.ReplaceAll(string(quickstart), `"./out"`, `"`+place+`"`)
		config = strings.Replace(config, "    conversations = 5000", "    conversations = 5000\n    rate_limit    = false", 1)
		if !strings.Contains(config, place) || !strings.Contains(config, "rate_limit") {
			t.Fatal("the configuration of the quickstart has another form")
		}
		if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		run := func(args ...string) {
			t.Helper()
			before := requests.Load()
			cmd := exec.Command(binary, args...)
			cmd.Dir = dir
			output, err := cmd.CombinedOutput()
			t.Logf("$ lemexport %s   (%d requests to the store)\n%s", strings.Join(args, " "), requests.Load()-before, output)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"root-secret", azuriteKey} {
				if strings.Contains(string(output), secret) {
					t.Error("the output holds a secret")
				}
			}
		}
		run("plan")
		run("apply", "-auto-approve")
		keys, err := s.list(t.Context(), folder)
		if want := []string{folder + "/" + dataName, folder + "/inbox_labels.parquet", folder + "/team_users.parquet"}; err != nil || !slices.Equal(keys, want) {
			t.Errorf("the bucket holds %v (%v)", keys, err)
		}
		t.Logf("the bucket holds %v", keys)
		before := requests.Load()
		run("verify", place)
		// It looks for an appended export and for each format of each table, and reads each file once.
		if made := requests.Load() - before; made > 8 {
			t.Errorf("verify made %d requests", made)
		}
		run("verify", s.at(front, folder+"/"+dataName))
		run("apply", "-auto-approve")
	})
}

// forward sends requests on as they are: their signatures hold the host.
func forward(upstream string) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: upstream})
		r.Out.Host = r.In.Host
	}}
}

// counting is a server before another one that counts requests.
func counting(t *testing.T, upstream string) (address string, requests *atomic.Int64) {
	t.Helper()
	requests = new(atomic.Int64)
	proxy := forward(upstream)
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		proxy.ServeHTTP(w, r)
	}), requests
}

// refusing is a server before another one that forbids a method.
func refusing(t *testing.T, upstream, method string) (address string) {
	t.Helper()
	proxy := forward(upstream)
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == method {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		proxy.ServeHTTP(w, r)
	})
}

// serve starts a server before another one, and returns its address.
func serve(t *testing.T, handler http.HandlerFunc) (address string) {
	t.Helper()
	front := &http.Server{Addr: freeAddress(), ReadHeaderTimeout: time.Minute, Handler: handler}
	served := make(chan error, 1)
	go func() { served <- front.ListenAndServe() }()
	t.Cleanup(func() {
		if err := front.Close(); err != nil {
			t.Error(err)
		}
		<-served
	})
	if err := waitFor(front.Addr); err != nil {
		t.Fatal(err)
	}
	return front.Addr
}

// observer calls a function when a phase begins.
type observer func(exporter.Phase)

// Observe implements exporter.Observer.
func (o observer) Observe(event exporter.Event) {
	if started, ok := event.(exporter.PhaseStarted); ok {
		o(started.Phase)
	}
}

// A run whose commit comes after another one's names it, and leaves its file.
func TestALateRunNamesTheOneThatWon(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		location, options := s.at(s.direct, folder()), quick(t)
		place, _, _ := strings.Cut(location, "?")
		runner := newEngine(t, options)
		for _, what := range []string{"a new object", "an object that is replaced"} {
			var winner engine.Summary
			_, err := apply(t, runner, location, func(phase exporter.Phase) {
				if phase != exporter.PhaseCommit {
					return
				}
				var err error
				if winner, err = apply(t, runner, location, func(exporter.Phase) {}); err != nil {
					t.Fatal(err)
				}
			})
			want := "write " + place + "/inbox_conversations.parquet: another run has written the destination in the meantime: run " + winner.RunID
			if !errors.Is(err, exporter.ErrConflict) || err.Error() != want || exporter.Hint(err) == "" {
				t.Errorf("%s: the late run was told %v", what, err)
			}
			verified, err := runner.Verify(t.Context(), location)
			if err != nil || !verified.OK() || verified.Manifest.RunID != winner.RunID {
				t.Errorf("%s: run %s is there, not %s (%v)", what, verified.Manifest.RunID, winner.RunID, err)
			}
		}
	})
}

func newEngine(t *testing.T, options store.Options) *engine.Engine {
	t.Helper()
	team, err := sim.New(sim.Options{Users: 2, Conversations: 150, Unlimited: true})
	if err != nil {
		t.Fatal(err)
	}
	running, err := team.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.Close(); err != nil {
			t.Error(err)
		}
	})
	var runs atomic.Int64
	return &engine.Engine{
		OpenSource: func(_ context.Context, _ exporter.SourceConfig, obs exporter.Observer) (exporter.Source, error) {
			return lemlist.Open(lemlist.Options{Endpoint: running.URL(), Key: exporter.NewSecret(team.Key()), Observer: obs, Unlimited: true})
		},
		OpenDestination: options.Open,
		Formats:         map[string]exporter.Format{"parquet": parquet.Format{Version: "test"}},
		Scratch:         scratch.New(t.TempDir()),
		Tool:            exporter.Tool{Name: "lemexport", Version: "test"},
		Now:             time.Now,
		NewRunID:        func() string { return fmt.Sprint("run-", runs.Add(1)) },
	}
}

func apply(t *testing.T, runner *engine.Engine, place string, obs observer) (engine.Summary, error) {
	t.Helper()
	return applyExport(t, runner, exporter.Export{
		Table: "inbox_conversations", Destination: place, Format: "parquet", Mode: "snapshot", Parquet: exporter.ParquetOptions{Compression: "zstd"},
	}, obs)
}

func applyExport(t *testing.T, runner *engine.Engine, export exporter.Export, obs observer) (engine.Summary, error) {
	t.Helper()
	run, err := runner.Start(t.Context(), exporter.Job{Source: exporter.SourceConfig{Type: "lemlist"}, Exports: []exporter.Export{export}}, obs)
	if err != nil {
		return engine.Summary{}, err
	}
	defer func() {
		if err := run.Close(); err != nil {
			t.Error(err)
		}
	}()
	plan, err := run.Plan(t.Context())
	if err != nil {
		return engine.Summary{}, err
	}
	return run.Apply(t.Context(), plan, engine.ApplyOptions{})
}
