package main

import (
	"encoding/base64"
	"errors"
	"flag"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

var update = flag.Bool("update", false, "rewrite the expected output inside the scripts")

func TestMain(m *testing.M) {
	os.Setenv("GORACE", withoutPause)
	testscript.Main(m, map[string]func(){"lemexport": main})
}

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
			"exits": exits, "simulate": simulate, "damage": damage, "secretless": secretless,
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

// simulate serves a simulated API until the end of the script and sets API to
// its URL: simulate [key=value...].
func simulate(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: simulate [key=value...]")
	}
	options := sim.Options{Key: testKey, Conversations: 250}
	var refusal http.Handler
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		switch key {
		case "fault": // of every page of the inbox
			options.Faults = append(options.Faults, sim.FaultRule{Fault: sim.Fault(value), Path: "/api/inbox"})
		case "once":
			options.Faults = append(options.Faults, sim.FaultRule{Fault: sim.Fault(value), Path: "/api/inbox", Times: 1})
		case "team": // the very first request
			options.Faults = append(options.Faults, sim.FaultRule{Fault: sim.Fault(value), Path: "/api/team"})
		case "drift":
			rate, err := strconv.ParseFloat(value, 64)
			ts.Check(err)
			options.Drift = sim.Drift{Jumps: rate, Inserts: rate, Deletes: rate}
		case "refusal": // of everything, in words that repeat the key
			refusal = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				http.Error(w, "Key "+testKey+" refused: "+r.Header.Get("Authorization"), http.StatusForbidden)
			})
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
	listening := httptest.NewServer(handler)
	ts.Defer(listening.Close)
	ts.Setenv("API", listening.URL+"/api")
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
