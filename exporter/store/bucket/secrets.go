package bucket

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/lemexport/lemexport/exporter"
)

// secrets are what no error may show: the secrets of the environment, which a client's own
// message can repeat, and those of the requests, which a server can repeat.
type secrets struct {
	fixed []exporter.Secret

	mu       sync.Mutex
	sent     []exporter.Secret // the newest last
	redactor *exporter.Redactor
}

// environmentSecrets are the secrets in the environment.
func environmentSecrets(env func(name string) string) []exporter.Secret {
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

// maxSent bounds how many secrets of requests are remembered. A token is valid for an hour.
const maxSent = 32

// remember keeps the secrets of a request that another request could use again.
func (s *secrets) remember(request *http.Request) {
	found := []string{request.Header.Get("X-Amz-Security-Token"), request.Header.Get("X-Amz-S3session-Token"), request.URL.Query().Get("sig"), request.URL.Query().Get("X-Amz-Security-Token"), request.URL.Query().Get("upload_id")}
	if kind, value, _ := strings.Cut(request.Header.Get("Authorization"), " "); strings.EqualFold(kind, "bearer") || strings.EqualFold(kind, "basic") {
		found = append(found, value)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range found {
		secret := exporter.NewSecret(text)
		if text == "" || slices.Contains(s.sent, secret) {
			continue
		}
		s.sent = append(s.sent, secret)
		s.sent = s.sent[max(0, len(s.sent)-maxSent):]
		s.redactor = nil
	}
}

// redact removes the secrets from a text.
func (s *secrets) redact(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.redactor == nil {
		s.redactor = exporter.NewRedactor(append(slices.Clone(s.fixed), s.sent...)...)
	}
	return s.redactor.Text(text)
}
