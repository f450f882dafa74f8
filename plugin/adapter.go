package plugin

import (
	"context"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// adapter is what go-plugin wants to know of a plugin. The server is nil in a
// host.
type adapter struct {
	goplugin.NetRPCUnsupportedPlugin
	server *Server
}

// GRPCServer implements goplugin.GRPCPlugin.
func (a adapter) GRPCServer(_ *goplugin.GRPCBroker, registrar *grpc.Server) error {
	pluginv1.RegisterExporterServer(registrar, a.server)
	return nil
}

// GRPCClient implements goplugin.GRPCPlugin.
func (a adapter) GRPCClient(_ context.Context, _ *goplugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return pluginv1.NewExporterClient(conn), nil
}

func versions(server *Server) map[int]goplugin.PluginSet {
	return map[int]goplugin.PluginSet{ProtocolVersion: {Name: adapter{server: server}}}
}
