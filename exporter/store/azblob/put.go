//go:build !no_azure

package azblob

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"io"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"golang.org/x/sync/errgroup"

	"github.com/lemexport/lemexport/exporter/store/bucket"
)

const (
	// partSize is the size of a block, and the size up to which a blob is one request.
	partSize = 16 << 20
	// parallelParts is how many blocks are in flight. They are read from the disk.
	parallelParts = 2
	maxParts      = 50_000
)

// Put implements bucket.Client. Each request knows how many bytes it has to send: a file
// that is shorter by now fails it. A retry reads the bytes from the file again.
func (c *client) Put(ctx context.Context, put bucket.Put) error {
	to := c.container.NewBlockBlobClient(put.Key)
	contentType, metadata := bucket.ContentType, make(map[string]*string, len(put.Metadata))
	for name, value := range put.Metadata {
		metadata[name] = &value
	}
	headers := &blob.HTTPHeaders{BlobContentType: &contentType}
	if put.Body.Size() <= c.target.PartSize(partSize) {
		_, err := to.Upload(ctx, body(put.Body, 0, put.Body.Size()), &blockblob.UploadOptions{
			HTTPHeaders: headers, Metadata: metadata, AccessConditions: conditions(put.Over),
		})
		return err
	}
	blocks, err := c.stage(ctx, to, put.Body)
	if err != nil {
		return err
	}
	_, err = to.CommitBlockList(ctx, blocks, &blockblob.CommitBlockListOptions{
		HTTPHeaders: headers, Metadata: metadata, AccessConditions: conditions(put.Over),
	})
	return err
}

// stage uploads the blocks and returns their ids. Blocks that are never committed are not
// visible, and the service removes them. The ids begin with random bytes: runs at the same
// time must not replace each other's blocks.
func (c *client) stage(ctx context.Context, to *blockblob.Client, from *io.SectionReader) ([]string, error) {
	size := max(c.target.PartSize(partSize), from.Size()/maxParts+1)
	ids := make([]string, (from.Size()+size-1)/size)
	prefix := make([]byte, 16)
	_, _ = rand.Read(prefix) // it never fails
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelParts)
	for i := range ids {
		ids[i] = base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(prefix[:16:16], uint32(i)))
		group.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			at := int64(i) * size
			_, err := to.StageBlock(ctx, ids[i], body(from, at, min(size, from.Size()-at)), nil)
			return err
		})
	}
	return ids, group.Wait()
}

// body is a part of a file as the client takes it.
func body(from *io.SectionReader, at, length int64) io.ReadSeekCloser {
	return streaming.NopCloser(io.NewSectionReader(from, at, length))
}
