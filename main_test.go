package main

import (
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

var update = flag.Bool("update", false, "rewrite the expected output inside the scripts")

func TestMain(m *testing.M) {
	os.Setenv("GORACE", withoutPause)
	testscript.Main(tidy{m}, map[string]func(){"lemexport": main, "tap-lemlist": main, "source-lemlist": main})
}

// tidy removes what tests share after all of them.
type tidy struct{ *testing.M }

func (m tidy) Run() int {
	status := m.M.Run()
	os.RemoveAll(sharedDir)
	return status
}

// sharedDir is made by the test that first needs it, see built.
var sharedDir string

// withoutPause keeps programs with the race detector from sleeping a second when
// they end.
const withoutPause = "atexit_sleep_ms=0"

// testKey is the API key in the scripts. It must turn up nowhere.
const testKey = "0123456789abcdef0123456789abcdef"

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			quickstart, err := filepath.Abs(filepath.Join("examples", "quickstart"))
			env.Setenv("QUICKSTART", quickstart)
			env.Setenv("LEMLIST_API_KEY", testKey)
			env.Setenv("GORACE", withoutPause)
			env.Setenv("XDG_CACHE_HOME", env.Getenv("TMPDIR"))
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "simulate": simulate, "damage": damage, "secretless": secretless, "hidden": hidden, "emptystore": emptyStore, "expand": expand,
		},
	})
}

// exits runs a program and checks its exit status: exits 3 lemexport verify out.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS program [args...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		got = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit status %d, want %s", got, args[0])
	}
}

// expand replaces variables of the environment in files: expand file...
func expand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: expand file...")
	}
	for _, name := range args {
		file := ts.MkAbs(name)
		body, err := os.ReadFile(file)
		ts.Check(err)
		ts.Check(os.WriteFile(file, []byte(os.Expand(string(body), ts.Getenv)), 0o600))
	}
}

// simulate serves a simulated API until the end of the script and sets API to
// its URL: simulate [key=value...].
func simulate(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: simulate [key=value...]")
	}
	options := sim.Options{Key: testKey, Conversations: 250}
	var refusal http.Handler
	var wrap func(http.Handler) http.Handler
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		switch key {
		case "fault": // of every page of the inbox
			options.Faults = append(options.Faults, sim.FaultRule{Fault: sim.Fault(value), Path: "/api/inbox"})
		case "once":
			options.Faults = append(options.Faults, sim.FaultRule{Fault: sim.Fault(value), Path: "/api/inbox", Times: 1})
		case "team": // the very first request
			options.Faults = append(options.Faults, sim.FaultRule{Fault: sim.Fault(value), Path: "/api/team"})
		case "labels": // every request for the labels
			options.Faults = append(options.Faults, sim.FaultRule{Fault: sim.Fault(value), Path: "/api/inbox/labels"})
		case "drift":
			rate, err := strconv.ParseFloat(value, 64)
			ts.Check(err)
			options.Drift = sim.Drift{Jumps: rate, Inserts: rate, Deletes: rate}
		case "refusal": // of everything, in words that repeat the key, or all but one character of it in a form
			refusal = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				said := testKey + " refused: " + r.Header.Get("Authorization")
				if form := keyForms[value]; form != nil {
					said = form(testKey[:len(testKey)-1]) + " refused, see https://a.example/help?code=hunter2"
				}
				http.Error(w, "Key "+said, http.StatusForbidden)
			})
		case "chatter": // repeats the key behind every answer
			wrap = chatter
		case "total":
			options.Total = sim.Total(value)
		case "conversations":
			number, err := strconv.Atoi(value)
			ts.Check(err)
			options.Conversations = atLeastNone(number)
		default:
			ts.Fatalf("simulate: unknown option %s", key)
		}
	}
	server, err := sim.New(options)
	ts.Check(err)
	handler := http.Handler(server)
	if refusal != nil {
		handler = refusal
	}
	if wrap != nil {
		handler = wrap(handler)
	}
	listening := httptest.NewServer(handler)
	ts.Defer(listening.Close)
	ts.Setenv("API", listening.URL+"/api")
}

// chatter sends the key after every answer, when nothing was asked.
func chatter(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		good := answer.Result()
		defer func() { _ = good.Body.Close() }()
		good.ContentLength = int64(answer.Body.Len())
		_ = good.Write(conn)
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 %s\r\n\r\n", testKey)
	})
}

// damage changes bytes in the middle of a file: damage file.
func damage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: damage file")
	}
	file := ts.MkAbs(args[0])
	body, err := os.ReadFile(file)
	ts.Check(err)
	middle := len(body) / 3
	for i := range 16 {
		body[middle+i] ^= 0x5a
	}
	ts.Check(os.WriteFile(file, body, 0o600))
}

// emptyStore serves an object store without objects until the end of the script, and sets
// STORE to an address of it that no program knows as this machine's own.
func emptyStore(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: emptystore")
	}
	listening := httptest.NewServer(http.NotFoundHandler())
	ts.Defer(listening.Close)
	_, port, err := net.SplitHostPort(listening.Listener.Addr().String())
	ts.Check(err)
	ts.Setenv("STORE", "0.0.0.0:"+port)
}

// keyForms are ways in which a server repeats a key.
var keyForms = map[string]func(part string) string{
	"plain":   func(p string) string { return p },
	"shifted": func(p string) string { return base64.RawURLEncoding.EncodeToString([]byte("key=" + p)) },
	"lines":   func(p string) string { return strings.Join(strings.Split(p, ""), "\n") },
}

// hidden checks that the last output was of a refusal and holds no eight characters of the
// key in any form, nor the query of a URL: hidden FORM.
func hidden(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 || keyForms[args[0]] == nil {
		ts.Fatalf("usage: hidden FORM")
	}
	text := ts.ReadFile("stdout") + ts.ReadFile("stderr")
	if !strings.Contains(text, "refused, see https://a.example/help?(sensitive)") && !strings.Contains(text, "(sensitive)") {
		ts.Fatalf("the refusal is not shown: %s", text)
	}
	plain := strings.ToLower(text)
	for i := range len(testKey) - 8 {
		part := testKey[i : i+8]
		if strings.Contains(plain, part) || strings.Contains(plain, keyForms[args[0]](part)) {
			ts.Fatalf("8 characters of the key are shown: %s", text)
		}
	}
	if strings.Contains(text, "hunter2") || exporter.NewRedactor(exporter.NewSecret(testKey)).Holds(text) {
		ts.Fatalf("the key or a query is shown: %s", text)
	}
}

// secretless checks that neither the last output nor any file below the script's
// folder holds the key or the secrets of the team.
func secretless(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: secretless")
	}
	secrets := []string{testKey, base64.StdEncoding.EncodeToString([]byte(":" + testKey)), sim.PlantedSecret}
	check := func(where, text string) {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				ts.Fatalf("%s holds the secret %s", where, secret)
			}
		}
	}
	check("standard output", ts.ReadFile("stdout"))
	check("standard error", ts.ReadFile("stderr"))
	ts.Check(filepath.WalkDir(ts.Getenv("WORK"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		body, err := os.ReadFile(path)
		check(path, string(body))
		return err
	}))
}
