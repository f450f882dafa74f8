package client

import (
	"net/http"
	"strings"

	"github.com/lemexport/lemexport/exporter"
)

// problem is what went wrong with one attempt (API doc: "Errors").
type problem int

const (
	// The key opens nothing: the run ends.
	problemKey     problem = iota // 401, or 400 `No API key provided`
	problemBlocked                // 403: the key's user is blocked
	problemOrphan                 // 404 `No user found…`: the key's user is gone
	problemTeam                   // 400 `Bad team`
	problemGuard                  // 403 with a web page: something before the API

	// This user's inbox is not given: the walk skips the user.
	problemUser // 400 `User not in team`

	// The question is refused for good.
	problemPlan     // 402
	problemRedirect // 3xx: the key must not travel
	problemMissing  // 404
	problemRefused  // any other 4xx
	problemTooLarge // a response that the memory budget does not allow
	problemCert     // a certificate that does not verify
	problemProxy    // a proxy that refuses the connection

	// Another program spends the budget: wait.
	problemThrottled // 429

	// Worth another attempt.
	problemServer      // 5xx
	problemUnreachable // no connection
	// problemProxyGateway is a proxy that responds to CONNECT with a 5xx.
	problemProxyGateway
	problemBroken  // a connection that broke, or took too long
	problemWebPage // 2xx with a web page
	problemGarbled // 2xx that is empty, cut off, or of another shape
)

// remedy is what a problem makes the client do.
type remedy int

const (
	remedyStop remedy = iota
	remedySkip
	remedyRefuse
	remedyWait
	remedyRepeat
)

func (p problem) remedy() remedy {
	switch p {
	case problemKey, problemBlocked, problemOrphan, problemTeam, problemGuard:
		return remedyStop
	case problemUser:
		return remedySkip
	case problemThrottled:
		return remedyWait
	case problemServer, problemUnreachable, problemProxyGateway, problemBroken, problemWebPage, problemGarbled:
		return remedyRepeat
	default:
		return remedyRefuse
	}
}

// looksMisdirected reports whether the endpoint may simply be wrong, so that
// patience is of little use while nothing has worked yet.
func (p problem) looksMisdirected() bool { return p == problemUnreachable || p == problemWebPage }

// classify reads an unsuccessful status, and the message with it.
func classify(status int, message string, page bool) problem {
	says := func(start string) bool {
		return len(message) >= len(start) && strings.EqualFold(message[:len(start)], start)
	}
	switch {
	case status == http.StatusUnauthorized, status == http.StatusBadRequest && says("No API key provided"):
		return problemKey
	case status == http.StatusForbidden && page:
		return problemGuard
	case status == http.StatusForbidden:
		return problemBlocked
	case status == http.StatusNotFound && says("No user found"):
		return problemOrphan
	case status == http.StatusBadRequest && says("Bad team"):
		return problemTeam
	case status == http.StatusBadRequest && says("User not in team"):
		return problemUser
	case status == http.StatusPaymentRequired:
		return problemPlan
	case status == http.StatusNotFound:
		return problemMissing
	case status == http.StatusTooManyRequests:
		return problemThrottled
	case status == http.StatusRequestTimeout, status >= 500:
		return problemServer
	case status >= 300 && status < 400:
		return problemRedirect
	default:
		return problemRefused
	}
}

// hint says what a person can do about it, in one or two full sentences.
func (p problem) hint() string {
	const newKey = "make a new key in lemlist under Settings > Integrations > Generate"
	switch p {
	case problemKey:
		return "Check the variable that api_key is read from: the key must be whole and without quotes. If it was deleted, " + newKey + "."
	case problemBlocked:
		return "The user who created this key is blocked in lemlist. Have an administrator unblock them, or let another user " + newKey + "."
	case problemOrphan:
		return "The user who created this key is no longer in lemlist. Let another user of the team " + newKey + "."
	case problemTeam:
		return "The user who created this key has lost their team. Sign in to the team that is to be exported and " + newKey + "."
	case problemGuard:
		return "Something before the API refused the request, for instance a firewall or a proxy. Check that this machine may reach the endpoint."
	case problemUser:
		return "Remove this user from users, or use the key of the team they belong to."
	case problemPlan:
		return "The team's lemlist plan does not include this route of the API. The message above names the plan that does."
	case problemRedirect:
		return "The key is never sent on to another address. Set endpoint to the address of the API itself, normally " + exporter.DefaultEndpoint + "."
	case problemMissing:
		return "Check endpoint: the base URL of the API is normally " + exporter.DefaultEndpoint + "."
	case problemTooLarge:
		return "The size of one response is bounded by the memory budget: an eighth of it, 64 MiB at most, and one value for each KiB of it. If the responses of the API are that large, raise the budget with -memory or LEMEXPORT_MEMORY; else check endpoint: the base URL is normally " + exporter.DefaultEndpoint + "."
	case problemCert:
		return "The connection is not safe, so the key was not sent. Check endpoint, this machine's clock, and whether a proxy replaces certificates."
	case problemThrottled:
		return "Another program uses up the rate limit of this key. Run again when it is quiet, or give lemexport a key of its own."
	case problemServer:
		return "lemlist itself has trouble. Run again later; status.lempire.com tells of known trouble."
	case problemUnreachable:
		return "Check endpoint, the network, and HTTPS_PROXY if this machine needs a proxy."
	case problemProxy, problemProxyGateway:
		return "HTTPS_PROXY (or https_proxy) names this proxy. If it wants a user and a password, write http://user:password@host:port; else have the proxy allow CONNECT to the endpoint, or name the endpoint's host in NO_PROXY if this machine needs no proxy for it."
	case problemBroken:
		return "The network or lemlist is too slow or breaks off. Run again later; status.lempire.com tells of known trouble."
	case problemWebPage:
		return "lemlist sends a web page for a path that it does not know. Check endpoint: the base URL is normally " + exporter.DefaultEndpoint + "."
	case problemGarbled:
		return "The response is not what lemlist documents. Run again later; if it stays, lemlist has changed its API, or endpoint leads to something else."
	default:
		return "lemlist does not accept the request. If endpoint is right, lemlist has changed its API: look for a newer lemexport."
	}
}
