package config_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/config"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	// literalKey is the key that the files in testdata write out.
	literalKey = "zq9Xv7Lw2Mp4Rt6Yb1Nc"
	// environmentKey is the value of LEMLIST_API_KEY.
	environmentKey = "Environ-Key-77-Value"
	// hashKey is the value of LEMEXPORT_HASH_KEY.
	hashKey = "69a12ec2184f79b6ace4a14927bee10ebc4c7cd660d0102c9c4a055f4c1c3e5b"
)

func environment(name string) (string, bool) {
	value, ok := map[string]string{
		"LEMLIST_API_KEY":    environmentKey,
		"EMPTY":              "",
		"LEMEXPORT_HASH_KEY": hashKey,
		"CONVERSATIONS":      "250",
		"USERS":              "USR_A,USR_B",
		"DEST":               "hidden-destination-value",
		"HOME":               "/home/someone",
		"TEAM":               "ACME",
		"LEMEXPORT_VAR_key":  "Team-Key-Delta-44",
		"LEMEXPORT_VAR_size": "250",
		"LEMEXPORT_VAR_list": `["usr_x", "usr_y"]`,
		"TEAMS":              "acme,beta",
		"PAIRS":              "acme=Team-Key-Acme-11,beta=Team-Key-Beta-22",
		"ACME_KEY":           "Team-Key-Acme-11",
		"BETA_KEY":           "Team-Key-Beta-22",
	}[name]
	return value, ok
}

func clock() time.Time { return time.Date(2026, 3, 4, 23, 30, 0, 0, time.FixedZone("", -3600)) }

func load(files ...config.File) (exporter.Job, exporter.Diagnostics) {
	jobs, diags := config.Load(files, inputs())
	if len(jobs) == 0 {
		return exporter.Job{}, diags
	}
	return jobs[0], diags
}

func inputs() config.Inputs {
	return config.Inputs{Env: environment, ReadFile: readData, Now: clock}
}

// readData reads a file of testdata/data; what a configuration calls folder is one.
func readData(name string, most int) ([]byte, error) {
	if filepath.Base(name) == "folder" {
		return nil, errors.New("this is a folder")
	}
	body, err := os.ReadFile(filepath.Join("testdata", "data", name))
	return body[:min(len(body), most)], err
}

// readCase reads a file of testdata, or a folder of them.
func readCase(t *testing.T, path string) []config.File {
	t.Helper()
	names := []string{path}
	if info, err := os.Stat(path); err != nil {
		t.Fatal(err)
	} else if info.IsDir() {
		names, _ = filepath.Glob(filepath.Join(path, "*.hcl*"))
	}
	var files []config.File
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, config.File{Name: filepath.Base(name), Bytes: content})
	}
	return files
}

func cases(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.hcl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	inJSON, _ := filepath.Glob("testdata/*.hcl.json")
	files = append(files, inJSON...)
	folders, _ := filepath.Glob("testdata/folder-*")
	for _, folder := range folders {
		if filepath.Ext(folder) == "" {
			files = append(files, folder)
		}
	}
	return files
}

// render is the golden form: the diagnostics for people, then they
// and the jobs as JSON, a line each.
func render(t *testing.T, jobs []exporter.Job, diags exporter.Diagnostics) string {
	t.Helper()
	var out strings.Builder
	for _, d := range diags {
		fmt.Fprintf(&out, "%s: %s\n", d.Severity, d.Summary)
		if d.Range != nil {
			fmt.Fprintf(&out, "  on %s line %d, in %s\n", d.Range.Filename, d.Range.Start.Line, d.Address)
		}
		if s := d.Snippet; s != nil {
			fmt.Fprintf(&out, "  %q\n  marks %q\n", s.Code, s.Code[s.HighlightStart:s.HighlightEnd])
		}
		fmt.Fprintf(&out, "  %s\n\n", d.Detail)
	}
	for _, d := range diags {
		out.WriteString(asJSON(t, d))
	}
	if len(jobs) == 0 {
		jobs = []exporter.Job{{}}
	}
	for _, job := range jobs {
		out.WriteString(asJSON(t, job))
	}
	return out.String()
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// caseName is the name of a case without the endings of its files.
func caseName(path string) string {
	return strings.TrimSuffix(strings.TrimSuffix(path, ".json"), ".hcl")
}

func TestLoadGolden(t *testing.T) {
	for _, path := range cases(t) {
		name := caseName(filepath.Base(path))
		t.Run(name, func(t *testing.T) {
			jobs, diags := config.Load(readCase(t, path), inputs())
			valid := strings.HasPrefix(name, "valid-") || strings.HasSuffix(name, "-is-a-warning") || name == "folder-one-configuration-over-files"
			if diags.HasErrors() == valid {
				t.Errorf("errors: %v", diags.Err())
			}
			got := render(t, jobs, diags)
			golden := caseName(path) + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("differs from %s (-want +got):\n%s", golden, diff)
			}
		})
	}
}
