//go:build !no_azure

package azblob

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/store/bucket"
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

// client is a container. The version of a blob is its ETag.
type client struct {
	container *container.Client
	target    bucket.Target
}

// open connects with the account's key, a SAS token or a connection string of the
// environment, else with the credentials that azidentity finds.
func open(_ context.Context, target bucket.Target) (bucket.Client, error) {
	sdk, err := connect(target)
	if err != nil {
		return nil, err
	}
	return &client{container: sdk, target: target}, nil
}

// Head implements bucket.Client.
func (c *client) Head(ctx context.Context, key string) (bucket.Head, error) {
	found, err := c.container.NewBlobClient(key).GetProperties(ctx, nil)
	if err != nil {
		return bucket.Head{}, err
	}
	head := bucket.Head{Metadata: make(map[string]string, len(found.Metadata))}
	for name, value := range found.Metadata {
		if value != nil {
			head.Metadata[strings.ToLower(name)] = *value // they were headers
		}
	}
	if found.ContentLength != nil {
		head.Size = *found.ContentLength
	}
	if found.ETag != nil {
		head.Version = exporter.Version(*found.ETag)
	}
	return head, nil
}

// Read implements bucket.Client.
func (c *client) Read(ctx context.Context, key string, version exporter.Version, from, length int64) (io.ReadCloser, error) {
	found, err := c.container.NewBlobClient(key).DownloadStream(ctx, &blob.DownloadStreamOptions{
		Range: blob.HTTPRange{Offset: from, Count: length}, AccessConditions: conditions(version),
	})
	if err != nil {
		return nil, err
	}
	return found.Body, nil
}

// List implements bucket.Client.
func (c *client) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		pages := c.container.NewListBlobsHierarchyPager("/", &container.ListBlobsHierarchyOptions{Prefix: &prefix})
		for pages.More() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield("", err)
				return
			}
			for _, one := range page.Segment.BlobItems {
				if !yield(*one.Name, nil) {
					return
				}
			}
		}
	}
}

// Delete implements bucket.Client.
func (c *client) Delete(ctx context.Context, key string) error {
	_, err := c.container.NewBlobClient(key).Delete(ctx, nil)
	return err
}

// conditions are those of a request about a version; "" is a blob that must not exist.
func conditions(version exporter.Version) *blob.AccessConditions {
	only := new(blob.ModifiedAccessConditions)
	if version == "" {
		anything := azcore.ETagAny
		only.IfNoneMatch = &anything
	} else {
		tag := azcore.ETag(version)
		only.IfMatch = &tag
	}
	return &blob.AccessConditions{ModifiedAccessConditions: only}
}
