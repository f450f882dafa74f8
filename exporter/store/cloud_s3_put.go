//go:build !no_s3

package store

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/lemexport/lemexport/exporter"
)

const (
	// s3PartSize keeps nearly every export one request, which leaves nothing behind
	// however it ends.
	s3PartSize = 64 << 20
	s3MaxParts = 10_000
	// s3Parallel parts are under way at once. They are read from the disk: more of
	// them cost no memory, but time out on slow connections.
	s3Parallel = 2
	// staleAge is when an upload in parts must have been left by a killed run: no
	// upload takes that long, and its parts cost money.
	staleAge = 24 * time.Hour
)

// s3Put uploads to S3 with the client itself: the body is read from the file
// again for a retry, without buffers, and the abort of an upload in parts does
// not depend on the context that has ended.
type s3Put struct {
	client   *s3.Client
	bucket   string
	params   map[string]string
	partSize int64
}

// conditions are those of a write: If-Match, or If-None-Match for a new object.
func conditions(over exporter.Version) (ifMatch, ifNoneMatch *string) {
	if over == "" {
		return nil, aws.String("*")
	}
	return aws.String(string(over)), nil
}

func (p *s3Put) put(ctx context.Context, key string, body *io.SectionReader, metadata map[string]string, over exporter.Version) error {
	if body.Size() > p.partSize {
		return p.inParts(ctx, key, body, metadata, over)
	}
	input := &s3.PutObjectInput{
		Bucket: &p.bucket, Key: &key, Body: body, ContentLength: aws.Int64(body.Size()), ContentType: aws.String(contentType), Metadata: metadata,
		ServerSideEncryption: types.ServerSideEncryption(p.params["ssetype"]), SSEKMSKeyId: p.optional("kmskeyid"),
		StorageClass: types.StorageClass(p.params["storage_class"]),
	}
	input.IfMatch, input.IfNoneMatch = conditions(over)
	_, err := p.client.PutObject(ctx, input)
	return err
}

func (p *s3Put) optional(param string) *string {
	if value := p.params[param]; value != "" {
		return &value
	}
	return nil
}

// checksum is the one of parts, which has to be the same from the beginning to
// the end of an upload. Requests of their own have the client's default.
func (p *s3Put) checksum() types.ChecksumAlgorithm {
	if p.client.Options().RequestChecksumCalculation == aws.RequestChecksumCalculationWhenRequired {
		return ""
	}
	return types.ChecksumAlgorithmCrc32
}

func (p *s3Put) inParts(ctx context.Context, key string, body *io.SectionReader, metadata map[string]string, over exporter.Version) (err error) {
	// A request that is cancelled may have begun an upload whose id nobody knows.
	creating, end := grace(ctx, cleanupTime)
	defer end()
	created, err := p.client.CreateMultipartUpload(creating, &s3.CreateMultipartUploadInput{
		Bucket: &p.bucket, Key: &key, ContentType: aws.String(contentType), Metadata: metadata,
		ServerSideEncryption: types.ServerSideEncryption(p.params["ssetype"]), SSEKMSKeyId: p.optional("kmskeyid"),
		StorageClass: types.StorageClass(p.params["storage_class"]), ChecksumAlgorithm: p.checksum(),
	})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.abort(ctx, key, created.UploadId))
		}
	}()
	parts, err := p.parts(ctx, key, created.UploadId, body)
	if err != nil {
		return err
	}
	complete := &s3.CompleteMultipartUploadInput{
		Bucket: &p.bucket, Key: &key, UploadId: created.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	}
	complete.IfMatch, complete.IfNoneMatch = conditions(over)
	_, err = p.client.CompleteMultipartUpload(ctx, complete)
	return err
}

// grace is a context that ends some time after ctx has.
func grace(ctx context.Context, after time.Duration) (later context.Context, end context.CancelFunc) {
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

// parts uploads every part; the first failure ends the others.
func (p *s3Put) parts(ctx context.Context, key string, id *string, body *io.SectionReader) ([]types.CompletedPart, error) {
	size := max(p.partSize, body.Size()/s3MaxParts+1)
	parts := make([]types.CompletedPart, (body.Size()+size-1)/size)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var group sync.WaitGroup
	for range s3Parallel {
		group.Go(func() {
			for i := range next {
				part, err := p.part(ctx, key, id, int32(i+1), io.NewSectionReader(body, int64(i)*size, min(size, body.Size()-int64(i)*size)))
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

func (p *s3Put) part(ctx context.Context, key string, id *string, number int32, body *io.SectionReader) (types.CompletedPart, error) {
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

// abort removes the parts, also when the context has ended. An upload that is
// gone has been completed or swept.
func (p *s3Put) abort(ctx context.Context, key string, id *string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	_, err := p.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &p.bucket, Key: &key, UploadId: id})
	if gone := new(types.NoSuchUpload); errors.As(err, &gone) {
		return nil
	}
	return err
}

// sweep aborts uploads in parts of data files that a killed run has left long
// ago. Not every server lists them and not everybody may; the bucket's own
// lifecycle rules are for that.
func (p *s3Put) sweep(ctx context.Context, prefix string) error {
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
