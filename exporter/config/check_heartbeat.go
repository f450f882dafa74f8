package config

import (
	"errors"

	"github.com/lemexport/lemexport/exporter"
)

// The attributes of a heartbeat block.
const (
	heartbeatName = "heartbeat"
	onSuccessName = "on_success"
	onFailureName = "on_failure"
)

// heartbeatVariable is the variable that the documentation uses for the URL.
const heartbeatVariable = "LEMEXPORT_HEARTBEAT_URL"

func heartbeatShape() shape { return shape{attributes: []string{onSuccessName, onFailureName}} }

// heartbeatChecker checks a heartbeat block.
type heartbeatChecker struct{ reader }

func (c heartbeatChecker) check(b *block) exporter.Heartbeat {
	in := heartbeatShape().open(c.report, b)
	if c.report.json {
		c.report.fail(b.at, b.address, "heartbeat in JSON", "Only lemexport apply sends heartbeats. Remove heartbeat; the host knows how the run ended.")
	}
	success, failure := in.attribute(onSuccessName), in.attribute(onFailureName)
	if success == nil && failure == nil && len(b.attributes)+len(b.blocks) == 0 {
		c.report.fail(b.at, b.address, "Empty heartbeat", "Add on_success = env(\""+heartbeatVariable+"\"), on_failure or both, or remove the block.")
	}
	return exporter.Heartbeat{OnSuccess: c.url(success), OnFailure: c.url(failure)}
}

// url checks a URL without ever naming it: it holds a token.
func (c heartbeatChecker) url(a *attribute) exporter.Secret {
	if a == nil {
		return exporter.Secret{}
	}
	value, ok := c.text(a, required)
	if !ok {
		return exporter.Secret{}
	}
	if a.isLiteral() {
		c.report.hide(a.at)
		c.report.warn(a.at, a.address, "Heartbeat URL in a file",
			"Whoever has this URL can report success. Put it into an environment variable and write "+a.name+" = env(\""+heartbeatVariable+"\").")
	}
	_, err := exporter.ParseHeartbeat(value)
	switch {
	case errors.Is(err, exporter.ErrHeartbeatClear):
		c.report.fail(a.at, a.address, "Heartbeat without encryption", "Over http the token in the URL would be sent unencrypted. Use https; http is allowed only for this machine.")
	case err != nil:
		c.report.fail(a.at, a.address, "Invalid heartbeat URL", a.name+" must be an https URL, as the monitor shows it.")
	}
	return exporter.NewSecret(value)
}
