package conformance

import (
	"strings"
	"testing"

	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// key is the API key of configurations that are refused. It is in the wrong
// places, too, and must come back from none.
const key = "5ecre7c0nf0rmance0000000000000ff"

func refused() []check {
	var checks []check
	for _, one := range []struct {
		rule, config, path string
	}{
		{"no JSON", `{"source": {"lemlist": {"api_key": "` + key, ""},
		{"no object", `["` + key + `"]`, ""},
		{"nothing", ``, ""},
		{"two values", `{"source": {"lemlist": {"api_key": "` + key + `"}}} "` + key + `"`, ""},
		{"no source", `{}`, ""},
		{"an unknown source", `{"source": {"other": {"api_key": "` + key + `"}}}`, "/source/other"},
		{"an unknown block", `{"source": {"lemlist": {"api_key": "` + key + `"}}, "import": {"x": {}}}`, "/import/x"},
		{"an unknown setting", `{"source": {"lemlist": {"api_key": "` + key + `", "api_kee": "` + key + `"}}}`, "/source/lemlist/api_kee"},
		{"a key of the wrong type", `{"source": {"lemlist": {"api_key": ["` + key + `"]}}}`, "/source/lemlist/api_key"},
		{"a bad endpoint", `{"source": {"lemlist": {"api_key": "` + key + `", "endpoint": "ftp://` + key + `"}}}`, "/source/lemlist/endpoint"},
		{"a user of the wrong type", `{"source": {"lemlist": {"api_key": "` + key + `", "users": ["usr_A1b2C3d4E5f6G7h8I", 5]}}}`, "/source/lemlist/users/1"},
		{"an unknown column", `{"source": {"lemlist": {"api_key": "` + key + `"}}, "export": {"inbox_conversations": {"destination": "out", "columns": {"exclude": ["nope"]}}}}`,
			"/export/inbox_conversations/columns/exclude/0"},
	} {
		checks = append(checks, check{"a configuration with " + one.rule + " is refused with its place", func(t *testing.T, instance Instance) {
			refuses(t, instance, one.config, one.path)
		}})
	}
	return checks
}

// refuses calls everything that takes a configuration.
func refuses(t *testing.T, instance Instance, json, path string) {
	t.Helper()
	config := &pluginv1.Config{Json: []byte(json)}
	check := func(who string, diags []*pluginv1.Diagnostic, whole proto.Message) {
		t.Helper()
		found := errorsIn(diags)
		if len(found) == 0 {
			t.Fatalf("%s takes it", who)
		}
		var at []string
		for _, one := range found {
			at = append(at, one.GetPath())
			if one.GetSummary() == "" {
				t.Errorf("%s does not say what is wrong", who)
			}
		}
		if path != "" && !containsAny("\n"+strings.Join(at, "\n")+"\n", "\n"+path+"\n") {
			t.Errorf("%s names %q, not %s", who, at, path)
		}
		if strings.Contains(prototext.Format(whole), key) {
			t.Errorf("%s repeats the key", who)
		}
	}
	valid, err := instance.Client.ValidateConfig(t.Context(), &pluginv1.ValidateConfigRequest{Config: config})
	if err != nil {
		t.Fatal(err)
	}
	check("ValidateConfig", valid.GetDiagnostics(), valid)
	planned, err := instance.Client.Plan(t.Context(), &pluginv1.PlanRequest{Config: config})
	if err != nil {
		t.Fatal(err)
	}
	if planned.GetPlan() != nil {
		t.Errorf("there is a plan: %v", planned.GetPlan())
	}
	check("Plan", planned.GetDiagnostics(), planned)

	r := readAll(t, instance, &pluginv1.ReadRequest{Config: config, Table: table, StateDir: t.TempDir()})
	r.must(t, pluginv1.Outcome_OUTCOME_FAILED)
	check("Read", r.result.GetDiagnostics(), r.result)
	written := exportAll(t, instance, &pluginv1.ExportRequest{Config: config, StateDir: t.TempDir()})
	written.must(t, pluginv1.Outcome_OUTCOME_FAILED)
	check("Export", written.result.GetDiagnostics(), written.result)
	for _, err := range []error{r.err, written.err} {
		if strings.Contains(status.Convert(err).Message(), key) {
			t.Errorf("the status repeats the key: %v", err)
		}
	}
}

func containsAny(text string, parts ...string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}
