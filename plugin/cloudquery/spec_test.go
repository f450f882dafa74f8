package cloudquery_test

import (
	"encoding/json"
	"strings"
	"testing"

	"google.golang.org/grpc/status"

	"github.com/lemexport/lemexport/internal/test/doortest"
	pluginv3 "github.com/lemexport/lemexport/plugin/cloudquery/proto/cloudquery/plugin/v3"
)

func TestSpecErrorsNameTheirPlace(t *testing.T) {
	address, _ := serve(t, &doortest.Engine{})
	client := pluginv3.NewPluginClient(connect(t, address))
	for spec, want := range map[string]string{
		`{"api_key": "` + key + `", "nested": "json", "users": 5}`:             "in spec at /users: Wrong type",
		`{"nested": "json", "api_key": "` + key + `", "user": []}`:             `in spec at /user: Unknown attribute "user"`,
		`{"api_key": "` + key + `", "nested": "` + key + `"}`:                  "in spec at /nested: Invalid value. Use",
		`{"api_key": "` + key + `", "nested": {"a": [1]}}`:                     "in spec at /nested: Invalid value",
		`{"api_key": "` + key + `", "full_every": "1h"}`:                       "in spec at /full_every: Unsupported attribute. Every sync",
		`{"api_key": "` + key + `", "columns": {"team_users": {"hash": [1]}}}`: "in spec at /columns/team_users/hash",
		`{"api_key": "` + key + `", "api_key": "` + key + `"}`:                 "in spec at /api_key",
		`{"api_key": "` + key: "Not a configuration in JSON",
		`["` + key + `"]`:     "Not a configuration in JSON",
		``:                    "in spec: ",
		`null`:                "in spec: ",
	} {
		_, err := client.Init(t.Context(), &pluginv3.InitRequest{Spec: []byte(spec)})
		if text := status.Convert(err).Message(); err == nil || !strings.Contains(text, want) || strings.Contains(text, key) {
			t.Errorf("%s: %v, want %s", spec, err, want)
		}
	}
}

func TestSpecSchema(t *testing.T) {
	address, _ := serve(t, &doortest.Engine{})
	response, err := pluginv3.NewPluginClient(connect(t, address)).GetSpecSchema(t.Context(), &pluginv3.GetSpecSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var described struct {
		Properties map[string]json.RawMessage
		Additional *bool `json:"additionalProperties"`
	}
	if err := json.Unmarshal([]byte(response.GetJsonSchema()), &described); err != nil {
		t.Fatal(err)
	}
	if described.Additional == nil || *described.Additional {
		t.Error("a host does not find misspelt members")
	}
	for name, want := range map[string]bool{"api_key": true, "columns": true, "nested": true, "full_every": false} {
		if _, ok := described.Properties[name]; ok != want {
			t.Errorf("%s: %v", name, ok)
		}
	}
	if strings.Contains(response.GetJsonSchema(), "airbyte") {
		t.Error("the schema has keywords of another protocol")
	}
}
