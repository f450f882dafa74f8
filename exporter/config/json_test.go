package config_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/config"
)

// Whatever a file can say, JSON can: the job is the same.
func TestJSONMakesTheJobOfTheFile(t *testing.T) {
	for name, pair := range map[string]struct{ hcl, json string }{
		"a team": {
			`source "lemlist" {
				api_key  = "some-key"
				endpoint = "http://127.0.0.1:8080/api"
				users    = ["usr_a", "usr_b"]
				journal_max_age = "36h"
				retry { max_elapsed = "90s" }
			}
			export "inbox_conversations" {
				destination = "./out"
				parquet { compression = "snappy" }
			}`,
			`{"source": {"lemlist": {"api_key": "some-key", "endpoint": "http://127.0.0.1:8080/api", "users": ["usr_a", "usr_b"], "journal_max_age": "36h", "retry": {"max_elapsed": "90s"}}},
			  "export": {"inbox_conversations": {"destination": "./out", "parquet": {"compression": "snappy"}}}}`,
		},
		"a margin": {
			`source "lemlist" {
				api_key = "some-key"
				margin {
					lookback   = "1m"
					increments = "24h"
					settle     = "1m"
				}
			}` + "\n" + `export "inbox_conversations" { destination = "./a" }`,
			`{"source": {"lemlist": {"api_key": "some-key", "margin": {"lookback": "1m", "increments": "24h", "settle": "1m"}}},
			  "export": {"inbox_conversations": {"destination": "./a"}}}`,
		},
		"a simulation and two exports": {
			`source "lemlist" {
				simulate {
					users      = 2
					seed       = 7
					rate_limit = false
				}
			}
			export "inbox_conversations" { destination = "./a" }
			export "inbox_conversations" { destination = "./b" }`,
			`{"source": {"lemlist": [{"simulate": {"users": 2, "seed": 7, "rate_limit": false, "conversations": null}}]},
			  "export": {"inbox_conversations": [{"destination": "./a"}, {"destination": "./b"}]}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			noEnv := func(string) (string, bool) { return "", false }
			wanted, diags := config.Load([]config.File{{Name: "main.hcl", Bytes: []byte(pair.hcl)}}, config.Inputs{Env: noEnv, ReadFile: readData, Now: time.Now})
			if err := diags.Err(); err != nil {
				t.Fatal(err)
			}
			want := wanted[0]
			got, diags := config.LoadJSON([]byte(pair.json))
			if len(diags) > 0 {
				t.Fatalf("got %+v", diags)
			}
			if got.Source.APIKey.Reveal() != want.Source.APIKey.Reveal() {
				t.Error("the key differs")
			}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreTypes(exporter.Secret{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestJSONNeedsNoExport(t *testing.T) {
	job, diags := config.LoadJSON([]byte(`{"source": {"lemlist": {"simulate": {}}}}`))
	if len(diags) > 0 || job.Source.Simulate == nil || len(job.Exports) > 0 {
		t.Errorf("got %+v, %+v", job, diags)
	}
}

// A program that passes the keys has no file that could be shared.
func TestJSONWithLiteralKeysHasNoWarning(t *testing.T) {
	_, diags := config.LoadJSON(fmt.Appendf(nil, `{"source": {"lemlist": {"api_key": "some-key"}}, "export": {"inbox_conversations":
		{"destination": "./out", "columns": {"hash": ["contact.email"], "hash_key": %q, "exclude": ["contact.full_name"]}}}}`, hashKey))
	for _, one := range diags {
		if one.Summary != "Personal data is exported" {
			t.Errorf("got %+v", one)
		}
	}
}

func TestAShareInJSON(t *testing.T) {
	for text, want := range map[string]float64{"0": 0, "0.25": 0.25, `"0.25"`: 0.25, "1": 1} {
		job, diags := config.LoadJSON([]byte(`{"source": {"lemlist": {"simulate": {}}}, "export": {"inbox_conversations": {"destination": "./out", "max_shrink": ` + text + `}}}`))
		if len(diags) > 0 || len(job.Exports) != 1 || job.Exports[0].MaxShrink == nil || *job.Exports[0].MaxShrink != want {
			t.Errorf("%s: got %+v, %+v", text, job, diags)
		}
	}
}

func TestAFileModeInJSON(t *testing.T) {
	const text = `{"source": {"lemlist": {"simulate": {}}}, "export": {"inbox_conversations": {"destination": "./out", "file_mode": %s}}}`
	job, diags := config.LoadJSON(fmt.Appendf(nil, text, `"640"`))
	if len(diags) > 0 || len(job.Exports) != 1 || job.Exports[0].FileMode != "0640" {
		t.Errorf("got %+v, %+v", job, diags)
	}
	for _, wrong := range []string{`640`, `"0641"`, `"1640"`, `"0240"`, `"+640"`, `" 640"`, `"00640"`, `"6_0"`, `"x"`, `""`} {
		if _, diags := config.LoadJSON(fmt.Appendf(nil, text, wrong)); len(diags) != 1 || diags[0].Path != "/export/inbox_conversations/file_mode" {
			t.Errorf("%s: got %+v", wrong, diags)
		}
	}
}

func TestWhatIsWrongWithJSONIsSaidWithItsPath(t *testing.T) {
	const source = `"source": {"lemlist": {"api_key": "some-key"}}`
	for name, want := range map[string]struct{ json, path, text string }{
		"nothing":                       {``, "", "The input ends too early."},
		"half an object":                {`{"source": {"lemlist": {`, "/source/lemlist", "At byte 24: unexpected EOF."},
		"another value":                 {`[]`, "", "It should be an object"},
		"two values":                    {`{} {}`, "", "Unexpected data after the first value."},
		"a name twice":                  {`{"source": {}, "source": {}}`, "/source", "duplicate object member name"},
		"invalid UTF-8":                 {"{\"\xff\": 1}", "", "invalid UTF-8"},
		"no source":                     {`{}`, "", `Add "source": {"lemlist": {"api_key": "…"}}`},
		"no key":                        {`{"source": {"lemlist": {}}}`, "/source/lemlist", `Add "api_key": "…"`},
		"an unknown kind":               {`{` + source + `, "sources": {"lemlist": {}}}`, "/sources/lemlist", `Did you mean "source"?`},
		"no label":                      {`{"source": "lemlist"}`, "/source", `{"source": {"lemlist": {}}}`},
		"a body that is none":           {`{"source": {"lemlist": 1}}`, "/source/lemlist", "the body of a block"},
		"an unknown attribute":          {`{"source": {"lemlist": {"api_kye": "some-key"}}}`, "/source/lemlist/api_kye", `Did you mean "api_key"?`},
		"a block that is a value":       {`{"source": {"lemlist": {"simulate": true}}}`, "/source/lemlist/simulate", "Its value is an object."},
		"a value that is a block":       {`{"source": {"lemlist": {"api_key": {}}}}`, "/source/lemlist/api_key", "Its value is not an object."},
		"a wrong type":                  {`{` + source + `, "export": {"inbox_conversations": {"destination": 5}}}`, "/export/inbox_conversations/destination", "Wrong type"},
		"a length of time too short":    {`{"source": {"lemlist": {"simulate": {}, "retry": {"max_elapsed": "0s"}}}}`, "/source/lemlist/retry/max_elapsed", "max_elapsed must be from 1s to 24h."},
		"a wrong type in a list":        {`{"source": {"lemlist": {"simulate": {}, "users": ["usr_a", 5]}}}`, "/source/lemlist/users/1", "Wrong type"},
		"a number that is out of range": {`{"source": {"lemlist": {"simulate": {"users": 1e999999}}}}`, "/source/lemlist/simulate/users", ""},
		"a share that is out of range":  {`{` + source + `, "export": {"inbox_conversations": {"destination": "./out", "max_shrink": 2}}}`, "/export/inbox_conversations/max_shrink", "from 0 to 1"},
		"the key elsewhere":             {`{` + source + `, "export": {"inbox_conversations": {"destination": "./some-key"}}}`, "/export/inbox_conversations/destination", "API key outside api_key"},
		"for_each":                      {`{"source": {"lemlist": {"for_each": {"acme": "k"}, "api_key": "some-key"}}}`, "/source/lemlist/for_each", ""},
		"the source of an export":       {`{` + source + `, "export": {"inbox_conversations": {"destination": "./out", "source": "acme"}}}`, "/export/inbox_conversations/source", "reads one team"},
		"two sources": {`{"source": {"lemlist": [{"simulate": {}}, {"simulate": {}}]}}`, "/source/lemlist/1",
			"Another source is at /source/lemlist/0."},
	} {
		t.Run(name, func(t *testing.T) {
			job, diags := config.LoadJSON([]byte(want.json))
			if !diags.HasErrors() || job.Source.Type != "" {
				t.Fatalf("got %+v, %+v", job, diags)
			}
			for _, one := range diags {
				if one.Path == want.path && strings.Contains(one.Summary+"\n"+one.Detail, want.text) && one.Range == nil {
					return
				}
			}
			t.Errorf("got %+v", diags)
		})
	}
}

// No input makes it fail in another way than with diagnostics, and none of them
// shows the key.
func FuzzJSON(f *testing.F) {
	f.Add(`{"source": {"lemlist": {"api_key": "sk-4f9a8b7c6d5e", "users": ["sk-4f9a8b7c6d5e"]}}}`)
	f.Add(`{"source": {"lemlist": {"api_key": ["sk-4f9a8b7c6d5e"]}}, "export": {"sk-4f9a8b7c6d5e": [1]}}`)
	f.Add(`{"source": {"lemlist": {"simulate": {"users": -1, "seed": 1e99}}}}`)
	f.Add(`[[[[]]]]`)
	f.Fuzz(func(t *testing.T, text string) {
		job, diags := config.LoadJSON([]byte(text))
		if diags.HasErrors() == (job.Source.Type != "") {
			t.Errorf("%q: got %+v, %+v", text, job, diags)
		}
		key := job.Source.APIKey.Reveal()
		for _, one := range diags {
			if len(key) > 6 && strings.Contains(one.Summary+one.Detail+one.Path+one.Address, key) {
				t.Errorf("%q: %+v shows the key", text, one)
			}
		}
	})
}

// A host is warned of a destination without encryption, told of an endpoint that is not
// lemlist's, and shown no text that could be a key.
func TestJSONOfOtherServers(t *testing.T) {
	_, diags := config.LoadJSON([]byte(`{"source":{"lemlist":{"api_key":"0123456789abcdef","endpoint":"https://proxy.example/api"}},
		"export":{"inbox_conversations":{"destination":"s3://lake/x?endpoint=http://minio:9000&insecure=true&send_credentials=true"}}}`))
	var summaries []string
	for _, one := range diags {
		summaries = append(summaries, string(one.Severity)+": "+one.Summary+" "+one.Path)
	}
	want := []string{"warning: Endpoint is not lemlist's /source/lemlist/endpoint", "warning: Destination without encryption /export/inbox_conversations/destination"}
	if diff := cmp.Diff(want, summaries); diff != "" {
		t.Error(diff)
	}
	_, diags = config.LoadJSON([]byte(`{"source":{"lemlist":{"endpoint":"https://a.example/?k=hunter2","users":["hunter2","hunter2"],"simulate":{"users":"hunter2"},"retry":{"max_elapsed":"hunter2"}}},
		"export":{"inbox_conversations":{"destination":"s3://lake/x?hunter2"}}}`))
	text := fmt.Sprintf("%#v", diags)
	if len(diags) < 4 || strings.Contains(text, "hunter2") {
		t.Errorf("got %s", text)
	}
}
