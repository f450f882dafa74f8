package plugin

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"google.golang.org/grpc"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/plugin/convert"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
	"github.com/lemexport/lemexport/schema"
)

// Options are what a server needs from outside. Every field is required.
type Options struct {
	// Tool is the program that Describe names, Commit the one it was built from.
	Tool   exporter.Tool
	Commit string
	// ParseConfig reads a configuration in JSON.
	ParseConfig func(body []byte) (exporter.Job, exporter.Diagnostics)
	// NewEngine makes the engine of one call. stateDir is where the journal of an
	// interrupted run is kept, "" for the default place. With it so many calls run, which
	// share the memory of the process.
	NewEngine func(log *slog.Logger, stateDir string, running int) *engine.Engine
	Log       *slog.Logger
}

// Server implements pluginv1.ExporterServer with the engine. Its methods are the
// calls of the protocol, in the protocol's order.
type Server struct {
	pluginv1.UnimplementedExporterServer
	options Options
	calls   *calls
	// ended is closed when the plugin is to end, with its streams to go-plugin's client.
	ended   chan struct{}
	endOnce sync.Once
}

// NewServer makes a server. It need not be closed.
func NewServer(options Options) *Server {
	return &Server{options: options, calls: newCalls(), ended: make(chan struct{})}
}

// Describe implements pluginv1.ExporterServer.
func (s *Server) Describe(context.Context, *pluginv1.DescribeRequest) (*pluginv1.DescribeResponse, error) {
	response := &pluginv1.DescribeResponse{Name: s.options.Tool.Name, Version: s.options.Tool.Version, Commit: s.options.Commit}
	for _, table := range schema.Tables() {
		response.Tables = append(response.Tables, convert.FromTable(table))
	}
	response.Formats = s.engine("").FormatNames()
	return response, nil
}

// GetSchema implements pluginv1.ExporterServer.
func (s *Server) GetSchema(_ context.Context, request *pluginv1.GetSchemaRequest) (*pluginv1.GetSchemaResponse, error) {
	table, ok := schema.Lookup(request.GetTable())
	if !ok {
		return &pluginv1.GetSchemaResponse{Diagnostics: convert.FromDiagnostics(exporter.Diagnose(unknownTable(request.GetTable())))}, nil
	}
	body, err := schemaMessage(table.Arrow())
	if err != nil {
		return nil, err
	}
	return &pluginv1.GetSchemaResponse{ArrowSchema: body, Table: convert.FromTable(table)}, nil
}

// ValidateConfig implements pluginv1.ExporterServer.
func (s *Server) ValidateConfig(_ context.Context, request *pluginv1.ValidateConfigRequest) (*pluginv1.ValidateConfigResponse, error) {
	_, diags := s.options.ParseConfig(request.GetConfig().GetJson())
	return &pluginv1.ValidateConfigResponse{Diagnostics: convert.FromDiagnostics(diags)}, nil
}

// Plan implements pluginv1.ExporterServer.
func (s *Server) Plan(ctx context.Context, request *pluginv1.PlanRequest) (*pluginv1.PlanResponse, error) {
	ctx, end, err := s.calls.begin(ctx)
	defer end()
	if err != nil {
		return &pluginv1.PlanResponse{Diagnostics: convert.FromDiagnostics(exporter.Diagnose(err))}, nil
	}
	job, diags := s.options.ParseConfig(request.GetConfig().GetJson())
	response := &pluginv1.PlanResponse{Diagnostics: convert.FromDiagnostics(diags)}
	if diags.HasErrors() {
		return response, nil
	}
	plan, err := s.plan(ctx, job)
	if err != nil {
		if cancelled := cancelledByHost(ctx); cancelled != nil {
			return nil, cancelled
		}
		response.Diagnostics = append(response.Diagnostics, convert.FromDiagnostics(exporter.Diagnose(err))...)
		return response, nil
	}
	response.Diagnostics = append(response.Diagnostics, convert.FromDiagnostics(plan.Warnings())...)
	response.Plan, err = convert.FromPlan(plan)
	return response, err
}

func (s *Server) plan(ctx context.Context, job exporter.Job) (plan engine.Plan, err error) {
	run, err := s.engine("").Start(ctx, job, exporter.Unobserved{})
	if err != nil {
		return engine.Plan{}, err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	return run.Plan(ctx)
}

// Read implements pluginv1.ExporterServer.
func (s *Server) Read(request *pluginv1.ReadRequest, stream grpc.ServerStreamingServer[pluginv1.ReadResponse]) error {
	engine := s.engine(request.GetStateDir())
	events, to := newEventBuffer(engine.Now), newSender(stream.Send, eventOfRead)
	call := readCall{engine: engine, options: s.options, request: request, events: events, to: to}
	return answer(stream.Context(), s.calls, events, to, call.run, resultOfRead)
}

// Export implements pluginv1.ExporterServer.
func (s *Server) Export(request *pluginv1.ExportRequest, stream grpc.ServerStreamingServer[pluginv1.ExportResponse]) error {
	engine := s.engine(request.GetStateDir())
	events, to := newEventBuffer(engine.Now), newSender(stream.Send, eventOfExport)
	call := exportCall{engine: engine, options: s.options, request: request, events: events}
	return answer(stream.Context(), s.calls, events, to, call.run, resultOfExport)
}

// Stop implements pluginv1.ExporterServer.
func (s *Server) Stop(context.Context, *pluginv1.StopRequest) (*pluginv1.StopResponse, error) {
	stopped := s.calls.stop(errStopped)
	s.end()
	return &pluginv1.StopResponse{Ended: int32(stopped)}, nil
}

// end makes Serve return.
func (s *Server) end() { s.endOnce.Do(func() { close(s.ended) }) }

func (s *Server) engine(stateDir string) *engine.Engine {
	return s.options.NewEngine(s.options.Log, stateDir, s.calls.number()+1)
}
