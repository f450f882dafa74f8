package exporter

import (
	"errors"
	"net/url"
)

// Heartbeat is what a monitor wants to be asked for at the end of an apply: it alarms when
// that does not happen in time. The URLs hold tokens.
type Heartbeat struct {
	// OnSuccess is asked for when every export of the team is written and proven complete,
	// OnFailure otherwise; zero asks for nothing.
	OnSuccess Secret
	OnFailure Secret
}

// What can be wrong with the URL of a heartbeat. Neither error repeats it.
var (
	ErrHeartbeatForm  = errors.New("it is not a URL of a web server")
	ErrHeartbeatClear = errors.New("it is not encrypted: its token would travel in clear")
)

// ParseHeartbeat checks the URL of a heartbeat.
func ParseHeartbeat(text string) (*url.URL, error) {
	parsed, err := url.Parse(text)
	switch {
	case err != nil, parsed.Scheme != "http" && parsed.Scheme != "https", parsed.Hostname() == "", !validPort(parsed.Port()):
		return nil, ErrHeartbeatForm
	case parsed.Scheme == "http" && !IsLoopback(parsed.Hostname()):
		return nil, ErrHeartbeatClear
	}
	return parsed, nil
}
