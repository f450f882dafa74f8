// Package bucket is the destination in an object store, apart from what each store does
// differently, which is a [Driver]. A commit is one conditional upload of a complete local
// file. It imports exporter only.
package bucket

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/lemexport/lemexport/exporter"
)

// Bucket is a destination in an object store. It serves one run. It has no lock: a lock
// that outlives a crash would need a clock to expire. A commit replaces the version that
// the run has read and no other, so that of several runs one succeeds and the others get
// [exporter.ErrConflict].
type Bucket struct {
	driver  Driver
	target  Target
	explain explainer

	mu     sync.Mutex
	client Client // nil until the first use
	run    string // the run that has called Lock
}

// ContentType is that of data files: the formats have no registered types that clients
// would know.
const ContentType = "application/octet-stream"

// The metadata of our objects. Every store takes these names unchanged.
const (
	// runKey names the run that wrote the object.
	runKey = "lemexportrun"
	// uploadKey identifies the upload. The response to a successful upload can be lost; the
	// server then refuses the second attempt because of the first, and this shows it.
	uploadKey = "lemexportupload"
)

// New is the destination at an object store's URL. It connects when it is first used.
func New(url exporter.ObjectURL, driver Driver, options Options) *Bucket {
	seen := &secrets{fixed: environmentSecrets(os.Getenv)}
	return &Bucket{
		driver: driver, target: Target{URL: url, Options: options.withDefaults(), secrets: seen},
		explain: explainer{driver: driver, url: url, secrets: seen},
	}
}

// URL is the object's URL without the settings, which other tools spell differently.
func (b *Bucket) URL(name string) string { return b.target.URL.String() + "/" + name }

func (b *Bucket) key(name string) string { return path.Join(b.target.URL.Prefix, name) }

// connect reads the credentials at the first use.
func (b *Bucket) connect(ctx context.Context) (Client, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.client != nil {
		return b.client, nil
	}
	// Before credentials are asked for. Files of the cloud's tools can name servers too:
	// Target.Gate checks every request.
	if err := b.target.URL.CheckServer(os.LookupEnv); err != nil {
		return nil, b.explain.any(err)
	}
	// The clients keep the context for later token requests.
	client, err := b.driver.Open(context.WithoutCancel(ctx), b.target)
	if err != nil {
		return nil, b.explain.any(err)
	}
	b.client = client
	return client, nil
}

// Lock checks that objects can be written and that the store honours conditions on writes,
// and removes what killed runs have left, where the store does not do it. It excludes no
// other run: see [Bucket].
func (b *Bucket) Lock(ctx context.Context, runID string) (unlock func() error, err error) {
	client, err := b.connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := b.probe(ctx, client); err != nil {
		return nil, err
	}
	if cleaner, ok := client.(Cleaner); ok {
		prefix := b.target.URL.Prefix
		if prefix != "" {
			prefix += "/"
		}
		if err := cleaner.Clean(ctx, prefix); err != nil {
			return nil, err
		}
	}
	b.run = runID
	return func() error { return nil }, nil
}

// probe makes a write that has to be refused: it replaces a version that never existed of
// an object that does not exist. Without the right to write, the refusal says so; a store
// that ignores conditions carries the write out, and would lose updates. The write has a
// body: without one, the client leaves out the checksums that some servers do not accept.
func (b *Bucket) probe(ctx context.Context, client Client) error {
	text := strings.NewReader("lemexport")
	put := func() Put {
		return Put{Body: io.NewSectionReader(text, 0, text.Size()), Over: b.driver.NoVersion}
	}
	first := put()
	first.Key = b.key(".write.probe." + rand.Text() + ".lemexport-tmp")
	err := client.Put(ctx, first)
	switch {
	case err == nil:
		return errors.Join(exporter.WithHint(fmt.Errorf("%s ignores conditions on writes (If-Match)", b.target.URL),
			"Two runs could overwrite each other there unnoticed. Use another store, or a newer version of it."),
			b.explain.any(client.Delete(context.WithoutCancel(ctx), first.Key)))
	case b.explain.refused(err, b.driver.NoVersion):
		return nil
	}
	if unchecked, ok := client.(UncheckedPutter); ok && b.explain.permanent(err, http.StatusNotImplemented) {
		second := put()
		second.Key = first.Key
		if without := unchecked.PutUnchecked(ctx, second); without != nil && b.explain.refused(without, b.driver.NoVersion) {
			return exporter.WithHint(fmt.Errorf("%s: the server does not accept the checksums that the S3 client sends: %w", b.target.URL, b.explain.clean(err)),
				"Add request_checksum_calculation=when_required to the settings in the destination's URL, after the ? or a &.")
		}
	}
	return b.explain.write(err)
}

