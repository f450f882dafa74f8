package cloudquery_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/doortest"
	"github.com/lemexport/lemexport/plugin/cloudquery"
	discoveryv1 "github.com/lemexport/lemexport/plugin/cloudquery/proto/cloudquery/discovery/v1"
	pluginv3 "github.com/lemexport/lemexport/plugin/cloudquery/proto/cloudquery/plugin/v3"
	"github.com/lemexport/lemexport/plugin/door"
	"github.com/lemexport/lemexport/schema"
)

const key = "q7w8e9r0t1y2u3i4"

const minimal = `{"api_key": "` + key + `"}`

func TestDiscovery(t *testing.T) {
	address, _ := serve(t, &doortest.Engine{})
	connection := connect(t, address)
	versions, err := discoveryv1.NewDiscoveryClient(connection).GetVersions(t.Context(), &discoveryv1.GetVersionsRequest{})
	if err != nil || !slices.Equal(versions.GetVersions(), []uint64{3}) {
		t.Errorf("versions %v, %v", versions, err)
	}
	client := pluginv3.NewPluginClient(connection)
	name, nameErr := client.GetName(t.Context(), &pluginv3.GetNameRequest{})
	version, versionErr := client.GetVersion(t.Context(), &pluginv3.GetVersionRequest{})
	if err := errors.Join(nameErr, versionErr); err != nil || name.GetName() != "lemlist" || version.GetVersion() != "1.2.3" {
		t.Errorf("%v %v, %v", name, version, err)
	}
}

// Every table is described before the rows of the first one.
func TestSync(t *testing.T) {
	names := schema.TableNames()
	for title, test := range map[string]struct {
		request *pluginv3.SyncRequest
		want    []string
	}{
		"everything":  {&pluginv3.SyncRequest{Tables: []string{"*"}}, names},
		"no filter":   {&pluginv3.SyncRequest{}, names},
		"one table":   {&pluginv3.SyncRequest{Tables: names[1:2]}, names[1:2]},
		"a pattern":   {&pluginv3.SyncRequest{Tables: []string{names[0][:5] + "*" + names[0][8:]}}, names[:1]},
		"without one": {&pluginv3.SyncRequest{Tables: []string{"*"}, SkipTables: names[:1]}, names[1:]},
		"the first of shards": {
			&pluginv3.SyncRequest{Tables: names[:1], Shard: &pluginv3.Shard{Num: 1, Total: 2}}, names[:1],
		},
		"another shard": {&pluginv3.SyncRequest{Tables: names[:1], Shard: &pluginv3.Shard{Num: 2, Total: 2}}, nil},
	} {
		t.Run(title, func(t *testing.T) {
			client := initialized(t, &doortest.Engine{Batches: []int{2, 1}}, minimal)
			got, err := sync(t, client, test.request)
			if err != nil {
				t.Fatal(err)
			}
			var want []message
			for _, name := range test.want {
				want = append(want, message{Table: name, Migrate: true})
			}
			for _, name := range test.want {
				want = append(want, message{Table: name, Rows: 2}, message{Table: name, Rows: 1})
			}
			if diff := cmp.Diff(want, got.messages); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
		})
	}
}

// A batch that is larger than a host accepts is sent in parts, without a loss.
func TestLargeBatchesAreSplit(t *testing.T) {
	const rows, limit = 30_000, 2 << 20
	client := initialized(t, &doortest.Engine{Batches: []int{rows}}, minimal)
	got, err := sync(t, client, &pluginv3.SyncRequest{Tables: []string{schema.Default().Name}})
	if err != nil {
		t.Fatal(err)
	}
	total := int64(0)
	for _, one := range got.messages {
		total += one.Rows
	}
	if total != rows || len(got.messages) < 3 || got.largest > limit {
		t.Errorf("%d rows in %d messages of up to %d bytes", total, len(got.messages), got.largest)
	}
}

// failing reads all tables but one.
type failing struct {
	*doortest.Engine
	table string
	err   error
}

func (f failing) Read(job exporter.Job, table string, since []byte) door.Reading {
	if table == f.table {
		return (&doortest.Engine{Err: f.err}).Read(job, table, since)
	}
	return f.Engine.Read(job, table, since)
}

