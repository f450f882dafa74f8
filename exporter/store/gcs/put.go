//go:build !no_gcs

package gcs

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/lemexport/lemexport/exporter/store/bucket"
)

// partSize is how much one request of an upload sends. The API wants a multiple of 256 KiB.
const partSize = 16 << 20

// errLocal means that the file to upload cannot be read.
var errLocal = errors.New("read the local file")

// Put implements bucket.Client. It is a resumable upload: the session has the condition and
// the checksum of the object, which the server checks before the object appears. A session
// that ends early leaves no object.
func (c *client) Put(ctx context.Context, put bucket.Put) error {
	session, err := c.begin(ctx, put)
	if err != nil {
		return err
	}
	size, part := put.Body.Size(), c.target.PartSize(partSize)
	from, stalled := int64(0), 0
	for {
		length := min(part, size-from)
		answer, err := c.send(ctx, call{
			method: http.MethodPut, url: session, body: io.NewSectionReader(put.Body, from, length), partial: from+length < size,
			header: http.Header{"Content-Range": {fmt.Sprintf("bytes %d-%d/%d", from, from+length-1, size)}},
		})
		if err != nil {
			return err
		}
		if answer.status != http.StatusPermanentRedirect {
			return nil
		}
		// The server may have kept less than it was sent, and ignores what it has already.
		next, err := kept(answer.header)
		if next <= from {
			stalled++
		}
		if err != nil || next > from+length || stalled == c.target.Options.Attempts {
			return errors.Join(fmt.Errorf("the server was sent %d of %d bytes, and says that it has %d", from+length, size, next), err)
		}
		from = next
	}
}

// begin opens a session and returns its URL. A session that is lost with its response is
// never used, and the server removes it.
func (c *client) begin(ctx context.Context, put bucket.Put) (string, error) {
	generation, err := generationOf(put.Over)
	if err != nil {
		return "", err
	}
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	if n, err := io.Copy(sum, io.NewSectionReader(put.Body, 0, put.Body.Size())); err != nil || n != put.Body.Size() {
		return "", errors.Join(fmt.Errorf("%w: %d of %d bytes", errLocal, n, put.Body.Size()), err)
	}
	about, err := json.Marshal(map[string]any{
		"name": put.Key, "contentType": bucket.ContentType, "metadata": put.Metadata,
		"crc32c": base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, sum.Sum32())),
	})
	if err != nil {
		return "", err
	}
	query := url.Values{"uploadType": {"resumable"}, "name": {put.Key}, "ifGenerationMatch": {generation}}
	answer, err := c.send(ctx, call{
		method: http.MethodPost, url: c.server + "/upload/storage/v1/b/" + url.PathEscape(c.target.URL.Bucket) + "/o?" + query.Encode(),
		header: http.Header{
			"Content-Type": {"application/json"}, "X-Upload-Content-Type": {bucket.ContentType}, "X-Upload-Content-Length": {strconv.FormatInt(put.Body.Size(), 10)},
		},
		body: io.NewSectionReader(bytes.NewReader(about), 0, int64(len(about))),
	})
	if err != nil {
		return "", err
	}
	session := answer.header.Get("Location")
	if session == "" {
		return "", errors.New("the server names no session for the upload")
	}
	return session, nil
}

// kept is how many bytes a session has, by the header "Range: bytes=0-N" of its response.
func kept(header http.Header) (next int64, err error) {
	text := header.Get("Range")
	if text == "" {
		return 0, nil
	}
	if _, err := fmt.Sscanf(strings.TrimSpace(text), "bytes=0-%d", &next); err != nil {
		return 0, fmt.Errorf("invalid header Range: %q", text)
	}
	return next + 1, nil
}
