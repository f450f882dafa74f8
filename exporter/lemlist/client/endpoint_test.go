package client

import (
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/apitest"
)

func TestNewRefusesWhatWouldShowTheKeyOrCannotWork(t *testing.T) {
	for name, test := range map[string]struct {
		endpoint string
		change   func(*Options)
		want     string // "" is no error
	}{
		"the documented endpoint":      {endpoint: exporter.DefaultEndpoint},
		"another port and path":        {endpoint: "https://proxy.example.com:8443/lemlist/api/"},
		"http on this machine":         {endpoint: "http://127.0.0.1:8080/api"},
		"http on this machine, IPv6":   {endpoint: "http://[::1]:8080/api"},
		"http on localhost":            {endpoint: "http://localhost:8080"},
		"http elsewhere":               {endpoint: "http://api.lemlist.com/api", want: "the API key would travel in clear"},
		"http on a name like this":     {endpoint: "http://localhost.example.com/api", want: "the API key would travel in clear"},
		"http on an address like this": {endpoint: "http://127.0.0.1.example.com/api", want: "the API key would travel in clear"},
		"another scheme":               {endpoint: "ftp://api.lemlist.com/api", want: "not a URL of a web server"},
		"no scheme":                    {endpoint: "api.lemlist.com/api", want: "not a URL of a web server"},
		"no host":                      {endpoint: "https:///api", want: "not a URL of a web server"},
		"nothing":                      {endpoint: "", want: "not a URL of a web server"},
		"no URL":                       {endpoint: "https://%zz", want: "not a URL of a web server"},
		"credentials":                  {endpoint: "https://:" + apitest.Key + "@api.lemlist.com/api", want: "the endpoint holds credentials"},
		"a query":                      {endpoint: exporter.DefaultEndpoint + "?access_token=" + apitest.Key, want: "the endpoint holds a query or a fragment"},
		"an empty query":               {endpoint: exporter.DefaultEndpoint + "?", want: "the endpoint holds a query or a fragment"},
		"a fragment":                   {endpoint: exporter.DefaultEndpoint + "#" + apitest.Key, want: "the endpoint holds a query or a fragment"},
		"the key in the path":          {endpoint: exporter.DefaultEndpoint + "/" + apitest.Key, want: "the endpoint holds the API key"},
		"no key":                       {endpoint: exporter.DefaultEndpoint, change: func(o *Options) { o.Key = exporter.Secret{} }, want: "there is no API key"},
		"no rate limit, elsewhere":     {endpoint: exporter.DefaultEndpoint, change: func(o *Options) { o.Unlimited = true }, want: "on this machine only"},
	} {
		t.Run(name, func(t *testing.T) {
			opts := Options{Endpoint: test.endpoint, Key: exporter.NewSecret(apitest.Key)}
			if test.change != nil {
				test.change(&opts)
			}
			c, err := New(opts)
			if err == nil {
				if test.want != "" {
					t.Error("no error")
				}
				if base := c.base.String(); strings.HasSuffix(base, "/") {
					t.Errorf("base %s", base)
				}
				return
			}
			if test.want == "" || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error()+exporter.Hint(err), apitest.Key) {
				t.Errorf("error %q, hint %q", err, exporter.Hint(err))
			}
		})
	}
}

// A name of this machine may lead elsewhere; http must not follow it.
func TestPlainHTTPConnectsToThisMachineOnly(t *testing.T) {
	base, err := parseEndpoint("http://localhost:8080/api", exporter.NewSecret(apitest.Key))
	if err != nil {
		t.Fatal(err)
	}
	transport := newTransport(base, nil, DefaultPolicy(0, 16))
	if transport.Proxy != nil {
		t.Error("loopback has a proxy")
	}
	if _, err := transport.DialContext(t.Context(), "tcp", "192.0.2.1:80"); err == nil || !strings.Contains(err.Error(), errNotThisMachine.Error()) {
		t.Errorf("error %v", err)
	}
}