// The failure of the last table comes before the rows of the first one.
func TestUnprovenTableFailsTheSyncWithoutRows(t *testing.T) {
	names := schema.TableNames()
	unproven := exporter.WithHint(fmt.Errorf("%w: a page is missing", exporter.ErrIncomplete), "Sync again.")
	for err, want := range map[error]codes.Code{
		unproven: codes.Aborted, exporter.ErrNoAccess: codes.PermissionDenied, exporter.ErrKeyRefused: codes.Unauthenticated, errors.New("no\nnetwork"): codes.Unknown,
	} {
		client := initialized(t, failing{&doortest.Engine{Batches: []int{2}}, names[len(names)-1], err}, minimal)
		got, failed := sync(t, client, &pluginv3.SyncRequest{})
		text := status.Convert(failed).Message()
		if status.Code(failed) != want || !strings.HasPrefix(text, "table "+names[len(names)-1]+": ") || strings.Contains(text, "\n") {
			t.Errorf("%v: %v", err, failed)
		}
		if errors.Is(err, unproven) && !strings.HasSuffix(text, "a page is missing. Sync again.") {
			t.Errorf("no hint: %s", text)
		}
		if len(got.records) > 0 {
			t.Errorf("%v: %d batches were sent", err, len(got.records))
		}
	}
}

func TestRefusals(t *testing.T) {
	client := initialized(t, &doortest.Engine{Batches: []int{1}}, minimal)
	for want, request := range map[string]*pluginv3.SyncRequest{
		`no table matches "inbox" in tables. The tables are: `:  {Tables: []string{"*", "inbox"}},
		`no table matches "nosuch" in skip_tables.`:             {SkipTables: []string{"nosuch"}},
		`skip_tables leaves out every table`:                    {SkipTables: []string{"*"}},
		`invalid pattern "[" in tables`:                         {Tables: []string{"["}},
		`backend_options is not supported: CloudQuery stores`:   {Backend: &pluginv3.BackendOptions{TableName: "state"}},
		`backend_options is not supported: CloudQuery stores t`: {Backend: &pluginv3.BackendOptions{Connection: "localhost:1"}},
	} {
		got, err := sync(t, client, request)
		if status.Code(err) != codes.InvalidArgument || !strings.Contains(status.Convert(err).Message(), want) || got.messages != nil {
			t.Errorf("%v: %v", request, err)
		}
	}
	if got, err := sync(t, client, &pluginv3.SyncRequest{Backend: new(pluginv3.BackendOptions)}); err != nil || got.messages == nil {
		t.Errorf("an empty backend: %v", err)
	}
}

// Another connection, perhaps of another user, cannot read with the key of this one.
func TestSpecBelongsToItsConnection(t *testing.T) {
	address, _ := serve(t, &doortest.Engine{Batches: []int{1}})
	first, second := pluginv3.NewPluginClient(connect(t, address)), pluginv3.NewPluginClient(connect(t, address))
	if _, err := first.Init(t.Context(), &pluginv3.InitRequest{Spec: []byte(minimal)}); err != nil {
		t.Fatal(err)
	}
	for _, client := range []pluginv3.PluginClient{first, second} {
		_, err := sync(t, client, &pluginv3.SyncRequest{})
		if refused := err != nil; refused != (client == second) {
			t.Errorf("second %v: %v", client == second, err)
		}
	}
	if _, err := first.Close(t.Context(), &pluginv3.CloseRequest{}); err != nil {
		t.Fatal(err)
	}
	if _, err := first.GetTables(t.Context(), &pluginv3.GetTablesRequest{}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("after Close: %v", err)
	}
}

