package cloudquery

import (
	"context"
	"errors"
	"fmt"
	"net"

	"google.golang.org/grpc"

	"github.com/lemexport/lemexport/exporter"
	discoveryv1 "github.com/lemexport/lemexport/plugin/cloudquery/proto/cloudquery/discovery/v1"
	pluginv3 "github.com/lemexport/lemexport/plugin/cloudquery/proto/cloudquery/plugin/v3"
)

// maxRequestBytes bounds a request of a host, which holds a spec.
const maxRequestBytes = 1 << 20

// Listen opens the address that a host connects to. There is no TLS and the host sends a
// key, so the network is "unix", or "tcp" on a loopback address.
func Listen(ctx context.Context, network, address string) (net.Listener, error) {
	switch network {
	case "unix":
	case "tcp":
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, fmt.Errorf("address %q: %w", address, err)
		}
		if !exporter.IsLoopback(host) {
			return nil, exporter.WithHint(fmt.Errorf("refusing to serve on %s without TLS: other machines could connect", address),
				"Use an address of this machine such as localhost:7777, or -network=unix with the path of a socket.")
		}
	default:
		return nil, fmt.Errorf("unsupported network %q: use unix or tcp", network)
	}
	var config net.ListenConfig
	return config.Listen(ctx, network, address)
}

// Serve answers hosts until ctx ends, which cancels running calls, and returns when these
// have ended. It closes the listener.
func Serve(ctx context.Context, listener net.Listener, source Source) error {
	transport := grpc.NewServer(grpc.StatsHandler(sessions{}), grpc.WaitForHandlers(true), grpc.MaxRecvMsgSize(maxRequestBytes))
	discoveryv1.RegisterDiscoveryServer(transport, discovery{})
	pluginv3.RegisterPluginServer(transport, &server{Source: source})
	stop := context.AfterFunc(ctx, transport.Stop)
	defer stop()
	if err := transport.Serve(listener); !errors.Is(err, grpc.ErrServerStopped) {
		return err
	}
	return nil
}

// protocolVersion is that of the package cloudquery.plugin.
const protocolVersion = 3

type discovery struct {
	discoveryv1.UnimplementedDiscoveryServer
}

// GetVersions implements the call of that name.
func (discovery) GetVersions(context.Context, *discoveryv1.GetVersionsRequest) (*discoveryv1.GetVersionsResponse, error) {
	return &discoveryv1.GetVersionsResponse{Versions: []uint64{protocolVersion}}, nil
}
