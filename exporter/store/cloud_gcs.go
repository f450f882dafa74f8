package store

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"cloud.google.com/go/storage"
	"github.com/googleapis/gax-go/v2"
	"gocloud.dev/blob"
	"gocloud.dev/blob/gcsblob"
	"gocloud.dev/gcp"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
	"google.golang.org/api/option"

	"github.com/lemexport/lemexport/exporter"
)

// gcsPartSize is what a resumable upload sends at once, and keeps in memory.
const gcsPartSize = 16 << 20

// openGCS connects with the Application Default Credentials.
func openGCS(ctx context.Context, at exporter.ObjectURL, options Options, sent *sent) (*cloud, error) {
	client, err := gcsClient(ctx, at, options, sent)
	if err != nil {
		return nil, err
	}
	client.SetRetry(storage.WithBackoff(gax.Backoff{Initial: 100 * time.Millisecond, Max: options.MaxDelay, Multiplier: 2}),
		storage.WithMaxAttempts(options.Attempts))
	bucket, err := gcsblob.OpenBucket(ctx, nil, at.Bucket, &gcsblob.Options{Client: client})
	if err != nil {
		return nil, err
	}
	return &cloud{
		bucket: bucket,
		version: func(a *blob.Attributes) exporter.Version {
			var object storage.ObjectAttrs
			a.As(&object)
			return exporter.Version(strconv.FormatInt(object.Generation, 10))
		},
		pin: func(version exporter.Version) func(as func(any) bool) error {
			return func(as func(any) bool) error {
				var object **storage.ObjectHandle
				generation, err := strconv.ParseInt(string(version), 10, 64)
				if !as(&object) || err != nil {
					return errHook
				}
				*object = (*object).Generation(generation)
				return nil
			}
		},
		put: func(ctx context.Context, key string, body *io.SectionReader, metadata map[string]string, over exporter.Version) error {
			return send(ctx, bucket, key, body, &blob.WriterOptions{
				ContentType: contentType, Metadata: metadata, BufferSize: int(options.partSize(gcsPartSize)),
				BeforeWrite: func(as func(any) bool) error {
					return gcsConditions(as, over, options, int64(options.Attempts)*(1+body.Size()/options.partSize(gcsPartSize)))
				},
			})
		},
	}, nil
}

// gcsConditions sets what a write depends on, and how often it is tried again:
// the client holds its number of attempts for all requests but uploads.
func gcsConditions(as func(any) bool, over exporter.Version, options Options, attempts int64) error {
	var object **storage.ObjectHandle
	if !as(&object) {
		return errHook
	}
	only := storage.Conditions{DoesNotExist: true}
	if over != "" {
		generation, err := strconv.ParseInt(string(over), 10, 64)
		if err != nil {
			return err
		}
		only = storage.Conditions{GenerationMatch: generation}
	}
	var failed atomic.Int64
	*object = (*object).If(only).Retryer(storage.WithErrorFunc(func(err error) bool {
		return storage.ShouldRetry(err) && failed.Add(1) < attempts
	}))
	var writer *storage.Writer
	if !as(&writer) {
		return errHook
	}
	// The attempts are counted above: the time only has to be enough for them.
	writer.ChunkRetryDeadline = time.Duration(options.Attempts) * (options.MaxDelay + options.Idle)
	return nil
}

func gcsClient(ctx context.Context, at exporter.ObjectURL, options Options, sent *sent) (*storage.Client, error) {
	transport := newGate(at, newTransport(options.Idle), options, sent)
	endpoint, emulator := at.Params["endpoint"], os.Getenv("STORAGE_EMULATOR_HOST") != ""
	client := gcp.NewAnonymousHTTPClient(transport)
	if at.Params["anonymous"] != "true" && !emulator {
		tokens := newTransport(options.Idle)
		keepTokens(tokens)
		credentials, err := google.FindDefaultCredentials(context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: tokens}), storage.ScopeReadWrite)
		if err != nil {
			return nil, fmt.Errorf("google credentials: %w", err)
		}
		if client, err = gcp.NewHTTPClient(transport, credentials.TokenSource); err != nil {
			return nil, err
		}
	}
	client.CheckRedirect = noRedirect
	// The other API for reads needs another host.
	with := []option.ClientOption{option.WithHTTPClient(&client.Client), storage.WithJSONReads()}
	if endpoint != "" {
		with = append(with, option.WithEndpoint(strings.TrimRight(endpoint, "/")+"/storage/v1/"))
	}
	return storage.NewClient(ctx, with...)
}