func TestTables(t *testing.T) {
	address, _ := serve(t, &doortest.Engine{})
	client := pluginv3.NewPluginClient(connect(t, address))
	if _, err := client.Init(t.Context(), &pluginv3.InitRequest{NoConnection: true}); err != nil {
		t.Fatal(err)
	}
	response, err := client.GetTables(t.Context(), &pluginv3.GetTablesRequest{Tables: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	for i, table := range schema.Tables() {
		described, _ := decode(t, response.GetTables()[i])
		meta := described.Metadata()
		for _, name := range []string{"cq:table_name", "cq:table_description", "cq:table_title"} {
			if value, ok := meta.GetValue(name); !ok || value == "" {
				t.Errorf("%s: no %s", table.Name, name)
			}
		}
		for _, field := range described.Fields() {
			_, primary := field.Metadata.GetValue("cq:extension:primary_key")
			if primary != (field.Name == table.NameOf(schema.RoleKey)) {
				t.Errorf("%s.%s: primary key %v", table.Name, field.Name, primary)
			}
			if _, ok := field.Metadata.GetValue(schema.MetaFieldID); ok {
				t.Errorf("%s.%s has a field id", table.Name, field.Name)
			}
		}
	}
}

// Lists and structs are Arrow's, or JSON documents; the column of unknown values always
// is one.
func TestNested(t *testing.T) {
	kinds := func(spec string) map[string]string {
		got, err := sync(t, initialized(t, &doortest.Engine{Batches: []int{1}}, spec), &pluginv3.SyncRequest{Tables: []string{schema.Default().Name}})
		if err != nil {
			t.Fatal(err)
		}
		kinds := make(map[string]string)
		for i, column := range schema.Default().Columns {
			values := got.records[0].Column(i)
			if column.Type != schema.List && column.Type != schema.Struct && column.Type != schema.JSON {
				continue
			}
			kinds[column.Name] = values.DataType().Name()
			if extension, ok := got.schemas[schema.Default().Name].Field(i).Metadata.GetValue("ARROW:extension:name"); ok {
				kinds[column.Name] += " " + extension
			}
		}
		return kinds
	}
	native := map[string]string{"channels": "list", "users": "list", "opportunities": "list", "contact": "struct", "extra": "binary json"}
	documents := map[string]string{"channels": "binary json", "users": "binary json", "opportunities": "binary json", "contact": "binary json", "extra": "binary json"}
	for spec, want := range map[string]map[string]string{
		minimal: native,
		`{"nested": "arrow", "api_key": "` + key + `"}`: native,
		`{"api_key": "` + key + `", "nested": "json"}`:  documents,
	} {
		if diff := cmp.Diff(want, kinds(spec)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", spec, diff)
		}
	}
}

func TestTestConnection(t *testing.T) {
	engine := &doortest.Engine{}
	address, _ := serve(t, engine)
	client := pluginv3.NewPluginClient(connect(t, address))
	for _, test := range []struct {
		spec string
		err  error
		want *pluginv3.TestConnectionResponse
	}{
		{minimal, nil, &pluginv3.TestConnectionResponse{Success: true}},
		{`{"users": []}`, nil, &pluginv3.TestConnectionResponse{FailureCode: "INVALID_SPEC"}},
		{minimal, exporter.ErrNoAccess, &pluginv3.TestConnectionResponse{FailureCode: "INVALID_CREDENTIALS"}},
		{minimal, exporter.ErrKeyRefused, &pluginv3.TestConnectionResponse{FailureCode: "INVALID_CREDENTIALS"}},
		{minimal, errors.New("no network"), &pluginv3.TestConnectionResponse{FailureCode: "OTHER"}},
	} {
		engine.Err = test.err
		got, err := client.TestConnection(t.Context(), &pluginv3.TestConnectionRequest{Spec: []byte(test.spec)})
		if err != nil || got.GetSuccess() != test.want.GetSuccess() || got.GetFailureCode() != test.want.GetFailureCode() || got.GetSuccess() == (got.GetFailureDescription() != "") {
			t.Errorf("%s, %v: %v, %v", test.spec, test.err, got, err)
		}
	}
}

// waiting is an engine whose readings last until their context ends.
type waiting struct {
	*doortest.Engine
	begun, ended chan struct{}
}

func (w waiting) Read(job exporter.Job, table string, since []byte) door.Reading {
	return waitingReading{w.Engine.Read(job, table, since), w}
}

type waitingReading struct {
	door.Reading
	waiting
}

func (w waitingReading) Batches(ctx context.Context) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		close(w.begun)
		<-ctx.Done()
		close(w.ended)
		yield(nil, ctx.Err())
	}
}

// Stopping cancels what runs, and waits until it has ended.
func TestStopEndsASync(t *testing.T) {
	engine := waiting{Engine: new(doortest.Engine), begun: make(chan struct{}), ended: make(chan struct{})}
	address, stop := serve(t, engine)
	client := pluginv3.NewPluginClient(connect(t, address))
	if _, err := client.Init(t.Context(), &pluginv3.InitRequest{Spec: []byte(minimal)}); err != nil {
		t.Fatal(err)
	}
	stream, err := client.Sync(t.Context(), &pluginv3.SyncRequest{Tables: schema.TableNames()[:1]})
	if err != nil {
		t.Fatal(err)
	}
	<-engine.begun
	if err := stop(); err != nil {
		t.Errorf("the end of the server: %v", err)
	}
	select {
	case <-engine.ended:
	default:
		t.Error("the server has ended before the reading")
	}
	for err == nil {
		_, err = stream.Recv()
	}
	if errors.Is(err, io.EOF) {
		t.Error("the sync looks complete")
	}
}

func TestListenRefusesOtherMachines(t *testing.T) {
	for address, accepted := range map[string]bool{"127.0.0.1:0": true, "localhost:0": true, "0.0.0.0:0": false, ":0": false, "192.0.2.1:7777": false, "7777": false} {
		listener, err := cloudquery.Listen(t.Context(), "tcp", address)
		if (err == nil) != accepted {
			t.Errorf("%s: %v", address, err)
		}
		if err == nil {
			_ = listener.Close()
		}
	}
	if _, err := cloudquery.Listen(t.Context(), "udp", "127.0.0.1:0"); err == nil {
		t.Error("another network is accepted")
	}
}
