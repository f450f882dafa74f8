package plugin

import (
	"net"
	"strconv"
	"strings"
	"testing"
)

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
