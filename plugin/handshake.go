package plugin

import (
	"encoding/base64"
	"fmt"
	"net"
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

// SocketDirVariable is the variable in which a host names the folder of the socket.
const SocketDirVariable = "PLUGIN_UNIX_SOCKET_DIR"

// The other variables that go-plugin's client sets.
const (
	clientCertVariable  = "PLUGIN_CLIENT_CERT"
	socketGroupVariable = "PLUGIN_UNIX_SOCKET_GROUP"
	multiplexVariable   = "PLUGIN_MULTIPLEX_GRPC"
	leastPortVariable   = "PLUGIN_MIN_PORT"
	mostPortVariable    = "PLUGIN_MAX_PORT"
)

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

// handshakeLine tells the host how to connect: the version of go-plugin's protocol, the
// version of ours, the address, the transport, and the certificate of this process.
// Whatever versions the host knows, it is told the one that this process speaks, and
// compares. docs/guide-plugin-write-non-go.md of go-plugin describes the first five
// parts, Start in its client.go the others.
func handshakeLine(address net.Addr, certificate []byte, asksForMultiplexing bool) string {
	line := fmt.Sprintf("1|%d|%s|%s|grpc|%s", ProtocolVersion, address.Network(), address, base64.RawStdEncoding.EncodeToString(certificate))
	if asksForMultiplexing { // a host that does not ask may take a seventh part for an error
		line += "|false"
	}
	return line + "\n"
}
