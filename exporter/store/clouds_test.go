//go:build !no_s3 && !no_gcs && !no_azure

package store

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/lemexport/lemexport/exporter"
)

// recorder is a server that keeps the requests it received.
type recorder struct {
	*httptest.Server
	mu   sync.Mutex
	seen []*http.Request
}

func listen(t *testing.T, handle http.HandlerFunc) *recorder {
	t.Helper()
	s := new(recorder)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen = append(s.seen, r)
		s.mu.Unlock()
		handle(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *recorder) requests() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// credentials sets credentials of every cloud in the environment, and no other settings.
func credentials(t *testing.T) {
	t.Helper()
	for _, one := range os.Environ() {
		name, _, _ := strings.Cut(one, "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "AZURE_") || strings.HasPrefix(name, "GOOGLE_") || strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			t.Setenv(name, "")
			_ = os.Unsetenv(name)
		}
	}
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "aws-secret", "AWS_SESSION_TOKEN": "session-token-of-aws", "AWS_REGION": "eu-west-3",
		"AWS_EC2_METADATA_DISABLED": "true", "AZURE_STORAGE_ACCOUNT": "acme", "AZURE_STORAGE_KEY": base64.StdEncoding.EncodeToString([]byte("azure-secret")),
		"AWS_CONFIG_FILE": filepath.Join(t.TempDir(), "config"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(t.TempDir(), "none"),
	} {
		t.Setenv(name, value)
	}
}

// googleCredentials makes a service account whose tokens come from the returned server.
func googleCredentials(t *testing.T) *recorder {
	t.Helper()
	tokens := listen(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"access_token":"ya29.token-of-google","token_type":"Bearer","expires_in":3600}`)
	})
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	account, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": "x@acme.example", "private_key_id": "1", "token_uri": tokens.URL,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})),
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "account.json")
	if err := os.WriteFile(file, account, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file)
	return tokens
}

// look opens a destination and looks up a file in it.
func look(t *testing.T, location string) error {
	t.Helper()
	to, err := Options{Attempts: 2, MaxDelay: time.Millisecond, Idle: 5 * time.Second}.Open(location)
	if err != nil {
		return err
	}
	_, err = to.Open(t.Context(), "table.parquet")
	return err
}

// A server that an environment variable or a file names is refused before anything is sent.
func TestNothingGoesUnencryptedOrToAnotherServer(t *testing.T) {
	const elsewhere, keys = "10.9.8.7", "aws_access_key_id = x\naws_secret_access_key = y\n"
	for name, test := range map[string]struct {
		location string
		env      map[string]string
		config   string
		summary  string
	}{
		"s3, unencrypted":              {location: "s3://lake/x?endpoint=http://" + elsewhere, summary: "destination without encryption"},
		"gs, unencrypted":              {location: "gs://lake/x?endpoint=http://" + elsewhere, summary: "destination without encryption"},
		"azblob, unencrypted":          {location: "azblob://lake/x?protocol=http", summary: "destination without encryption"},
		"azblob, a domain unencrypted": {location: "azblob://lake/x?domain=" + elsewhere + "&protocol=http", summary: "destination without encryption"},
		"s3, another server":           {location: "s3://lake/x?endpoint=https://" + elsewhere, summary: "credentials for another server"},
		"gs, another server":           {location: "gs://lake/x?endpoint=https://" + elsewhere, summary: "credentials for another server"},
		"azblob, another server":       {location: "azblob://lake/x?domain=" + elsewhere, summary: "credentials for another server"},
		"s3, allowed unencrypted only": {location: "s3://lake/x?insecure=true&endpoint=http://" + elsewhere, summary: "credentials for another server"},
		"s3, a customer's host":        {location: "s3://lake/x?endpoint=https://s3-1.eu-west-3.elb.amazonaws.com", summary: "credentials for another server"},
		"s3, a name that ends so":      {location: "s3://lake/x?endpoint=https://s3.notamazonaws.com", summary: "credentials for another server"},
		"s3, a name that begins so":    {location: "s3://lake/x?endpoint=https://s3.amazonaws.com.example.org", summary: "credentials for another server"},
		"a host before an @":           {location: "azblob://lake/x?domain=blob.core.windows.net@" + elsewhere, summary: "unsupported destination: invalid setting in the destination"},
		"an account with a path":       {location: "azblob://lake/x?storage_account=" + elsewhere + "/x", summary: "unsupported destination: invalid setting in the destination"},
		"s3, a variable":               {location: "s3://lake/x", env: map[string]string{"AWS_ENDPOINT_URL": "http://" + elsewhere}, summary: "destination without encryption"},
		"s3, a variable of s3":         {location: "s3://lake/x", env: map[string]string{"AWS_ENDPOINT_URL_S3": "https://" + elsewhere}, summary: "credentials for another server"},
		"s3, a profile":                {location: "s3://lake/x?profile=minio", config: "[profile minio]\n" + keys + "endpoint_url = http://" + elsewhere, summary: "destination without encryption"},
		"s3, a profile for services":   {location: "s3://lake/x?profile=minio", config: "[profile minio]\n" + keys + "services = x\n[services x]\ns3 =\n  endpoint_url = http://" + elsewhere, summary: "destination without encryption"},
		"s3, a role":                   {location: "s3://lake/x?role=arn:aws:iam::1:role/x", env: map[string]string{"AWS_ENDPOINT_URL_STS": "http://" + elsewhere}, summary: "destination without encryption"},
		"gs, a variable":               {location: "gs://lake/x", env: map[string]string{"STORAGE_EMULATOR_HOST": elsewhere}, summary: "destination without encryption"},
		"azblob, a protocol":           {location: "azblob://lake/x", env: map[string]string{"AZURE_STORAGE_PROTOCOL": "http"}, summary: "destination without encryption"},
		"azblob, a variable":           {location: "azblob://lake/x", env: map[string]string{"AZURE_STORAGE_DOMAIN": elsewhere}, summary: "credentials for another server"},
		"azblob, a CDN":                {location: "azblob://lake/x", env: map[string]string{"AZURE_STORAGE_IS_CDN": "true", "AZURE_STORAGE_DOMAIN": "cdn.example"}, summary: "credentials for another server"},
		"azblob, a connection": {location: "azblob://lake/x", env: map[string]string{"AZURE_STORAGE_KEY": "",
			"AZURE_STORAGE_CONNECTION_STRING": "AccountName=acme;AccountKey=AAAA;BlobEndpoint=http://" + elsewhere + "/acme"}, summary: "destination without encryption"},
		"azblob, a connection's protocol": {location: "azblob://lake/x", env: map[string]string{"AZURE_STORAGE_KEY": "",
			"AZURE_STORAGE_CONNECTION_STRING": "DefaultEndpointsProtocol=http;AccountName=acme;AccountKey=AAAA"}, summary: "destination without encryption"},
	} {
		t.Run(name, func(t *testing.T) {
			credentials(t)
			googleCredentials(t)
			for variable, value := range test.env {
				t.Setenv(variable, value)
			}
			if test.config != "" {
				if err := os.WriteFile(os.Getenv("AWS_CONFIG_FILE"), []byte(test.config+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			began := time.Now()
			err := look(t, test.location)
			if err == nil || !strings.Contains(err.Error(), test.summary) || exporter.Hint(err) == "" {
				t.Errorf("got %v, hint %q", err, exporter.Hint(err))
			}
			if took := time.Since(began); took > 4*time.Second {
				t.Errorf("it took %s: a connection was tried", took)
			}
		})
	}
}

// Servers of the clouds, of this machine, and servers that the URL allows.
func TestServersThatAreAllowed(t *testing.T) {
	for _, location := range []string{
		"s3://lake/x?endpoint=http://127.0.0.1:9", "s3://lake/x?endpoint=http://[::1]:9", "gs://lake/x?endpoint=http://localhost:9", "azblob://lake/x?domain=127.0.0.1:9&protocol=http",
		"s3://lake/x?endpoint=https://minio.example:9000&use_path_style=true&send_credentials=true", "s3://lake/x?endpoint=http://minio:9000&insecure=true&send_credentials=true",
		"gs://lake/x?endpoint=https://gcs.example&anonymous=true", "azblob://lake/x?domain=blob.core.usgovcloudapi.net", "azblob://lake/x?domain=z01.blob.storage.azure.net",
		"s3://lake/x?endpoint=https://s3.eu-west-3.amazonaws.com", "s3://lake/x?endpoint=https://bucket.vpce-1a2b-3c.s3.us-east-1.vpce.amazonaws.com",
		"s3://lake/x?endpoint=https://s3.cn-north-1.amazonaws.com.cn", "s3://lake/x?endpoint=https://s3-fips.dualstack.us-gov-west-1.amazonaws.com",
		"gs://lake/x?endpoint=https://storage.europe-west9.rep.googleapis.com",
	} {
		if _, err := Open(location); err != nil {
			t.Errorf("%s: %v, %s", location, err, exporter.Hint(err))
		}
	}
}

// The hosts that the AWS client resolves are allowed to get its credentials.
func TestTheServersOfAWSAreAllowed(t *testing.T) {
	yes := aws.Bool(true)
	for _, region := range []string{"us-east-1", "eu-west-3", "us-gov-west-1", "cn-north-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "us-isof-south-1", "eusc-de-east-1", "ap-southeast-7"} {
		for name, parameters := range map[string]s3.EndpointParameters{
			"plain": {}, "a path": {ForcePathStyle: yes}, "dualstack": {UseDualStack: yes}, "fips": {UseFIPS: yes}, "both": {UseFIPS: yes, UseDualStack: yes}, "accelerate": {Accelerate: yes},
		} {
			parameters.Region, parameters.Bucket = aws.String(region), aws.String("acme-lake")
			found, err := s3.NewDefaultEndpointResolverV2().ResolveEndpoint(t.Context(), parameters)
			if err != nil {
				continue // AWS has no such server
			}
			if err := (exporter.ObjectURL{Scheme: "s3"}).Admit(&found.URI, "The region"); err != nil {
				t.Errorf("%s, %s: %s: %v", region, name, found.URI.Host, err)
			}
		}
		found, err := sts.NewDefaultEndpointResolverV2().ResolveEndpoint(t.Context(), sts.EndpointParameters{Region: aws.String(region)})
		if err != nil {
			t.Fatal(err)
		}
		if err := (exporter.ObjectURL{Scheme: "s3"}).Admit(&found.URI, "The region"); err != nil {
			t.Errorf("%s, roles: %s: %v", region, found.URI.Host, err)
		}
	}
}

// Only insecure=true allows http to another machine. Here that is this machine, under an
// address that does not count as loopback.
func TestInsecureReachesAnotherMachine(t *testing.T) {
	credentials(t)
	store := listen(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	_, port, err := net.SplitHostPort(store.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	location := "s3://lake/x?use_path_style=true&endpoint=http://0.0.0.0:" + port
	if err := look(t, location); err == nil || len(store.requests()) > 0 {
		t.Errorf("without insecure: %v, %d requests", err, len(store.requests()))
	}
	if err := look(t, location+"&insecure=true&send_credentials=true"); err == nil || len(store.requests()) == 0 {
		t.Errorf("with insecure: %v, %d requests", err, len(store.requests()))
	}
}

// The token has the narrowest scope, and is sent to the server of the URL.
func TestTheTokenOfGoogleHasTheNarrowestScope(t *testing.T) {
	credentials(t)
	tokens := googleCredentials(t)
	var scope string
	tokens.Config.Handler = scoped(&scope, tokens.Config.Handler)
	store := listen(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	if err := look(t, "gs://lake/x?endpoint="+store.URL); err == nil {
		t.Error("there is a file")
	}
	if asked := len(tokens.requests()); asked != 1 {
		t.Errorf("%d tokens were requested", asked)
	}
	if scope != "https://www.googleapis.com/auth/devstorage.read_write" {
		t.Errorf("the scope is %q", scope)
	}
	if seen := store.requests(); len(seen) == 0 || seen[0].Header.Get("Authorization") != "Bearer ya29.token-of-google" {
		t.Errorf("the store was sent %v", seen)
	}
}

// scoped stores the scope of the signed request for a token.
func scoped(to *string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		if parts := strings.Split(form.Get("assertion"), "."); len(parts) == 3 {
			claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
			var claim struct{ Scope string }
			_ = json.Unmarshal(claims, &claim)
			*to = claim.Scope
		}
		next.ServeHTTP(w, r)
	})
}

// Redirects are not followed, not even to this machine.
func TestRedirectsAreNotFollowed(t *testing.T) {
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		for scheme, query := range map[string]string{"s3": "use_path_style=true&endpoint=http://%s", "gs": "endpoint=http://%s", "azblob": "protocol=http&domain=%s"} {
			t.Run(fmt.Sprint(scheme, " ", status), func(t *testing.T) {
				credentials(t)
				googleCredentials(t)
				other := listen(t, func(http.ResponseWriter, *http.Request) {})
				store := listen(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL+r.URL.Path, status) })
				err := look(t, scheme+"://lake/x?"+fmt.Sprintf(query, store.Listener.Addr()))
				if err == nil || exporter.Hint(err) == "" || len(other.requests()) > 0 || len(store.requests()) == 0 {
					t.Errorf("got %v, %d requests at the store, %d elsewhere", err, len(store.requests()), len(other.requests()))
				}
			})
		}
	}
}

// An error does not show the credentials of the request, even when the server repeats them.
func TestCredentialsThatAServerRepeatsAreNotShown(t *testing.T) {
	credentials(t)
	googleCredentials(t)
	t.Setenv("AZURE_STORAGE_KEY", "")
	t.Setenv("AZURE_STORAGE_SAS_TOKEN", "sv=2024&sig=signature-of-azure")
	t.Setenv("AZURE_STORAGE_PROTOCOL", "http")
	for scheme, query := range map[string]string{"s3": "s3://lake/x?use_path_style=true&endpoint=http://%s", "gs": "gs://lake/x?endpoint=http://%s", "azblob": "azblob://lake/x"} {
		store := listen(t, func(w http.ResponseWriter, r *http.Request) {
			said := "you sent " + r.Header.Get("Authorization") + " " + r.Header.Get("X-Amz-Security-Token") + " " + r.URL.String()
			w.Header().Set("X-Ms-Error-Code", said)
			w.WriteHeader(http.StatusForbidden)
			if scheme == "s3" {
				_, _ = fmt.Fprintf(w, "<Error><Code>AccessDenied</Code><Message>%s</Message></Error>", strings.ReplaceAll(said, "&", "&amp;"))
				return
			}
			_, _ = fmt.Fprintf(w, `{"error":{"code":403,"message":%q}}`, said)
		})
		t.Setenv("AZURE_STORAGE_DOMAIN", store.Listener.Addr().String())
		location := query
		if strings.Contains(query, "%s") {
			location = fmt.Sprintf(query, store.Listener.Addr())
		}
		to, err := Options{Attempts: 1}.Open(location)
		if err != nil {
			t.Fatal(err)
		}
		_, err = to.List(t.Context(), "")
		text := fmt.Sprint(err, exporter.Hint(err))
		if err == nil || !strings.Contains(text, "you sent") && scheme != "azblob" {
			t.Errorf("%s: %v", scheme, err)
		}
		for _, secret := range []string{"session-token-of-aws", "token-of-google", "signature-of-azure"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s: %s", scheme, text)
			}
		}
	}
}
