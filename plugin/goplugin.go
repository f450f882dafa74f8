package plugin

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/types/known/emptypb"
)

// healthName is the name of the service whose health go-plugin's client asks for.
const healthName = "plugin"

// registerGoPlugin registers the services that go-plugin's client calls beside ours: the
// health service, and those of internal/plugin/*.proto in go-plugin. Shutdown ends the
// server. The streams of the broker, which opens further connections, and of standard
// output and error stay empty: this plugin opens none, and writes there itself.
//
// Their messages are not linked, because the registry of protobuf refuses a second
// definition in a process that also links go-plugin. On the wire, an empty message has
// no name.
func registerGoPlugin(registrar grpc.ServiceRegistrar, server *Server) {
	checks := health.NewServer()
	checks.SetServingStatus(healthName, healthv1.HealthCheckResponse_SERVING)
	healthv1.RegisterHealthServer(registrar, checks)

	shutdown := func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		if err := decode(new(emptypb.Empty)); err != nil {
			return nil, err
		}
		server.end()
		return new(emptypb.Empty), nil
	}
	registrar.RegisterService(&grpc.ServiceDesc{
		ServiceName: "plugin.GRPCController",
		Methods:     []grpc.MethodDesc{{MethodName: "Shutdown", Handler: shutdown}},
	}, nil)

	untilTheEnd := func(_ any, stream grpc.ServerStream) error {
		select {
		case <-stream.Context().Done():
		case <-server.ended:
		}
		return nil
	}
	registrar.RegisterService(&grpc.ServiceDesc{
		ServiceName: "plugin.GRPCBroker",
		Streams:     []grpc.StreamDesc{{StreamName: "StartStream", Handler: untilTheEnd, ClientStreams: true, ServerStreams: true}},
	}, nil)
	registrar.RegisterService(&grpc.ServiceDesc{
		ServiceName: "plugin.GRPCStdio",
		Streams:     []grpc.StreamDesc{{StreamName: "StreamStdio", Handler: untilTheEnd, ServerStreams: true}},
	}, nil)
}
