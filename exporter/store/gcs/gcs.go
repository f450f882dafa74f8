//go:build !no_gcs

package gcs

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/store/bucket"
)

// scope is the narrowest one that can read and write objects.
const scope = "https://www.googleapis.com/auth/devstorage.read_write"

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

// client calls the JSON API, version 1. The version of an object is its generation.
type client struct {
	http *http.Client
	// tokens are those of the credentials; nil is none.
	tokens oauth2.TokenSource
	// server is the URL before the path of the API.
	server string
	target bucket.Target
}

// object is what the API says about an object.
type object struct {
	Name       string            `json:"name"`
	Generation string            `json:"generation"`
	Size       int64             `json:"size,string"`
	Metadata   map[string]string `json:"metadata"`
}

// open connects with the Application Default Credentials.
func open(ctx context.Context, target bucket.Target) (bucket.Client, error) {
	emulator := os.Getenv("STORAGE_EMULATOR_HOST")
	if emulator != "" && !strings.Contains(emulator, "://") {
		emulator = "http://" + emulator
	}
	c := &client{
		http:   &http.Client{Transport: target.Gate(bucket.NewTransport(target.Options.Idle)), CheckRedirect: bucket.NoRedirect},
		server: strings.TrimRight(cmp.Or(target.URL.Params["endpoint"], emulator, "https://storage.googleapis.com"), "/"),
		target: target,
	}
	if target.URL.Params["anonymous"] == "true" || emulator != "" {
		return c, nil
	}
	tokens := bucket.NewTransport(target.Options.Idle)
	bucket.GuardTokens(tokens)
	credentials, err := google.FindDefaultCredentials(context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: tokens}), scope)
	if err != nil {
		return nil, fmt.Errorf("google credentials: %w", tried(err, os.Getenv))
	}
	c.tokens = credentials.TokenSource
	return c, nil
}

func (c *client) objects() string {
	return c.server + "/storage/v1/b/" + url.PathEscape(c.target.URL.Bucket) + "/o"
}

func (c *client) object(key string) string { return c.objects() + "/" + url.PathEscape(key) }

// Head implements bucket.Client.
func (c *client) Head(ctx context.Context, key string) (bucket.Head, error) {
	var found object
	if err := c.get(ctx, c.object(key), &found); err != nil {
		return bucket.Head{}, err
	}
	return bucket.Head{Size: found.Size, Version: exporter.Version(found.Generation), Metadata: found.Metadata}, nil
}

// Read implements bucket.Client.
func (c *client) Read(ctx context.Context, key string, version exporter.Version, from, length int64) (io.ReadCloser, error) {
	query := url.Values{"alt": {"media"}, "generation": {string(version)}}
	answer, err := c.send(ctx, call{
		method: http.MethodGet, url: c.object(key) + "?" + query.Encode(), stream: true,
		header: http.Header{"Range": {fmt.Sprintf("bytes=%d-%d", from, from+length-1)}},
	})
	if err != nil {
		return nil, err
	}
	return answer.body, nil
}

// List implements bucket.Client.
func (c *client) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		query := url.Values{"prefix": {prefix}, "delimiter": {"/"}, "fields": {"items(name),nextPageToken"}}
		for {
			var page struct {
				Items []object `json:"items"`
				Next  string   `json:"nextPageToken"`
			}
			if err := c.get(ctx, c.objects()+"?"+query.Encode(), &page); err != nil {
				yield("", err)
				return
			}
			for _, item := range page.Items {
				if !yield(item.Name, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			query.Set("pageToken", page.Next)
		}
	}
}

// Delete implements bucket.Client.
func (c *client) Delete(ctx context.Context, key string) error {
	_, err := c.send(ctx, call{method: http.MethodDelete, url: c.object(key)})
	return err
}

// generationOf is the condition of a write: the generation that it replaces, or 0 for an
// object that must not exist.
func generationOf(over exporter.Version) (string, error) {
	if over == "" {
		return "0", nil
	}
	if generation, err := strconv.ParseInt(string(over), 10, 64); err != nil || generation <= 0 {
		return "", fmt.Errorf("%q is not a generation of an object", over)
	}
	return string(over), nil
}
