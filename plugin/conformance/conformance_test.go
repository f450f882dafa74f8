package conformance_test

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/arrowipc"
	"github.com/lemexport/lemexport/exporter/config"
	"github.com/lemexport/lemexport/exporter/lemlist"
	"github.com/lemexport/lemexport/exporter/parquet"
	"github.com/lemexport/lemexport/exporter/store"
	"github.com/lemexport/lemexport/exporter/store/journal"
	"github.com/lemexport/lemexport/exporter/store/scratch"
	"github.com/lemexport/lemexport/plugin"
	"github.com/lemexport/lemexport/plugin/conformance"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Over a real listener, in this process. The real binary is tested with the
// same suite by the tests of main.
func TestServerInProcess(t *testing.T) { conformance.Run(t, serve) }

func serve(t *testing.T) conformance.Instance {
	scratch := t.TempDir()
	server := plugin.NewServer(plugin.Options{
		Tool:        exporter.Tool{Name: "lemexport", Version: "test"},
		ParseConfig: config.LoadJSON,
		NewEngine: func(log *slog.Logger, stateDir string) *exporter.Engine {
			return engine(log, scratch, stateDir)
		},
		Log: slog.New(slog.DiscardHandler),
	})
	transport := grpc.NewServer()
	pluginv1.RegisterExporterServer(transport, server)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = transport.Serve(listener) }) // ends with Stop
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		transport.Stop()
		serving.Wait()
	})
	return conformance.Instance{Client: pluginv1.NewExporterClient(conn), Kill: transport.Stop}
}

func engine(log *slog.Logger, scratchDir, stateDir string) *exporter.Engine {
	var workspace exporter.Workspace
	if stateDir != "" {
		workspace = journal.NewWorkspace(stateDir)
	}
	return &exporter.Engine{
		OpenSource: func(_ context.Context, source exporter.SourceConfig, obs exporter.Observer) (exporter.Source, error) {
			return lemlist.Open(lemlist.Options{
				Endpoint: source.Endpoint, Key: source.APIKey, Users: source.Users, Observer: obs, Logger: log, Unlimited: true,
			})
		},
		OpenDestination: store.Open,
		Formats:         map[string]exporter.Format{"parquet": parquet.Format{Version: "test"}, "arrow": arrowipc.Format{}},
		Scratch:         scratch.New(scratchDir),
		Workspace:       workspace,
		ReadJournal:     lemlist.Kept,
		Tool:            exporter.Tool{Name: "lemexport", Version: "test"},
		Now:             time.Now,
		NewRunID:        func() string { return uuid.Must(uuid.NewV7()).String() },
	}
}
