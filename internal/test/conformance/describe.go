package conformance

import (
	"bytes"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/ipc"
	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

func described() []check {
	return []check{
		{"what Describe lists, GetSchema gives", func(t *testing.T, instance Instance) {
			what, err := instance.Client.Describe(t.Context(), &pluginv1.DescribeRequest{})
			if err != nil {
				t.Fatal(err)
			}
			if what.GetName() == "" || what.GetVersion() == "" || len(what.GetTables()) == 0 || !slices.Contains(what.GetFormats(), "parquet") {
				t.Errorf("described as %v", what)
			}
			for _, one := range what.GetTables() {
				schema, err := instance.Client.GetSchema(t.Context(), &pluginv1.GetSchemaRequest{Table: one.GetName()})
				if err != nil {
					t.Fatal(err)
				}
				if len(schema.GetDiagnostics()) > 0 || !proto.Equal(schema.GetTable(), one) {
					t.Errorf("%v is described as %v", schema.GetTable(), one)
				}
				reader, err := ipc.NewReader(bytes.NewReader(schema.GetArrowSchema()))
				if err != nil {
					t.Fatal(err)
				}
				defer reader.Release()
				for _, column := range append(slices.Clone(one.GetPrimaryKey()), one.GetVersionColumn()) {
					if !reader.Schema().HasField(column) {
						t.Errorf("%s has no column %s", one.GetName(), column)
					}
				}
				for _, field := range reader.Schema().Fields() {
					checkPlain(t, field.Name, field.Type)
				}
			}
		}},
		{"an unknown table is a diagnostic, not a status", func(t *testing.T, instance Instance) {
			schema, err := instance.Client.GetSchema(t.Context(), &pluginv1.GetSchemaRequest{Table: "outbox"})
			if err != nil || len(errorsIn(schema.GetDiagnostics())) == 0 || len(schema.GetArrowSchema()) > 0 {
				t.Errorf("%v, %v", schema, err)
			}
			w := small(t)
			r := readAll(t, instance, &pluginv1.ReadRequest{Config: &pluginv1.Config{Json: w.config(t, nil)}, Table: "outbox"})
			r.must(t, pluginv1.Outcome_OUTCOME_FAILED)
			if r.rows > 0 || w.requests() > 0 {
				t.Errorf("%d rows, %d requests", r.rows, w.requests())
			}
		}},
		{"Validate asks the API nothing, Plan only for the first pages", func(t *testing.T, instance Instance) {
			w := small(t)
			config := &pluginv1.Config{Json: w.config(t, nil)}
			valid, err := instance.Client.ValidateConfig(t.Context(), &pluginv1.ValidateConfigRequest{Config: config})
			if err != nil || len(errorsIn(valid.GetDiagnostics())) > 0 {
				t.Fatalf("%v, %v", valid, err)
			}
			if w.requests() > 0 {
				t.Errorf("%d requests to validate", w.requests())
			}
			planned, err := instance.Client.Plan(t.Context(), &pluginv1.PlanRequest{Config: config})
			if err != nil || len(errorsIn(planned.GetDiagnostics())) > 0 {
				t.Fatalf("%v, %v", planned, err)
			}
			plan := planned.GetPlan()
			var users []string
			for _, user := range plan.GetUsers() {
				users = append(users, user.GetUserId())
				if list := w.List(user.GetUserId()); user.GetTotalItems() != int64(len(list)) || !user.GetNewestActivity().AsTime().Equal(list[0].LastActivityAt) {
					t.Errorf("%v has %d conversations, the newest of %v", user, len(list), list[0].LastActivityAt)
				}
			}
			if !slices.Equal(users, w.UserIDs()) || plan.GetTeamId() != w.TeamID() || !plan.GetSimulated() || plan.GetConversationsAtMost() < 150 {
				t.Errorf("planned %v", plan)
			}
			if w.requests() != 1+len(users) {
				t.Errorf("%d requests to plan", w.requests())
			}
			r := readAll(t, instance, &pluginv1.ReadRequest{Config: config, Table: table, StateDir: t.TempDir()})
			r.must(t, pluginv1.Outcome_OUTCOME_COMPLETE)
			if r.result.GetProof().GetRequests() != plan.GetRequests() {
				t.Errorf("%d requests were planned, %d made", plan.GetRequests(), r.result.GetProof().GetRequests())
			}
		}},
	}
}
