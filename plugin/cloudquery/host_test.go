package cloudquery_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/config"
	"github.com/lemexport/lemexport/plugin/cloudquery"
	pluginv3 "github.com/lemexport/lemexport/plugin/cloudquery/proto/cloudquery/plugin/v3"
	"github.com/lemexport/lemexport/plugin/door"
)

// serve starts a source on a socket, which ends with the test. The function stops it.
func serve(t *testing.T, engine door.Engine) (address string, stop func() error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	listener, err := cloudquery.Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	source := cloudquery.Source{Engine: engine, Parse: config.LoadHost, Warn: func(exporter.Diagnostics) {}, Version: "1.2.3"}
	go func() { ended <- cloudquery.Serve(ctx, listener, source) }()
	stop = func() error {
		cancel()
		err := <-ended
		ended <- err
		return err
	}
	t.Cleanup(func() { _ = stop() })
	return "unix:" + path, stop
}

func connect(t *testing.T, address string) *grpc.ClientConn {
	t.Helper()
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return connection
}

// initialized is a client whose spec was accepted.
func initialized(t *testing.T, engine door.Engine, spec string) pluginv3.PluginClient {
	t.Helper()
	address, _ := serve(t, engine)
	client := pluginv3.NewPluginClient(connect(t, address))
	if _, err := client.Init(t.Context(), &pluginv3.InitRequest{Spec: []byte(spec)}); err != nil {
		t.Fatal(err)
	}
	return client
}

// message is what a host takes out of one message of a sync.
type message struct {
	Table   string
	Migrate bool
	Rows    int64
}

// received is all of a sync.
type received struct {
	messages []message
	schemas  map[string]*arrow.Schema
	records  []arrow.Record
	largest  int
}

func sync(t *testing.T, client pluginv3.PluginClient, request *pluginv3.SyncRequest) (received, error) {
	t.Helper()
	all := received{schemas: make(map[string]*arrow.Schema)}
	stream, err := client.Sync(t.Context(), request)
	if err != nil {
		return all, err
	}
	for {
		response, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		body := response.GetMigrateTable().GetTable()
		migrate := body != nil
		if !migrate {
			body = response.GetInsert().GetRecord()
		}
		schema, records := decode(t, body)
		name, _ := schema.Metadata().GetValue("cq:table_name")
		one := message{Table: name, Migrate: migrate}
		switch {
		case migrate && len(records) == 0:
			all.schemas[name] = schema
		case !migrate && len(records) == 1 && schema.Equal(all.schemas[name]):
			one.Rows = records[0].NumRows()
			all.records = append(all.records, records[0])
		default:
			t.Fatalf("%d batches in a stream with the schema %v, migrate %v", len(records), schema, migrate)
		}
		all.messages, all.largest = append(all.messages, one), max(all.largest, len(body))
	}
}

func decode(t *testing.T, body []byte) (*arrow.Schema, []arrow.Record) {
	t.Helper()
	reader, err := ipc.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var records []arrow.Record
	for reader.Next() {
		rec := reader.Record()
		rec.Retain()
		records = append(records, rec)
	}
	if err := reader.Err(); err != nil {
		t.Fatal(err)
	}
	return reader.Schema(), records
}
