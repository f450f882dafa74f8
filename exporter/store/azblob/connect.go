//go:build !no_azure

package azblob

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/store/bucket"
)

func connect(target bucket.Target) (*container.Client, error) {
	at, options := target.URL, target.Options
	with := &container.ClientOptions{ClientOptions: policy.ClientOptions{
		Transport: &http.Client{Transport: target.Gate(bucket.NewTransport(options.Idle)), CheckRedirect: bucket.NoRedirect},
		Retry: policy.RetryOptions{
			MaxRetries: int32(options.Attempts - 1), RetryDelay: min(500*time.Millisecond, options.MaxDelay), MaxRetryDelay: options.MaxDelay,
			StatusCodes: []int{http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
				http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout},
		},
	}}
	if text := connectionString(); text != "" && at.Params["storage_account"] == "" && os.Getenv("AZURE_STORAGE_KEY") == "" {
		return container.NewClientFromConnectionString(text, at.Bucket, with)
	}
	service := serviceOf(at, os.Getenv)
	if service.token != "" && leadsElsewhere(at) {
		return nil, exporter.WithHint(errors.New("the destination would send AZURE_STORAGE_SAS_TOKEN to another service"),
			"Set AZURE_STORAGE_ACCOUNT, AZURE_STORAGE_DOMAIN and AZURE_STORAGE_PROTOCOL beside the token, and leave them out of the destination.")
	}
	if service.account == "" {
		return nil, exporter.WithHint(errors.New("the destination names no storage account"),
			"Name the storage account: AZURE_STORAGE_ACCOUNT in the environment, or storage_account in the destination.")
	}
	place, err := service.container(at.Bucket)
	if err != nil {
		return nil, err
	}
	switch key := os.Getenv("AZURE_STORAGE_KEY"); {
	case key != "":
		credential, err := azblob.NewSharedKeyCredential(service.account, key)
		if err != nil {
			return nil, err
		}
		return container.NewClientWithSharedKeyCredential(place, credential, with)
	case service.token != "":
		return container.NewClientWithNoCredential(place, with)
	}
	credential, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		return nil, err
	}
	return container.NewClient(place, explaining{credential}, with)
}

// explaining are credentials whose errors name what else could have been used.
type explaining struct{ azcore.TokenCredential }

// GetToken implements azcore.TokenCredential.
func (e explaining) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := e.TokenCredential.GetToken(ctx, options)
	if err != nil {
		err = fmt.Errorf("no Azure credentials: AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN and AZURE_STORAGE_CONNECTION_STRING are not set, and no identity gave a token: %w", err)
	}
	return token, err
}

// leadsElsewhere reports whether the URL names another service than the environment, which
// holds the token.
func leadsElsewhere(at exporter.ObjectURL) bool {
	for name, variable := range map[string]string{
		"storage_account": "AZURE_STORAGE_ACCOUNT", "domain": "AZURE_STORAGE_DOMAIN", "protocol": "AZURE_STORAGE_PROTOCOL",
	} {
		if value := at.Params[name]; value != "" && value != os.Getenv(variable) {
			return true
		}
	}
	return false
}

func connectionString() string {
	if text := os.Getenv("AZURE_STORAGE_CONNECTION_STRING"); text != "" {
		return text
	}
	return os.Getenv("AZURE_STORAGEBLOB_CONNECTIONSTRING")
}

// service is the blob service of a storage account.
type service struct {
	account, domain, protocol, token string
	// local has the account in the path, as emulators do; cdn has it nowhere.
	local, cdn bool
}

// serviceOf is the environment's service with the URL's settings on top.
func serviceOf(at exporter.ObjectURL, env func(name string) string) service {
	s := service{
		account:  cmp.Or(at.Params["storage_account"], env("AZURE_STORAGE_ACCOUNT"), connectionField("AccountName")),
		domain:   cmp.Or(at.Params["domain"], env("AZURE_STORAGE_DOMAIN"), "blob.core.windows.net"),
		protocol: cmp.Or(at.Params["protocol"], env("AZURE_STORAGE_PROTOCOL"), connectionField("DefaultEndpointsProtocol"), "https"),
		token:    strings.TrimPrefix(env("AZURE_STORAGE_SAS_TOKEN"), "?"),
	}
	s.local, _ = strconv.ParseBool(cmp.Or(at.Params["localemu"], env("AZURE_STORAGE_IS_LOCAL_EMULATOR")))
	s.local = s.local || strings.HasPrefix(s.domain, "127.0.0.1") || strings.HasPrefix(s.domain, "localhost")
	s.cdn, _ = strconv.ParseBool(env("AZURE_STORAGE_IS_CDN"))
	return s
}

// connectionField is a field of the connection string, without its secrets.
func connectionField(name string) string {
	for part := range strings.SplitSeq(connectionString(), ";") {
		if field, value, _ := strings.Cut(part, "="); field == name {
			return value
		}
	}
	return ""
}

// container is the URL of a container, with the token.
func (s service) container(name string) (string, error) {
	if s.protocol != "https" && s.protocol != "http" {
		return "", exporter.WithHint(fmt.Errorf("invalid protocol %q of the storage account", s.protocol), "Use https; http is for emulators.")
	}
	at := url.URL{Scheme: s.protocol, Host: s.account + "." + s.domain, Path: "/" + name, RawQuery: s.token}
	switch {
	case s.local:
		at.Host, at.Path = s.domain, "/"+s.account+"/"+name
	case s.cdn:
		at.Host = s.domain
	}
	return at.String(), nil
}
