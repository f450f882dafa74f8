//go:build !no_azure

package azblob

import (
	"context"
	"errors"
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
	"github.com/lemexport/lemexport/exporter/store/bucket"
)

const (
	// partSize is the size of a block.
	partSize = 16 << 20
	// parallelParts is how many blocks are in flight, and in memory.
	parallelParts = 2
)

// Driver connects to Azure Blob Storage.
func Driver() bucket.Driver {
	return bucket.Driver{
		Open: open, Response: response,
		NoVersion: `"00000000000000000000000000000000"`,
		Rights: bucket.Rights{
			Read: "reading (the role Storage Blob Data Reader, or r in a SAS)", List: "listing (the role Storage Blob Data Reader, or l in a SAS)",
			Write:  "writing (the role Storage Blob Data Contributor, or rcwl in a SAS)",
			Remove: "deleting (the role Storage Blob Data Contributor, or d in a SAS)",
		},
		Credentials: "Check the credentials: AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, AZURE_STORAGE_CONNECTION_STRING, or an identity (az login).",
		Archived:    map[string]string{"BlobArchived": archived, "BlobBeingRehydrated": archived},
		Verbose:     true,
	}
}

const archived = "The blob is in the archive tier, which no reader can open. Rehydrate it first (az storage blob set-tier --tier Hot), " +
	"wait until it is rehydrated, then run it again."

func response(err error) (status int, code string) {
	if azure, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return azure.StatusCode, azure.ErrorCode
	}
	return 0, ""
}

// client reads and writes through gocloud. The version of a blob is its ETag.
type client struct {
	blobs  *blob.Bucket
	target bucket.Target
}

// open connects with the account's key, a SAS token or a connection string of the
// environment, else with the credentials that azidentity finds.
func open(ctx context.Context, target bucket.Target) (bucket.Client, error) {
	sdk, err := connect(target)
	if err != nil {
		return nil, err
	}
	blobs, err := azureblob.OpenBucket(ctx, sdk, nil)
	if err != nil {
		return nil, err
	}
	return &client{blobs: blobs, target: target}, nil
}

// Bucket implements bucket.Client.
func (c *client) Bucket() *blob.Bucket { return c.blobs }

// Version implements bucket.Client.
func (c *client) Version(a *blob.Attributes) exporter.Version { return exporter.Version(a.ETag) }

// Pin implements bucket.Client.
func (c *client) Pin(version exporter.Version) func(as func(any) bool) error {
	return func(as func(any) bool) error {
		var read *azblob.DownloadStreamOptions
		if !as(&read) {
			return bucket.ErrNoCondition
		}
		read.AccessConditions = conditions(version)
		return nil
	}
}

// Put implements bucket.Client.
func (c *client) Put(ctx context.Context, put bucket.Put) error {
	return bucket.Send(ctx, c.blobs, put, blob.WriterOptions{
		BufferSize: int(c.target.PartSize(partSize)), MaxConcurrency: parallelParts,
		BeforeWrite: func(as func(any) bool) error {
			var write *azblob.UploadStreamOptions
			if !as(&write) {
				return bucket.ErrNoCondition
			}
			write.AccessConditions = conditions(put.Over)
			return nil
		},
	})
}

// conditions are those of a request about a version; "" is a blob that must not exist.
func conditions(version exporter.Version) *azblob.AccessConditions {
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
	service := serviceOptions(at)
	if service.SASToken != "" && leadsElsewhere(at) {
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

// serviceOptions is the environment's service with the URL's settings on top.
func serviceOptions(at exporter.ObjectURL) *azureblob.ServiceURLOptions {
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
