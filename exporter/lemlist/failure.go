package lemlist

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// failure is one attempt that brought no good answer. Nothing in it holds the
// key: message is redacted, and no error of the network is wrapped.
type failure struct {
	problem problem
	request string        // method, path and query
	status  int           // 0 without an answer
	message string        // what the server or the network says, in one line
	wait    time.Duration // what the server asks for, with a 429 or a 5xx; 0 is nothing
	took    time.Duration // from sending to the end
	cause   error         // nil, or an error that quotes nothing
}

// reason is the error without the request.
func (f *failure) reason() string {
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

func (f *failure) Error() string { return f.request + ": " + f.reason() }

func (f *failure) Unwrap() error { return f.cause }

// Is makes a failure one of the errors that the walk decides by.
func (f *failure) Is(target error) bool {
	switch target {
	case errUserNotInTeam:
		return f.problem == problemUser
	case errPageRefused:
		return f.problem == problemRefused && f.status == http.StatusBadRequest
	}
	return false
}

// givenUpError ends the attempts at one request.
type givenUpError struct {
	why  string // what bound was reached
	last *failure
	late bool // the bound is the time
}

func (e *givenUpError) Error() string {
	return fmt.Sprintf("%s: gave up after %s: %s", e.last.request, e.why, e.last.reason())
}

func (e *givenUpError) Unwrap() error { return e.last }
