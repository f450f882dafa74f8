package plugin

import (
	"net"
	"strconv"
	"strings"
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

func TestTheFirstFreePortOfTheRangeIsTaken(t *testing.T) {
	taken, err := listenOnPort(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	number := taken.Addr().(*net.TCPAddr).Port
	text := strconv.Itoa(number)
	for name, test := range map[string]struct{ least, most, want string }{
		"all are taken":  {text, text, "no port from " + text + " to " + text + " is free"},
		"no number":      {"many", "", `PLUGIN_MIN_PORT: invalid port "many": it must be a number from 0 to 65535`},
		"too large":      {"", "65536", `PLUGIN_MAX_PORT: invalid port "65536"`},
		"in wrong order": {"12", "11", "PLUGIN_MIN_PORT is 12, which is greater than PLUGIN_MAX_PORT, 11"},
	} {
		t.Run(name, func(t *testing.T) {
			if listener, err := listenOnPort(t.Context(), test.least, test.most); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v and the error %v, want %q", listener, err, test.want)
			}
		})
	}
	listener, err := listenOnPort(t.Context(), text, "65535")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if got := listener.Addr().(*net.TCPAddr); got.Port <= number || !got.IP.IsLoopback() {
		t.Errorf("listens on %v, and %d is taken", got, number)
	}
}
