//go:build !no_s3

package s3

import (
	"context"
	"errors"
	"io"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/store/bucket"
)

const (
	// partSize keeps nearly every export one request, which leaves nothing in the bucket,
	// however it ends.
	partSize = 64 << 20
	maxParts = 10_000
	// parallelParts is how many parts are in flight. They are read from the disk: more of
	// them cost no memory, but would time out on slow connections.
	parallelParts = 2
	// staleAge is the age from which an upload in parts belongs to a killed run: no upload
	// takes that long, and its parts cost money.
	staleAge = 24 * time.Hour
)

// putter uploads: a retry reads the body from the file again, without buffers, and an
// upload in parts is aborted even when the context has ended.
type putter struct {
	client   *s3.Client
	bucket   string
	params   map[string]string
	partSize int64
}

// conditions are those of a write over a version: If-Match, or If-None-Match for a new
// object.
func conditions(over exporter.Version) (ifMatch, ifNoneMatch *string) {
	if over == "" {
		return nil, aws.String("*")
	}
	return aws.String(string(over)), nil
}

// Put implements bucket.Client.
func (p *putter) Put(ctx context.Context, put bucket.Put) error {
	if put.Body.Size() > p.partSize {
		return p.putInParts(ctx, put)
	}
	input := &s3.PutObjectInput{
		Bucket: &p.bucket, Key: &put.Key, Body: put.Body, ContentLength: aws.Int64(put.Body.Size()), ContentType: aws.String(bucket.ContentType), Metadata: put.Metadata,
		ServerSideEncryption: types.ServerSideEncryption(p.params["ssetype"]), SSEKMSKeyId: p.optional("kmskeyid"),
		StorageClass: types.StorageClass(p.params["storage_class"]),
	}
	input.IfMatch, input.IfNoneMatch = conditions(put.Over)
	_, err := p.client.PutObject(ctx, input)
	return err
}

func (p *putter) optional(param string) *string {
	if value := p.params[param]; value != "" {
		return &value
	}
	return nil
}

// checksum is the algorithm for parts, which has to be the same for all requests of an
// upload; "" is none. An upload in one request has the client's default.
func (p *putter) checksum() types.ChecksumAlgorithm {
	if p.client.Options().RequestChecksumCalculation == aws.RequestChecksumCalculationWhenRequired {
		return ""
	}
	return types.ChecksumAlgorithmCrc32
}

func (p *putter) putInParts(ctx context.Context, put bucket.Put) (err error) {
	// A cancelled request may have begun an upload whose id is lost.
	creating, end := withGrace(ctx, bucket.CleanupTime)
	defer end()
	created, err := p.client.CreateMultipartUpload(creating, &s3.CreateMultipartUploadInput{
		Bucket: &p.bucket, Key: &put.Key, ContentType: aws.String(bucket.ContentType), Metadata: put.Metadata,
		ServerSideEncryption: types.ServerSideEncryption(p.params["ssetype"]), SSEKMSKeyId: p.optional("kmskeyid"),
		StorageClass: types.StorageClass(p.params["storage_class"]), ChecksumAlgorithm: p.checksum(),
	})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.abort(ctx, put.Key, created.UploadId))
		}
	}()
	parts, err := p.putParts(ctx, put, created.UploadId)
	if err != nil {
		return err
	}
	complete := &s3.CompleteMultipartUploadInput{
		Bucket: &p.bucket, Key: &put.Key, UploadId: created.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	}
	complete.IfMatch, complete.IfNoneMatch = conditions(put.Over)
	_, err = p.client.CompleteMultipartUpload(ctx, complete)
	return err
}

// withGrace is a context that ends some time after ctx.
func withGrace(ctx context.Context, after time.Duration) (later context.Context, end context.CancelFunc) {
	later, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-later.Done():
		case <-time.After(after):
			cancel()
		}
	})
	return later, func() { stop(); cancel() }
}

// putParts uploads every part; the first failure ends the others.
func (p *putter) putParts(ctx context.Context, put bucket.Put, id *string) ([]types.CompletedPart, error) {
	body := put.Body
	size := max(p.partSize, body.Size()/maxParts+1)
	parts := make([]types.CompletedPart, (body.Size()+size-1)/size)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var group sync.WaitGroup
	for range parallelParts {
		group.Go(func() {
			for i := range next {
				part, err := p.putPart(ctx, put.Key, id, int32(i+1), io.NewSectionReader(body, int64(i)*size, min(size, body.Size()-int64(i)*size)))
				if err != nil {
					cancel(err)
				}
				parts[i] = part
			}
		})
	}
feed:
	for i := range parts {
		select {
		case next <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	group.Wait()
	return parts, context.Cause(ctx)
}

func (p *putter) putPart(ctx context.Context, key string, id *string, number int32, body *io.SectionReader) (types.CompletedPart, error) {
	if ctx.Err() != nil {
		return types.CompletedPart{}, ctx.Err()
	}
	done, err := p.client.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: &p.bucket, Key: &key, UploadId: id, PartNumber: &number, Body: body, ContentLength: aws.Int64(body.Size()),
		ChecksumAlgorithm: p.checksum(),
	})
	if err != nil {
		return types.CompletedPart{}, err
	}
	return types.CompletedPart{
		PartNumber: &number, ETag: done.ETag, ChecksumCRC32: done.ChecksumCRC32, ChecksumCRC32C: done.ChecksumCRC32C,
		ChecksumCRC64NVME: done.ChecksumCRC64NVME, ChecksumSHA1: done.ChecksumSHA1, ChecksumSHA256: done.ChecksumSHA256,
	}, nil
}

// abort removes the parts, also when the context has ended. An upload that does not exist
// has been completed or removed.
func (p *putter) abort(ctx context.Context, key string, id *string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bucket.CleanupTime)
	defer cancel()
	_, err := p.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &p.bucket, Key: &key, UploadId: id})
	if gone := new(types.NoSuchUpload); errors.As(err, &gone) {
		return nil
	}
	return err
}

// dataFile matches the names of data files below a destination.
var dataFile = regexp.MustCompile(`^[a-z0-9_]+(/[A-Za-z0-9-]+)?(-[0-9]+)?\.(parquet|arrow)$`)

// Clean implements bucket.Cleaner. It aborts old uploads in parts of data files, which
// killed runs have left. Not every server lists them and not every user may list them; then
// they are left to the lifecycle rules of the bucket.
func (p *putter) Clean(ctx context.Context, prefix string) error {
	input := &s3.ListMultipartUploadsInput{Bucket: &p.bucket, Prefix: &prefix}
	for pages := s3.NewListMultipartUploadsPaginator(p.client, input); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return ctx.Err()
		}
		for _, one := range page.Uploads {
			name := strings.TrimPrefix(aws.ToString(one.Key), prefix)
			if one.Initiated == nil || time.Since(*one.Initiated) < staleAge || !dataFile.MatchString(name) {
				continue
			}
			if err := p.abort(ctx, *one.Key, one.UploadId); err != nil {
				return ctx.Err()
			}
		}
	}
	return nil
}
