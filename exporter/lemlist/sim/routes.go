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

// last returns the one path element after prefix.
func last(path, prefix string) (string, bool) {
	id, ok := strings.CutPrefix(path, prefix)
	return id, ok && id != "" && !strings.Contains(id, "/")
}

// authorize lets a request in or says why not.
func authorize(o *Options, r *http.Request, query url.Values) (reply, bool) {
	wrong := fail(o.Errors, http.StatusUnauthorized, "The authentication you supplied is incorrect")
	token := query.Get("access_token")
	_, password, basic := r.BasicAuth()
	switch {
	case o.AccessToken && token == o.Key:
	case basic && password == o.Key: // the user name looks ignored
	case r.Header.Get("Authorization") != "" || o.AccessToken && token != "":
		return wrong, false
	case o.MissingKey == MissingKey401:
		return wrong, false
	default:
		return fail(o.Errors, http.StatusBadRequest, "No API key provided"), false
	}
	switch o.Account {
	case AccountRevoked:
		return wrong, false
	case AccountBlocked:
		return fail(o.Errors, http.StatusForbidden, "User linked to this API key is blocked"), false
	case AccountOrphan:
		return fail(o.Errors, http.StatusNotFound, "No user found for this API key"), false
	case AccountBadTeam:
		return fail(o.Errors, http.StatusBadRequest, "Bad team"), false
	default:
		return reply{}, true
	}
}

// failInstead is the answer of the faults that take its place.
func failInstead(o *Options, fault Fault, r *http.Request) (reply, bool) {
	switch fault {
	case Fault500:
		return fail(o.Errors, http.StatusInternalServerError, "Internal server error"), true
	case Fault502:
		return gateway(http.StatusBadGateway, "502 Bad Gateway"), true
	case Fault503:
		return gateway(http.StatusServiceUnavailable, "503 Service Temporarily Unavailable"), true
	case Fault520:
		return gateway(520, "520: Web server is returning an unknown error"), true
	case Fault524:
		return gateway(524, "524: A timeout occurred"), true
	case Fault429:
		return tooMany(o.Body429), true
	case FaultEcho:
		return fail(o.Errors, http.StatusInternalServerError, "Internal server error for key "+o.Key+
			", Authorization: "+r.Header.Get("Authorization")), true
	case FaultEmpty:
		return reply{status: http.StatusOK, kind: kindJSON}, true
	case FaultHTML:
		return appShell(), true
	case FaultNotInTeam:
		return fail(o.Errors, http.StatusBadRequest, "User not in team"), true
	case Fault402Labels:
		return fail(o.Errors, http.StatusPaymentRequired, planGated), true
	case Fault403Labels:
		return fail(o.Errors, http.StatusForbidden, "User linked to this API key is blocked"), true
	case FaultObject:
		return reply{status: http.StatusOK, kind: kindJSON, body: []byte("{}")}, true
	default:
		return reply{}, false
	}
}
