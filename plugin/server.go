package plugin

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/lemexport/lemexport/exporter"
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
	// NewEngine makes the engine of one call. stateDir is where a walk that is cut
	// short is kept, "" for the usual place.
	NewEngine func(log *slog.Logger, stateDir string) *exporter.Engine
	Log       *slog.Logger
}

// Server answers hosts with the engine. It implements pluginv1.ExporterServer.
type Server struct {
	pluginv1.UnimplementedExporterServer
	options Options

	// stopped is closed when Stop has ended everything.
	stopped  chan struct{}
	mu       sync.Mutex
	stopping error // why; nil while calls are welcome
	calls    map[*call]struct{}
	idle     chan struct{} // closed when no call runs and none is welcome
}

// call is a Read or an Export under way.
type call struct{ cancel context.CancelCauseFunc }

// patience is how long a stopping server waits for its calls. One whose host
// takes nothing ends only with the connection.
const patience = 5 * time.Second

// The causes that end calls.
var (
	errStopped  = errors.New("the host has stopped the plugin")
	errHostGone = errors.New("the host has closed the connection")
)

// NewServer makes a server. It holds nothing that has to be closed.
func NewServer(options Options) *Server {
	return &Server{options: options, stopped: make(chan struct{}), calls: make(map[*call]struct{}), idle: make(chan struct{})}
}

// begin registers a call; end must be called when it is over. When calls are no
// longer welcome, the error says why and is the cause that has ended the context.
func (s *Server) begin(ctx context.Context) (_ context.Context, end func(), err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping != nil {
		cancel(s.stopping)
		return ctx, func() {}, s.stopping
	}
	one := &call{cancel}
	s.calls[one] = struct{}{}
	return ctx, func() {
		cancel(nil)
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.calls, one)
		if s.stopping != nil && len(s.calls) == 0 {
			close(s.idle)
		}
	}, nil
}

// stop ends all calls, waits for them as long as patience allows, and reports
// how many there were.
func (s *Server) stop(why error) int {
	s.mu.Lock()
	if s.stopping == nil {
		s.stopping = why
		if len(s.calls) == 0 {
			close(s.idle)
		}
	}
	for one := range s.calls {
		one.cancel(why)
	}
	ended := len(s.calls)
	s.mu.Unlock()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-s.idle:
	case <-late.C:
	}
	return ended
}

// Describe implements pluginv1.ExporterServer.
func (s *Server) Describe(context.Context, *pluginv1.DescribeRequest) (*pluginv1.DescribeResponse, error) {
	response := &pluginv1.DescribeResponse{Name: s.options.Tool.Name, Version: s.options.Tool.Version, Commit: s.options.Commit}
	for _, table := range schema.Tables() {
		response.Tables = append(response.Tables, tableInfo(table))
	}
	response.Formats = s.engine("").FormatNames()
	return response, nil
}

// GetSchema implements pluginv1.ExporterServer.
func (s *Server) GetSchema(_ context.Context, request *pluginv1.GetSchemaRequest) (*pluginv1.GetSchemaResponse, error) {
	table, ok := schema.Lookup(request.GetTable())
	if !ok {
		return &pluginv1.GetSchemaResponse{Diagnostics: fromDiagnostics(diagnose(unknownTable(request.GetTable())))}, nil
	}
	body, err := schemaMessage(table.Arrow())
	if err != nil {
		return nil, err
	}
	return &pluginv1.GetSchemaResponse{ArrowSchema: body, Table: tableInfo(table)}, nil
}

// ValidateConfig implements pluginv1.ExporterServer.
func (s *Server) ValidateConfig(_ context.Context, request *pluginv1.ValidateConfigRequest) (*pluginv1.ValidateConfigResponse, error) {
	_, diags := s.options.ParseConfig(request.GetConfig().GetJson())
	return &pluginv1.ValidateConfigResponse{Diagnostics: fromDiagnostics(diags)}, nil
}

// Plan implements pluginv1.ExporterServer.
func (s *Server) Plan(ctx context.Context, request *pluginv1.PlanRequest) (*pluginv1.PlanResponse, error) {
	ctx, end, err := s.begin(ctx)
	defer end()
	if err != nil {
		return &pluginv1.PlanResponse{Diagnostics: fromDiagnostics(diagnose(err))}, nil
	}
	job, diags := s.options.ParseConfig(request.GetConfig().GetJson())
	response := &pluginv1.PlanResponse{Diagnostics: fromDiagnostics(diags)}
	if diags.HasErrors() {
		return response, nil
	}
	plan, err := s.plan(ctx, job)
	if err != nil {
		if hung := hungUp(ctx); hung != nil {
			return nil, hung
		}
		response.Diagnostics = append(response.Diagnostics, fromDiagnostics(diagnose(err))...)
		return response, nil
	}
	response.Diagnostics = append(response.Diagnostics, fromDiagnostics(plan.Warnings())...)
	response.Plan, err = fromPlan(plan)
	return response, err
}

func (s *Server) plan(ctx context.Context, job exporter.Job) (plan exporter.Plan, err error) {
	run, err := s.engine("").Start(ctx, job, deaf{})
	if err != nil {
		return exporter.Plan{}, err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	return run.Plan(ctx)
}

// Stop implements pluginv1.ExporterServer.
func (s *Server) Stop(context.Context, *pluginv1.StopRequest) (*pluginv1.StopResponse, error) {
	ended := s.stop(errStopped)
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.stopped: // by another Stop
	default:
		close(s.stopped)
	}
	return &pluginv1.StopResponse{Ended: int32(ended)}, nil
}

func (s *Server) engine(stateDir string) *exporter.Engine {
	return s.options.NewEngine(s.options.Log, stateDir)
}

// deaf observes nothing.
type deaf struct{}

// Observe implements exporter.Observer.
func (deaf) Observe(exporter.Event) {}
