package plugin

import (
	"context"
	"errors"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// ProtocolVersion is the version of the service that both sides speak, see
// go-plugin's "versioned plugins".
const ProtocolVersion = 1

// CookieKey and CookieValue are what a host puts into the plugin's environment,
// so that a program that a person starts can be told from a plugin. It is not
// secret.
const (
	CookieKey   = "LEMEXPORT_PLUGIN"
	CookieValue = "c4a1f7be-lemexport-exporter"
)

// Name is the name under which a go-plugin host dispenses the exporter.
const Name = "exporter"

// Asked says what started this process.
type Asked int

// What a process can be asked for.
const (
	// AskedNothing means no handshake.
	AskedNothing Asked = iota
	// AskedOther is a handshake with another cookie than ours.
	AskedOther
	// AskedToServe is a host's handshake.
	AskedToServe
)

// Handshake reads from the environment whether a host has started this process.
func Handshake(env func(name string) (string, bool)) Asked {
	value, set := env(CookieKey)
	switch {
	case !set:
		return AskedNothing
	case value != CookieValue:
		return AskedOther
	}
	return AskedToServe
}

func handshake() goplugin.HandshakeConfig {
	return goplugin.HandshakeConfig{MagicCookieKey: CookieKey, MagicCookieValue: CookieValue}
}

// adapter registers the service with go-plugin.
type adapter struct {
	goplugin.NetRPCUnsupportedPlugin
	server *Server
}

// GRPCServer implements goplugin.GRPCPlugin.
func (a adapter) GRPCServer(_ *goplugin.GRPCBroker, registrar *grpc.Server) error {
	pluginv1.RegisterExporterServer(registrar, a.server)
	return nil
}

// GRPCClient implements goplugin.GRPCPlugin. Hosts use the package client.
func (adapter) GRPCClient(context.Context, *goplugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.ErrUnsupported
}

func versions(server *Server) map[int]goplugin.PluginSet {
	return map[int]goplugin.PluginSet{ProtocolVersion: {Name: adapter{server: server}}}
}
