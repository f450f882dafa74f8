package client

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/apitest"
)

// proxyPassword must turn up nowhere.
const proxyPassword = "p4ssw0rd-of-the-proxy"

// throughProxy has the environment name a proxy, and only that.
func throughProxy(t *testing.T, value string) {
	t.Helper()
	for _, name := range []string{"https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"} {
		t.Setenv(name, "")
	}
	t.Setenv("HTTPS_PROXY", value)
}

// farEndpoint is one that needs a proxy.
const farEndpoint = "https://api.lemlist.invalid/api"

func TestAProxyThatRefusesIsNamedAtOnce(t *testing.T) {
	for status, problem := range map[int]problem{
		http.StatusProxyAuthRequired:  problemProxy,
		http.StatusForbidden:          problemProxy,
		http.StatusMethodNotAllowed:   problemProxy,
		http.StatusFound:              problemProxy,
		http.StatusBadGateway:         problemProxyGateway,
		http.StatusServiceUnavailable: problemProxyGateway,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			var asked atomic.Int64
			proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				if user, password, ok := basicOf(r.Header.Get("Proxy-Authorization")); r.Method != http.MethodConnect || !ok || user != "someone" || password != proxyPassword {
					t.Errorf("%s as %q", r.Method, user)
				}
				w.Header().Set("Proxy-Authenticate", "Basic realm="+proxyPassword)
				http.Error(w, proxyPassword, status)
			}))
			t.Cleanup(proxy.Close)
			host := strings.TrimPrefix(proxy.URL, "http://")
			throughProxy(t, "http://someone:"+proxyPassword+"@"+host)
			c, w := open(t, farEndpoint, limited)
			_, err := list(t.Context(), c, "usr_1", 1)
			failed, ok := errors.AsType[*Error](err)
			if !ok || failed.problem != problem || asked.Load() != 1 {
				t.Fatalf("error %v after %d requests", err, asked.Load())
			}
			if want := fmt.Sprintf("the proxy %s refused the connection: %d %s", host, status, http.StatusText(status)); !strings.Contains(err.Error(), want) {
				t.Errorf("error %v", err)
			}
			if !strings.HasPrefix(exporter.Hint(err), "HTTPS_PROXY (or https_proxy) names this proxy.") {
				t.Errorf("hint %q", exporter.Hint(err))
			}
			if text := fmt.Sprint(err, exporter.Hint(err), w.Events, w.Log.String()); strings.Contains(text, proxyPassword) || strings.Contains(text, "someone") {
				t.Errorf("shown: %s", text)
			}
		})
	}
}

func basicOf(header string) (user, password string, ok bool) {
	return (&http.Request{Header: http.Header{"Authorization": {header}}}).BasicAuth()
}

// A proxy that cannot reach the API for a while is an outage like any other.
func TestAProxyThatFailsAfterAnAnswerIsGivenTime(t *testing.T) {
	h := newRetry(DefaultPolicy(0, 16))
	failed := &Error{problem: problemProxyGateway, Request: "GET /inbox"}
	if next, err := h.after(failed, true, time.Now()); err != nil || next.left == 0 {
		t.Errorf("%+v, error %v", next, err)
	}
}

func TestAProxyThatIsNotThereIsNamed(t *testing.T) {
	for name, kind := range map[string]string{"HTTP": "http://", "SOCKS": "socks5://", "no scheme": ""} {
		t.Run(name, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			host := listener.Addr().String()
			_ = listener.Close()
			throughProxy(t, kind+"someone:"+proxyPassword+"@"+host)
			c, w := open(t, farEndpoint, limited)
			got, err := list(t.Context(), c, "usr_1", 1)
			failed, ok := errors.AsType[*Error](err)
			if !ok || failed.problem != problemUnreachable || got.Cost.Requests != 3 || !strings.Contains(err.Error(), "through the proxy "+host+": ") {
				t.Errorf("error %v, cost %+v", err, got.Cost)
			}
			if text := fmt.Sprint(err, exporter.Hint(err), w.Events, w.Log.String()); strings.Contains(text, proxyPassword) || strings.Contains(text, "someone") {
				t.Errorf("shown: %s", text)
			}
		})
	}
}

func TestAMalformedProxyIsAnErrorBeforeAnythingIsAsked(t *testing.T) {
	for _, value := range []string{
		"http://someone:" + proxyPassword + "@", "http//" + proxyPassword + ":80", "htps://someone:" + proxyPassword + "@proxy:80",
		"http://someone:" + proxyPassword + "@proxy:port", "http://someone:" + proxyPassword + "@proxy:70000", "http://someone:" + proxyPassword + "@proxy:0",
		"http://pro xy/" + proxyPassword, "http://someone:" + proxyPassword + "/x@proxy:80", "http://[::1", "%zz", "://", "ftp://proxy", ":", "\x7f",
	} {
		throughProxy(t, value)
		_, err := New(Options{Endpoint: farEndpoint, Key: exporter.NewSecret(apitest.Key)})
		if !errors.Is(err, errProxyURL) || !strings.Contains(err.Error(), "HTTPS_PROXY") || !strings.Contains(exporter.Hint(err), "http://host:port") {
			t.Errorf("%q: %v", value, err)
		}
		if text := fmt.Sprint(err, exporter.Hint(err)); strings.Contains(text, proxyPassword) || strings.Contains(text, "someone") {
			t.Errorf("shown: %s", text)
		}
	}
}

func TestAProxyIsWhatTheEnvironmentSays(t *testing.T) {
	for _, test := range []struct{ value, exempt, endpoint, want string }{
		{"", "", farEndpoint, ""},
		{"http://proxy.example:3128", "", farEndpoint, "http://proxy.example:3128"},
		{"proxy.example:3128", "", farEndpoint, "http://proxy.example:3128"},
		{"proxy.example", "", farEndpoint, "http://proxy.example"},
		{"https://user:pass%2Fword@proxy.example/", "", farEndpoint, "https://user:pass%2Fword@proxy.example/"},
		{"socks5://[::1]:1080", "", farEndpoint, "socks5://[::1]:1080"},
		{"http://proxy.example", "lemlist.invalid", farEndpoint, ""},
		{"http://proxy.example", "*", farEndpoint, ""},
		{"malformed://", "lemlist.invalid", farEndpoint, ""},
		{"malformed://", "", "http://127.0.0.1:80/api", ""},
		{"malformed://", "", "https://localhost/api", ""},
	} {
		throughProxy(t, test.value)
		t.Setenv("NO_PROXY", test.exempt)
		base, err := parseEndpoint(test.endpoint, exporter.NewSecret(apitest.Key))
		if err != nil {
			t.Fatal(err)
		}
		got, err := proxyFor(base)
		if err != nil || (got == nil) != (test.want == "") || got != nil && got.String() != test.want {
			t.Errorf("%+v: %v, %v", test, got, err)
		}
	}
}
