package store

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	azblobblob "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"gocloud.dev/blob"
	"gocloud.dev/blob/azureblob"

	"github.com/lemexport/lemexport/exporter"
)

// azurePartSize is the size of a block; as many as azureParallel are in memory.
const (
	azurePartSize = 16 << 20
	azureParallel = 2
)

// openAzure connects with the account's key, a SAS token or a connection string
// of the environment, else with what azidentity finds.
func openAzure(ctx context.Context, at exporter.ObjectURL, options Options, sent *sent) (*cloud, error) {
	client, err := azureClient(at, options, sent)
	if err != nil {
		return nil, err
	}
	bucket, err := azureblob.OpenBucket(ctx, client, nil)
	if err != nil {
		return nil, err
	}
	return &cloud{
		bucket:  bucket,
		version: func(a *blob.Attributes) exporter.Version { return exporter.Version(a.ETag) },
		pin: func(version exporter.Version) func(as func(any) bool) error {
			return func(as func(any) bool) error {
				var read *azblob.DownloadStreamOptions
				if !as(&read) {
					return errHook
				}
				read.AccessConditions = azureConditions(version)
				return nil
			}
		},
		put: func(ctx context.Context, key string, body *io.SectionReader, metadata map[string]string, over exporter.Version) error {
			return send(ctx, bucket, key, body, &blob.WriterOptions{
				ContentType: contentType, Metadata: metadata, BufferSize: int(options.partSize(azurePartSize)), MaxConcurrency: azureParallel,
				BeforeWrite: func(as func(any) bool) error {
					var write *azblob.UploadStreamOptions
					if !as(&write) {
						return errHook
					}
					write.AccessConditions = azureConditions(over)
					return nil
				},
			})
		},
	}, nil
}

func azureConditions(version exporter.Version) *azblob.AccessConditions {
	only := new(azblobblob.ModifiedAccessConditions)
	if version == "" {
		anything := azcore.ETagAny
		only.IfNoneMatch = &anything
	} else {
		tag := azcore.ETag(version)
		only.IfMatch = &tag
	}
	return &azblob.AccessConditions{ModifiedAccessConditions: only}
}

func azureClient(at exporter.ObjectURL, options Options, sent *sent) (*container.Client, error) {
	with := &container.ClientOptions{ClientOptions: policy.ClientOptions{
		Transport: &http.Client{Transport: newGate(at, newTransport(options.Idle), options, sent), CheckRedirect: noRedirect},
		Retry: policy.RetryOptions{
			MaxRetries: int32(options.Attempts - 1), RetryDelay: min(500*time.Millisecond, options.MaxDelay), MaxRetryDelay: options.MaxDelay,
			StatusCodes: []int{http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
				http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout},
		},
	}}
	if text := azureConnection(); text != "" && at.Params["storage_account"] == "" && os.Getenv("AZURE_STORAGE_KEY") == "" {
		return container.NewClientFromConnectionString(text, at.Bucket, with)
	}
	service := azureService(at)
	if service.SASToken != "" && azureElsewhere(at) {
		return nil, exporter.WithHint(errors.New("the destination would send AZURE_STORAGE_SAS_TOKEN to another service"),
			"Set AZURE_STORAGE_ACCOUNT, AZURE_STORAGE_DOMAIN and AZURE_STORAGE_PROTOCOL beside the token, and leave them out of the destination.")
	}
	address, err := azureblob.NewServiceURL(service)
	if err != nil {
		return nil, exporter.WithHint(err, "Name the storage account: AZURE_STORAGE_ACCOUNT in the environment, or storage_account in the destination.")
	}
	place, err := url.JoinPath(string(address), at.Bucket)
	if err != nil {
		return nil, err
	}
	switch key := os.Getenv("AZURE_STORAGE_KEY"); {
	case key != "":
		credential, err := azblob.NewSharedKeyCredential(service.AccountName, key)
		if err != nil {
			return nil, err
		}
		return container.NewClientWithSharedKeyCredential(place, credential, with)
	case service.SASToken != "":
		return container.NewClientWithNoCredential(place, with)
	}
	credential, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		return nil, err
	}
	return container.NewClient(place, credential, with)
}

// azureElsewhere reports whether the URL names another service than the
// environment, which holds the token.
func azureElsewhere(at exporter.ObjectURL) bool {
	for name, variable := range map[string]string{
		"storage_account": "AZURE_STORAGE_ACCOUNT", "domain": "AZURE_STORAGE_DOMAIN", "protocol": "AZURE_STORAGE_PROTOCOL",
	} {
		if value := at.Params[name]; value != "" && value != os.Getenv(variable) {
			return true
		}
	}
	return false
}

func azureConnection() string {
	if text := os.Getenv("AZURE_STORAGE_CONNECTION_STRING"); text != "" {
		return text
	}
	return os.Getenv("AZURE_STORAGEBLOB_CONNECTIONSTRING")
}

// azureService is the environment's service with the URL's settings on top.
func azureService(at exporter.ObjectURL) *azureblob.ServiceURLOptions {
	service := azureblob.NewDefaultServiceURLOptions()
	for name, field := range map[string]*string{"storage_account": &service.AccountName, "domain": &service.StorageDomain, "protocol": &service.Protocol} {
		if value := at.Params[name]; value != "" {
			*field = value
		}
	}
	if value := at.Params["localemu"]; value != "" {
		service.IsLocalEmulator = value == "true"
	}
	service.SASToken = strings.TrimPrefix(service.SASToken, "?")
	return service
}
