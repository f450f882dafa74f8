package cloudquery

import (
	"context"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	pluginv3 "github.com/lemexport/lemexport/plugin/cloudquery/proto/cloudquery/plugin/v3"
	"github.com/lemexport/lemexport/plugin/door"
)

// Source is what a host reads.
type Source struct {
	Engine door.Engine
	// Parse reads the spec of a host without the members that only this door has.
	Parse func(body []byte) (exporter.Job, exporter.Diagnostics)
	// Warn shows the warnings about a spec. Calls run at the same time.
	Warn func(exporter.Diagnostics)
	// Version is that of the program.
	Version string
}

// spec reads a spec and shows its warnings.
func (s Source) spec(body []byte) (*spec, error) {
	parsed, warnings, err := parser(s.Parse).parse(body)
	if err != nil {
		return nil, err
	}
	s.Warn(warnings)
	return parsed, nil
}

// server implements the calls of a source; those of destinations are unimplemented.
type server struct {
	pluginv3.UnimplementedPluginServer
	Source
}

// GetName implements the call of that name.
func (*server) GetName(context.Context, *pluginv3.GetNameRequest) (*pluginv3.GetNameResponse, error) {
	return &pluginv3.GetNameResponse{Name: "lemlist"}, nil
}

// GetVersion implements the call of that name.
func (s *server) GetVersion(context.Context, *pluginv3.GetVersionRequest) (*pluginv3.GetVersionResponse, error) {
	return &pluginv3.GetVersionResponse{Version: s.Version}, nil
}

// GetSpecSchema implements the call of that name.
func (*server) GetSpecSchema(context.Context, *pluginv3.GetSpecSchemaRequest) (*pluginv3.GetSpecSchemaResponse, error) {
	text, err := specSchema()
	if err != nil {
		return nil, statusOf(err)
	}
	return &pluginv3.GetSpecSchemaResponse{JsonSchema: &text}, nil
}

// Init checks the spec. A host that only wants the tables may not have one.
func (s *server) Init(ctx context.Context, request *pluginv3.InitRequest) (*pluginv3.InitResponse, error) {
	parsed := new(spec)
	if text := strings.TrimSpace(string(request.GetSpec())); !request.GetNoConnection() || text != "" && text != "{}" && text != "null" {
		var err error
		if parsed, err = s.spec(request.GetSpec()); err != nil {
			return nil, statusOf(err)
		}
	}
	sessionOf(ctx).set(parsed)
	return &pluginv3.InitResponse{}, nil
}

// GetTables implements the call of that name.
func (*server) GetTables(ctx context.Context, request *pluginv3.GetTablesRequest) (*pluginv3.GetTablesResponse, error) {
	configured, err := sessionOf(ctx).configured()
	if err != nil {
		return nil, statusOf(err)
	}
	selected, err := configured.tables(request.GetTables(), request.GetSkipTables())
	if err != nil {
		return nil, statusOf(err)
	}
	response := new(pluginv3.GetTablesResponse)
	for _, one := range selected {
		described, err := encode(one.schema)
		if err != nil {
			return nil, statusOf(err)
		}
		response.Tables = append(response.Tables, described)
	}
	return response, nil
}

// TestConnection asks the API for the team. Failures are data, not the status of the call.
func (s *server) TestConnection(ctx context.Context, request *pluginv3.TestConnectionRequest) (*pluginv3.TestConnectionResponse, error) {
	parsed, err := s.spec(request.GetSpec())
	if err == nil {
		err = s.Engine.Check(ctx, parsed.job)
	}
	if err == nil {
		return &pluginv3.TestConnectionResponse{Success: true}, nil
	}
	return &pluginv3.TestConnectionResponse{FailureCode: failureCode(err), FailureDescription: door.Sentence(err)}, nil
}

// Sync sends all tables, then their rows, when the walk of every table is proven complete.
func (s *server) Sync(request *pluginv3.SyncRequest, to pluginv3.Plugin_SyncServer) error {
	selected, err := wanted(to.Context(), request)
	if err != nil {
		return statusOf(err)
	}
	if request.GetShard().GetNum() > 1 {
		return nil // the first shard reads everything
	}
	for _, one := range selected {
		described, err := encode(one.schema)
		if err == nil {
			err = to.Send(&pluginv3.SyncResponse{Message: &pluginv3.SyncResponse_MigrateTable{
				MigrateTable: &pluginv3.MigrateTable{Table: described},
			}})
		}
		if err != nil {
			return statusOf(err)
		}
	}
	if err := sendRows(to, s.Engine, selected); err != nil {
		return statusOf(err)
	}
	return nil
}

// Close forgets the spec of the connection.
func (*server) Close(ctx context.Context, _ *pluginv3.CloseRequest) (*pluginv3.CloseResponse, error) {
	sessionOf(ctx).set(nil)
	return &pluginv3.CloseResponse{}, nil
}
