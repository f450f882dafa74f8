package client

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
)

// The errors that callers decide on, with errors.Is.
var (
	// ErrUserNotInTeam is the API's response to the id of someone who is not, or no
	// longer, in the team of the key.
	ErrUserNotInTeam = errors.New("the user is not in the team of this key")
	// ErrRefused is a status 400 of no known kind: the API does not accept what the request
	// asks for.
	ErrRefused = errors.New("the page was refused")
)

// Error is one attempt that brought no good response. Nothing in it holds the
// key: message is redacted, and no error of the network is wrapped.
type Error struct {
	Request string // method, path and query
	problem problem
	status  int           // 0 without a response
	message string        // what the server or the network says, in one line
	wait    time.Duration // what the server asks for, with a 429 or a 5xx; 0 is nothing
	took    time.Duration // from sending to the end
	cause   error         // nil, or an error that quotes nothing
}

// Reason is the error without the request.
func (f *Error) Reason() string {
	if f.status == 0 || f.status == http.StatusOK {
		return f.message
	}
	status := strconv.Itoa(f.status)
	if text := http.StatusText(f.status); text != "" {
		status += " " + text
	}
	if f.message == "" {
		return status
	}
	return status + ": " + f.message
}

// Error implements error.
func (f *Error) Error() string { return f.Request + ": " + f.Reason() }

// Unwrap returns the error of the decoder, if there is one.
func (f *Error) Unwrap() error { return f.cause }

// Forbidden reports whether the API denies the user of the key what the request asks for.
func (f *Error) Forbidden() bool { return f.problem == problemBlocked }

// Is makes it one of the errors that callers decide on.
func (f *Error) Is(target error) bool {
	switch target {
	case ErrUserNotInTeam:
		return f.problem == problemUser
	case ErrRefused:
		return f.problem == problemRefused && f.status == http.StatusBadRequest
	case exporter.ErrKeyRefused:
		return f.problem == problemKey || f.problem == problemOrphan || f.problem == problemTeam
	case exporter.ErrNoAccess:
		return f.problem == problemPlan || f.problem == problemBlocked
	}
	return false
}

// givenUpError ends the attempts at one request.
type givenUpError struct {
	why  string // what bound was reached
	last *Error
	late bool // the bound is the time
}

func (e *givenUpError) Error() string {
	return fmt.Sprintf("%s: gave up after %s: %s", e.last.Request, e.why, e.last.Reason())
}

func (e *givenUpError) Unwrap() error { return e.last }

// refusal makes the error of a response with an error status.
func refusal(redact redactor, request string, got received) *Error {
	message := redact.message(got.text())
	failed := &Error{
		problem: classify(got.status, message, isPage(got.text())),
		Request: request, status: got.status, message: message,
	}
	if failed.problem == problemThrottled {
		failed.wait = ratelimit.ThrottleWait(got.header, got.arrived)
	}
	if failed.problem == problemServer {
		failed.wait = ratelimit.OutageWait(got.header, got.arrived)
	}
	if failed.problem == problemRedirect {
		failed.message = "a redirect to " + redact.location(got.header.Get("Location"))
	}
	return failed
}

// unfit makes the error of a success that is not what was asked for.
func unfit(redact redactor, request string, got received, err error) *Error {
	failed := &Error{problem: problemGarbled, Request: request, status: got.status, message: err.Error(), cause: err}
	if isPage(got.text()) {
		failed.problem, failed.message = problemWebPage, redact.page(got.text())+" instead of JSON"
	}
	return failed
}

// lost makes the error of an attempt without a response.
func lost(redact redactor, request string, err error) *Error {
	failed := &Error{problem: problemBroken, Request: request, message: redact.line(err.Error(), longestMessage)}
	proxy, refused := errors.AsType[*proxyError](err)
	switch {
	case refused:
		failed.problem, failed.message = proxy.problem(), proxy.Error()
	case errors.Is(err, ErrTooLarge):
		failed.problem = problemTooLarge
	case errors.Is(err, errNotThisMachine), isCertificate(err):
		failed.problem = problemCert
	case isUnreachable(err):
		failed.problem = problemUnreachable
	}
	return failed
}