// Create starts a new version of an object, in a local temporary file: nothing is sent
// before the file is complete.
func (b *Bucket) Create(ctx context.Context, name string, over exporter.Version) (exporter.Upload, error) {
	client, err := b.connect(ctx)
	if err != nil {
		return nil, err
	}
	file, err := b.target.Options.Scratch.File()
	if err != nil {
		return nil, err
	}
	return &upload{client: client, explain: b.explain, key: b.key(name), run: b.run, over: over, file: file}, nil
}

// List returns the names of the committed objects in a folder of the destination, in order.
func (b *Bucket) List(ctx context.Context, folder string) ([]string, error) {
	client, err := b.connect(ctx)
	if err != nil {
		return nil, err
	}
	prefix := b.key(folder)
	if prefix != "" {
		prefix += "/"
	}
	var names []string
	for key, err := range client.List(ctx, prefix) {
		if err != nil {
			return nil, b.explain.list(err)
		}
		// An empty name is the mark that some tools leave for a folder.
		if name := strings.TrimPrefix(key, prefix); name != "" && !strings.HasPrefix(name, ".") {
			names = append(names, path.Join(folder, name))
		}
	}
	slices.Sort(names)
	return names, nil
}

// Remove removes a committed object.
func (b *Bucket) Remove(ctx context.Context, name string) error {
	client, err := b.connect(ctx)
	if err != nil {
		return err
	}
	if err := client.Delete(ctx, b.key(name)); err != nil && !b.explain.missing(err) {
		return b.explain.remove(err)
	}
	return nil
}

// Open looks up a committed object; its content is fetched as it is read.
func (b *Bucket) Open(ctx context.Context, name string) (exporter.Object, error) {
	client, err := b.connect(ctx)
	if err != nil {
		return nil, err
	}
	head, err := b.head(ctx, client, name)
	if err != nil {
		return nil, err
	}
	local, err := b.target.Options.Scratch.File()
	if err != nil {
		return nil, err
	}
	return &object{
		ctx: ctx, client: client, explain: b.explain, options: b.target.Options, key: b.key(name), url: b.URL(name),
		size: head.Size, version: head.Version, local: local, blocks: make(map[int64]int64), batch: 1, next: -1,
	}, nil
}

// head looks an object up. For users who may not list the bucket, the stores answer
// "forbidden" about a missing object, and S3 answers a HEAD request without a reason: the
// list of the bucket tells the cases apart.
func (b *Bucket) head(ctx context.Context, client Client, name string) (Head, error) {
	key := b.key(name)
	found, err := client.Head(ctx, key)
	if err == nil {
		return found, nil
	}
	switch status, _ := b.driver.Response(err); status {
	case http.StatusNotFound:
		return Head{}, notExist(b.URL(name), err)
	case http.StatusForbidden:
	default:
		return Head{}, b.explain.read(err)
	}
	exists, listErr := isListed(ctx, client, key)
	switch {
	case listErr == nil && !exists:
		return Head{}, notExist(b.URL(name), err)
	case listErr == nil:
		return Head{}, exporter.WithHint(b.explain.clean(err), "The object exists, but these credentials may not read it: "+b.driver.Rights.Read+" is missing. "+contentUnknown)
	case b.explain.denied(listErr):
		return Head{}, exporter.WithHint(b.explain.clean(err), fmt.Sprintf(
			"These credentials may not list the bucket %q: the right %s is missing. Without it the server answers 403 also for an object that does not exist, "+
				"so it is not known whether there is an export, and nothing was changed. Grant it, and %s.", b.target.URL.Bucket, b.driver.Rights.List, b.driver.Rights.Read))
	}
	return Head{}, b.explain.any(listErr)
}

// isListed reports whether the bucket lists an object: first of those that begin with its key.
func isListed(ctx context.Context, client Client, key string) (bool, error) {
	for first, err := range client.List(ctx, key) {
		return first == key, err
	}
	return false, nil
}
