//go:build !no_gcs

package gcs

import (
	"context"
	"errors"
	"fmt"
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
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/store/bucket"
)

// partSize is how much a resumable upload sends at once and keeps in memory.
const partSize = 16 << 20

// Driver connects to Cloud Storage.
func Driver() bucket.Driver {
	return bucket.Driver{
		Open: open, Response: response,
		NoVersion: "1",
		Rights: bucket.Rights{
			Read: "storage.objects.get", List: "storage.objects.list",
			Write:  "storage.objects.create, storage.objects.delete, storage.objects.get and storage.objects.list",
			Remove: "storage.objects.delete",
		},
		Credentials: "Check the credentials: GOOGLE_APPLICATION_CREDENTIALS, gcloud auth application-default login, or the machine's service account.",
	}
}

func response(err error) (status int, code string) {
	if google, ok := errors.AsType[*googleapi.Error](err); ok {
		return google.Code, ""
	}
	return 0, ""
}

// client reads and writes through gocloud. The version of an object is its generation.
type client struct {
	blobs  *blob.Bucket
	target bucket.Target
}

// open connects with the Application Default Credentials.
func open(ctx context.Context, target bucket.Target) (bucket.Client, error) {
	sdk, err := connect(ctx, target)
	if err != nil {
		return nil, err
	}
	sdk.SetRetry(storage.WithBackoff(gax.Backoff{Initial: 100 * time.Millisecond, Max: target.Options.MaxDelay, Multiplier: 2}),
		storage.WithMaxAttempts(target.Options.Attempts))
	blobs, err := gcsblob.OpenBucket(ctx, nil, target.URL.Bucket, &gcsblob.Options{Client: sdk})
	if err != nil {
		return nil, err
	}
	return &client{blobs: blobs, target: target}, nil
}

// Bucket implements bucket.Client.
func (c *client) Bucket() *blob.Bucket { return c.blobs }

// Version implements bucket.Client.
func (c *client) Version(a *blob.Attributes) exporter.Version {
	var object storage.ObjectAttrs
	a.As(&object)
	return exporter.Version(strconv.FormatInt(object.Generation, 10))
}

// Pin implements bucket.Client.
func (c *client) Pin(version exporter.Version) func(as func(any) bool) error {
	return func(as func(any) bool) error {
		var object **storage.ObjectHandle
		generation, err := strconv.ParseInt(string(version), 10, 64)
		if !as(&object) || err != nil {
			return bucket.ErrNoCondition
		}
		*object = (*object).Generation(generation)
		return nil
	}
}

// Put implements bucket.Client.
func (c *client) Put(ctx context.Context, put bucket.Put) error {
	size := c.target.PartSize(partSize)
	attempts := int64(c.target.Options.Attempts) * (1 + put.Body.Size()/size)
	return bucket.Send(ctx, c.blobs, put, blob.WriterOptions{
		BufferSize:  int(size),
		BeforeWrite: func(as func(any) bool) error { return setConditions(as, put.Over, c.target.Options, attempts) },
	})
}

// setConditions sets the condition of a write and how often it is retried: the client's own
// number of attempts does not apply to uploads.
func setConditions(as func(any) bool, over exporter.Version, options bucket.Options, attempts int64) error {
	var object **storage.ObjectHandle
	if !as(&object) {
		return bucket.ErrNoCondition
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
		return bucket.ErrNoCondition
	}
	// The attempts are counted above; this deadline only has to be long enough for them.
	writer.ChunkRetryDeadline = time.Duration(options.Attempts) * (options.MaxDelay + options.Idle)
	return nil
}

func connect(ctx context.Context, target bucket.Target) (*storage.Client, error) {
	transport := target.Gate(bucket.NewTransport(target.Options.Idle))
	endpoint, emulator := target.URL.Params["endpoint"], os.Getenv("STORAGE_EMULATOR_HOST") != ""
	client := gcp.NewAnonymousHTTPClient(transport)
	if target.URL.Params["anonymous"] != "true" && !emulator {
		tokens := bucket.NewTransport(target.Options.Idle)
		bucket.GuardTokens(tokens)
		credentials, err := google.FindDefaultCredentials(context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: tokens}), storage.ScopeReadWrite)
		if err != nil {
			return nil, fmt.Errorf("google credentials: %w", err)
		}
		if client, err = gcp.NewHTTPClient(transport, credentials.TokenSource); err != nil {
			return nil, err
		}
	}
	client.CheckRedirect = bucket.NoRedirect
	// The XML API, the default for reads, needs another host.
	with := []option.ClientOption{option.WithHTTPClient(&client.Client), storage.WithJSONReads()}
	if endpoint != "" {
		with = append(with, option.WithEndpoint(strings.TrimRight(endpoint, "/")+"/storage/v1/"))
	}
	return storage.NewClient(ctx, with...)
}
