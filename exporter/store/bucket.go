package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"gocloud.dev/blob"

	"github.com/lemexport/lemexport/exporter"
)

// Bucket is a destination in object storage. It serves one run. It has no lock:
// one that outlives a crash would need a clock to expire by. A commit replaces
// the version that the run has seen and no other, so that of several runs one
// wins and the others are told.
type Bucket struct {
	at      exporter.ObjectURL
	options Options
	sent    *sent

	mu    sync.Mutex
	cloud *cloud // once connected
	run   string // the run that has claimed it
}

// errHook means that gocloud or a client has changed under us.
var errHook = errors.New("the client of the object store does not take the condition")

// dataFile matches the names of data files below a destination.
var dataFile = regexp.MustCompile(`^[a-z0-9_]+(/[A-Za-z0-9-]+)?(-[0-9]+)?\.(parquet|arrow)$`)

// NewBucket is the destination at an object store's URL. It touches nothing.
func NewBucket(at exporter.ObjectURL, options Options) *Bucket {
	return &Bucket{at: at, options: options.orDefaults(), sent: &sent{held: heldSecrets(os.Getenv)}}
}

// URL is the object's URL without the settings, which other tools spell otherwise.
func (b *Bucket) URL(name string) string { return b.at.String() + "/" + name }

func (b *Bucket) key(name string) string { return path.Join(b.at.Prefix, name) }

// connect reads the credentials when they are needed for the first time.
func (b *Bucket) connect(ctx context.Context) (*cloud, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cloud != nil {
		return b.cloud, nil
	}
	open := map[string]func(context.Context, exporter.ObjectURL, Options, *sent) (*cloud, error){"s3": openS3, "gs": openGCS, "azblob": openAzure}[b.at.Scheme]
	if open == nil {
		return nil, fmt.Errorf("%w: %s://", ErrUnsupported, b.at.Scheme)
	}
	// Before credentials are asked for. Files of the cloud's tools can name servers too: the
	// gate before every request knows those.
	if err := b.at.CheckServer(os.LookupEnv); err != nil {
		return nil, b.explain(err)
	}
	// The clients keep the context for later token requests.
	cloud, err := open(context.WithoutCancel(ctx), b.at, b.options, b.sent)
	if err != nil {
		return nil, b.explain(err)
	}
	b.cloud = cloud
	return cloud, nil
}

// Lock sees that objects can be written, that the store keeps its conditions, and
// removes what killed runs have left, where the store does not do that. It keeps
// nobody out: see [Bucket].
func (b *Bucket) Lock(ctx context.Context, runID string) (unlock func() error, err error) {
	cloud, err := b.connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := b.probe(ctx, cloud); err != nil {
		return nil, err
	}
	if cloud.sweep != nil {
		prefix := b.at.Prefix
		if prefix != "" {
			prefix += "/"
		}
		if err := cloud.sweep(ctx, prefix); err != nil {
			return nil, err
		}
	}
	b.run = runID
	return func() error { return nil }, nil
}

// probe asks for a write that has to be refused: it replaces a version that never
// was of an object that is not there. Who may not write is refused for that
// reason; a store that knows no conditions does it, and would lose updates. It
// has a body: a request without one goes without the checksums that some servers
// do not take.
func (b *Bucket) probe(ctx context.Context, cloud *cloud) error {
	never := exporter.Version(`"00000000000000000000000000000000"`)
	if b.at.Scheme == "gs" {
		never = "1"
	}
	key, text := b.key(temporaryName("write.probe")), strings.NewReader("lemexport")
	body := func() *io.SectionReader { return io.NewSectionReader(text, 0, text.Size()) }
	err := cloud.put(ctx, key, body(), nil, never)
	switch {
	case err == nil:
		return errors.Join(exporter.WithHint(fmt.Errorf("%s does not keep conditions on writes (If-Match)", b.at),
			"Two runs could overwrite each other there without a word. Use another store, or a newer version of it."),
			b.explain(cloud.bucket.Delete(context.WithoutCancel(ctx), key)))
	case refused(err, never):
		return nil
	}
	if cloud.plainPut != nil && answered(err, http.StatusNotImplemented) {
		if second := cloud.plainPut(ctx, key, body(), nil, never); second != nil && refused(second, never) {
			return exporter.WithHint(fmt.Errorf("%s: the server does not take the checksums that the client of S3 sends: %w", b.at, b.shown(err)),
				"Add request_checksum_calculation=when_required to the settings in the destination's URL, after the ? or a &.")
		}
	}
	return b.explainWrite(err)
}

// Create starts a new version of an object, in a local temporary file without a
// name: nothing is sent before the file is whole.
func (b *Bucket) Create(ctx context.Context, name string, over exporter.Version) (exporter.Upload, error) {
	cloud, err := b.connect(ctx)
	if err != nil {
		return nil, err
	}
	file, err := newTemp(b.options.TempDir)
	if err != nil {
		return nil, err
	}
	return &bucketUpload{bucket: b, cloud: cloud, name: name, over: over, file: file}, nil
}

// List returns the names of the committed objects in a folder of the
// destination, in order.
func (b *Bucket) List(ctx context.Context, folder string) ([]string, error) {
	cloud, err := b.connect(ctx)
	if err != nil {
		return nil, err
	}
	prefix := b.key(folder)
	if prefix != "" {
		prefix += "/"
	}
	var names []string
	objects := cloud.bucket.List(&blob.ListOptions{Prefix: prefix, Delimiter: "/"})
	for {
		object, err := objects.Next(ctx)
		if errors.Is(err, io.EOF) {
			slices.Sort(names)
			return names, nil
		}
		if err != nil {
			return nil, b.explainList(err)
		}
		if name := path.Base(object.Key); !object.IsDir && !strings.HasPrefix(name, ".") {
			names = append(names, path.Join(folder, name))
		}
	}
}

// Open looks up a committed object; what it holds is fetched as it is read.
func (b *Bucket) Open(ctx context.Context, name string) (exporter.Object, error) {
	cloud, err := b.connect(ctx)
	if err != nil {
		return nil, err
	}
	attributes, err := b.attributes(ctx, cloud, name)
	if err != nil {
		return nil, err
	}
	return newBucketObject(ctx, b, cloud, name, attributes)
}
