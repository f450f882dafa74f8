package sim

import (
	"net/http"
	"net/url"
	"strings"
)

// handler answers a request that was let in, and notes in call what it read.
type handler func(query url.Values, call *Call) reply

// listPath is the route of the inbox list.
const listPath = "/api/inbox"

// planGated is the text of a 402.
const planGated = "route is available starting emailPro plan"

// route finds the handler of a path. Static routes come before those that end in
// an id. Threads (/inbox/{contactId}) are not simulated.
func (s *Server) route(path string) (handler, bool) {
	switch path {
	case listPath:
		return s.inbox, true
	case labelsPath:
		return s.labels, true
	case "/api/inbox/email", "/api/inbox/linkedin", "/api/inbox/whatsapp": // they only send
		return func(url.Values, *Call) reply { return s.fail(http.StatusMethodNotAllowed, "Bad method") }, true
	case "/api/team":
		return s.team, true
	case "/api/team/senders":
		return s.senders, true
	}
	if id, ok := last(path, "/api/users/"); ok {
		return func(url.Values, *Call) reply { return s.user(id) }, true
	}
	return nil, false
}

// last returns the one path element after prefix.
func last(path, prefix string) (string, bool) {
	id, ok := strings.CutPrefix(path, prefix)
	return id, ok && id != "" && !strings.Contains(id, "/")
}

// authorize lets a request in or says why not.
func (s *Server) authorize(r *http.Request, query url.Values) (reply, bool) {
	wrong := s.fail(http.StatusUnauthorized, "The authentication you supplied is incorrect")
	token := query.Get("access_token")
	_, password, basic := r.BasicAuth()
	switch {
	case s.opts.AccessToken && token == s.opts.Key:
	case basic && password == s.opts.Key: // the user name looks ignored
	case r.Header.Get("Authorization") != "" || s.opts.AccessToken && token != "":
		return wrong, false
	case s.opts.MissingKey == MissingKey401:
		return wrong, false
	default:
		return s.fail(http.StatusBadRequest, "No API key provided"), false
	}
	switch s.opts.Account {
	case AccountBlocked:
		return s.fail(http.StatusForbidden, "User linked to this API key is blocked"), false
	case AccountOrphan:
		return s.fail(http.StatusNotFound, "No user found for this API key"), false
	case AccountBadTeam:
		return s.fail(http.StatusBadRequest, "Bad team"), false
	default:
		return reply{}, true
	}
}

// fail is an error of the API, in the form the options ask for.
func (s *Server) fail(status int, message string) reply {
	quoted := string(appendString(nil, message))
	code := strings.ToUpper(strings.ReplaceAll(message, " ", "_"))
	switch s.opts.Errors {
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
func (s *Server) tooMany() reply {
	const status = http.StatusTooManyRequests
	switch s.opts.Body429 {
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

// failInstead is the answer of the faults that take its place.
func (s *Server) failInstead(fault Fault, r *http.Request) (reply, bool) {
	switch fault {
	case Fault500:
		return s.fail(http.StatusInternalServerError, "Internal server error"), true
	case Fault502:
		return gateway(http.StatusBadGateway, "502 Bad Gateway"), true
	case Fault503:
		return gateway(http.StatusServiceUnavailable, "503 Service Temporarily Unavailable"), true
	case Fault520:
		return gateway(520, "520: Web server is returning an unknown error"), true
	case Fault524:
		return gateway(524, "524: A timeout occurred"), true
	case Fault429:
		return s.tooMany(), true
	case FaultEcho:
		return s.fail(http.StatusInternalServerError, "Internal server error for key "+s.opts.Key+
			", Authorization: "+r.Header.Get("Authorization")), true
	case FaultEmpty:
		return reply{status: http.StatusOK, kind: kindJSON}, true
	case FaultHTML:
		return appShell(), true
	case FaultNotInTeam:
		return s.fail(http.StatusBadRequest, "User not in team"), true
	case Fault402Labels:
		return s.fail(http.StatusPaymentRequired, planGated), true
	case Fault403Labels:
		return s.fail(http.StatusForbidden, "User linked to this API key is blocked"), true
	case FaultObject:
		return reply{status: http.StatusOK, kind: kindJSON, body: []byte("{}")}, true
	default:
		return reply{}, false
	}
}
