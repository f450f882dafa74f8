package store

import (
	"cmp"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/lemexport/lemexport/exporter"
)

// gate looks at every request of a destination before it leaves: below what adds
// credentials, so that it also sees what a server, an environment variable or a file of a
// cloud's tools has led to.
type gate struct {
	at exporter.ObjectURL
	// next is for https and for what the URL allows, local for plain http to this machine.
	next, local http.RoundTripper
	sent        *sent
}

// newGate puts a gate before a transport.
func newGate(at exporter.ObjectURL, transport *http.Transport, options Options, sent *sent) *gate {
	local := transport.Clone()
	local.Proxy = nil
	watchIdle(local, options.Idle, onlyThisMachine)
	return &gate{at: at, next: transport, local: local, sent: sent}
}

// refusedError is a request that was not made. No client tries it again.
type refusedError struct{ error }

// Unwrap gives the reason.
func (e refusedError) Unwrap() error { return e.error }

// NonRetriable tells the client of Azure.
func (refusedError) NonRetriable() {}

// RoundTrip implements http.RoundTripper.
func (g *gate) RoundTrip(request *http.Request) (*http.Response, error) {
	server := &url.URL{Scheme: request.URL.Scheme, Host: request.URL.Host}
	if err := g.at.Admit(server, "A request to "+server.String()); err != nil {
		if request.Body != nil {
			_ = request.Body.Close() // a RoundTripper has to; nothing was read
		}
		return nil, refusedError{err}
	}
	g.sent.learn(request)
	if server.Scheme != "https" && exporter.IsLoopback(server.Hostname()) {
		return g.local.RoundTrip(request)
	}
	return g.next.RoundTrip(request)
}

// keepTokens is for what finds the credentials of a cloud: it may ask the machine over http,
// and the address at which a cloud's machines learn about themselves, and nobody else.
func keepTokens(transport *http.Transport) {
	through := transport.Proxy
	transport.Proxy = func(request *http.Request) (*url.URL, error) {
		host := request.URL.Hostname()
		if request.URL.Scheme != "https" && !exporter.IsLoopback(host) && !slices.Contains(metadataHosts(), host) {
			return nil, refusedError{&exporter.ObjectURLError{Summary: "Credentials without encryption",
				Detail: "The credentials of the destination would be asked for over http, at http://" + request.URL.Host + ". Correct the environment variable or the file that names it."}}
		}
		if through == nil {
			return nil, nil //nolint:nilnil // no proxy
		}
		return through(request)
	}
}

// metadataHosts are those that no network routes: instances, containers and pods ask them.
func metadataHosts() []string {
	return []string{"169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23", "metadata.google.internal"}
}

// noRedirect keeps a client from going where a server sends it: signatures are for one
// address, and a token is for one server.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// errNotThisMachine ends a connection to a local name that leads elsewhere.
var errNotThisMachine = errors.New("the name of this machine leads to another one, and http would send rows and credentials in clear")

// onlyThisMachine is a net.Dialer's Control.
func onlyThisMachine(_, address string, _ syscall.RawConn) error {
	if to, err := netip.ParseAddrPort(address); err != nil || !to.Addr().Unmap().IsLoopback() {
		return refusedError{errNotThisMachine}
	}
	return nil
}

// sent are the secrets that went out with requests, which a server can repeat, and those that
// the environment holds, which a client's own message can.
type sent struct {
	held []exporter.Secret

	mu       sync.Mutex
	secrets  []exporter.Secret // the newest last
	redactor *exporter.Redactor
}

// heldSecrets are the secrets in the environment.
func heldSecrets(env func(name string) string) []exporter.Secret {
	found := []string{env("AWS_SECRET_ACCESS_KEY"), env("AWS_SESSION_TOKEN"), env("AZURE_STORAGE_KEY"), env("AZURE_STORAGE_SAS_TOKEN"), env("AZURE_CLIENT_SECRET")}
	for _, name := range []string{"AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGEBLOB_CONNECTIONSTRING"} {
		for part := range strings.SplitSeq(env(name), ";") {
			if key, value, _ := strings.Cut(part, "="); key == "AccountKey" || key == "SharedAccessSignature" {
				found = append(found, value)
			}
		}
	}
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		value := env(name)
		if at := strings.LastIndex(value, "@"); at >= 0 {
			_, after, _ := strings.Cut(value[:at], "://")
			user := cmp.Or(after, value[:at])
			_, password, _ := strings.Cut(user, ":")
			found = append(found, password)
		}
	}
	secrets := make([]exporter.Secret, 0, len(found))
	for _, text := range found {
		secrets = append(secrets, exporter.NewSecret(text))
	}
	return secrets
}

// mostSent bounds the secrets that are remembered. A token is valid for an hour.
const mostSent = 32

// learn remembers what a request holds and can be used again.
func (s *sent) learn(request *http.Request) {
	found := []string{request.Header.Get("X-Amz-Security-Token"), request.Header.Get("X-Amz-S3session-Token"), request.URL.Query().Get("sig"), request.URL.Query().Get("X-Amz-Security-Token")}
	if kind, value, _ := strings.Cut(request.Header.Get("Authorization"), " "); strings.EqualFold(kind, "bearer") || strings.EqualFold(kind, "basic") {
		found = append(found, value)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range found {
		secret := exporter.NewSecret(text)
		if text == "" || slices.Contains(s.secrets, secret) {
			continue
		}
		s.secrets = append(s.secrets, secret)
		s.secrets = s.secrets[max(0, len(s.secrets)-mostSent):]
		s.redactor = nil
	}
}

// redact makes a text fit to be shown.
func (s *sent) redact(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.redactor == nil {
		s.redactor = exporter.NewRedactor(append(s.held, s.secrets...)...)
	}
	return s.redactor.Text(text)
}
