package plugin

import (
	"net"
	"testing"
)

func TestTheHandshakeLineHasASeventhPartOnRequestOnly(t *testing.T) {
	unix := &net.UnixAddr{Name: "/tmp/s/plugin1", Net: "unix"}
	for want, got := range map[string]string{
		"1|1|unix|/tmp/s/plugin1|grpc|\n":       handshakeLine(unix, nil, false),
		"1|1|unix|/tmp/s/plugin1|grpc||false\n": handshakeLine(unix, nil, true),
		"1|1|tcp|127.0.0.1:5|grpc|/w\n":         handshakeLine(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5}, []byte{0xff}, false),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
