package lemlist

import (
	"errors"

	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
)

// refusal makes the failure of an answer that is no success.
func (c *client) refusal(request string, got answer) *failure {
	message := c.redact.message(got.text())
	failed := &failure{
		problem: classify(got.status, message, isPage(got.text())),
		request: request, status: got.status, message: message,
	}
	if failed.problem == problemThrottled {
		failed.wait = ratelimit.ThrottleWait(got.header, got.arrived)
	}
	if failed.problem == problemServer {
		failed.wait = ratelimit.OutageWait(got.header, got.arrived)
	}
	if failed.problem == problemRedirect {
		failed.message = "a redirect to " + c.redact.location(got.header.Get("Location"))
	}
	return failed
}

// unfit makes the failure of a success that is not what was asked for.
func (c *client) unfit(request string, got answer, err error) *failure {
	failed := &failure{problem: problemGarbled, request: request, status: got.status, message: err.Error(), cause: err}
	if isPage(got.text()) {
		failed.problem, failed.message = problemWebPage, c.redact.page(got.text())+" instead of JSON"
	}
	return failed
}

// lost makes the failure of an attempt without an answer.
func (c *client) lost(request string, err error) *failure {
	failed := &failure{problem: problemBroken, request: request, message: c.redact.line(err.Error(), longestMessage)}
	proxy, refused := errors.AsType[*proxyError](err)
	switch {
	case refused:
		failed.problem, failed.message = proxy.problem(), proxy.Error()
	case errors.Is(err, errTooLarge):
		failed.problem = problemTooLarge
	case errors.Is(err, errNotThisMachine), isCertificate(err):
		failed.problem = problemCert
	case isUnreachable(err):
		failed.problem = problemUnreachable
	}
	return failed
}
