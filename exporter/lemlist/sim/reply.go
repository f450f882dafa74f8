package sim

import (
	"bytes"
	"net/http"
	"strings"
)

// reply is an answer before it is sent.
type reply struct {
	status int
	kind   string // content type; "" with an empty body
	body   []byte
	buffer *bytes.Buffer // holds body and goes back to the pool; may be nil
}

const (
	kindJSON = "application/json; charset=utf-8"
	kindText = "text/plain; charset=utf-8"
	kindHTML = "text/html; charset=utf-8"
)

// fail is an error of the API, in one of its forms.
func fail(form ErrorForm, status int, message string) reply {
	quoted := string(appendString(nil, message))
	code := strings.ToUpper(strings.ReplaceAll(message, " ", "_"))
	switch form {
	case ErrorJSON:
		return reply{status: status, kind: kindJSON, body: []byte(`{"error":` + quoted + `}`)}
	case ErrorCoded:
		body := `{"success":false,"error":{"code":` + string(appendString(nil, code)) + `,"message":` + quoted + `}}`
		return reply{status: status, kind: kindJSON, body: []byte(body)}
	case ErrorMessage:
		return reply{status: status, kind: kindJSON, body: []byte(`{"ok":false,"message":` + quoted + `}`)}
	default:
		return reply{status: status, kind: kindText, body: []byte(message)}
	}
}

// tooMany is a 429. Its body is not documented.
func tooMany(form Body429) reply {
	const status = http.StatusTooManyRequests
	switch form {
	case Body429Empty:
		return reply{status: status}
	case Body429JSON:
		return reply{status: status, kind: kindJSON, body: []byte(`{"error":"Rate limit exceeded"}`)}
	case Body429HTML:
		return gateway(status, "Too many requests")
	default:
		return reply{status: status, kind: kindText, body: []byte("Too many requests")}
	}
}

// appShell is what lemlist answers to a path it does not know: its web app.
func appShell() reply {
	return reply{status: http.StatusOK, kind: kindHTML, body: []byte("<!DOCTYPE html>\n<html><head><title>lemlist (simulated)</title></head>" +
		"<body><div id=\"app\"></div><script src=\"/app.js\"></script></body></html>\n")}
}

// gateway is an error page of something in front of the API.
func gateway(status int, title string) reply {
	return reply{status: status, kind: kindHTML, body: []byte("<!DOCTYPE html>\n<html><head><title>" + title +
		"</title></head><body><h1>" + title + "</h1><p>Simulated gateway.</p></body></html>\n")}
}
