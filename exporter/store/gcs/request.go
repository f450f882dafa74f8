//go:build !no_gcs

package gcs

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/lemexport/lemexport/exporter/store/bucket"
)

// maxResponse bounds a response that is not the content of an object. A page of a list has
// at most 1,000 names of 1,024 bytes.
const maxResponse = 16 << 20

// call is one request of the API, which may take several attempts.
type call struct {
	method, url string
	header      http.Header
	// body is sent from its beginning in each attempt; nil is none.
	body *io.SectionReader
	// stream leaves the body of the response to the caller.
	stream bool
	// partial expects the status 308: more parts of the upload are missing.
	partial bool
}

// answer is a successful response. Only that of a streaming call has to be closed.
type answer struct {
	status int
	header http.Header
	body   io.ReadCloser
}

// apiError is a response of the server that is not a success.
type apiError struct {
	status  int
	message string
}

// Error implements error.
func (e *apiError) Error() string {
	return fmt.Sprintf("the server answered %d %s", e.status, cmp.Or(e.message, http.StatusText(e.status)))
}

func response(err error) (status int, code string) {
	if api, ok := errors.AsType[*apiError](err); ok {
		return api.status, ""
	}
	return 0, ""
}

// get decodes the JSON of a response.
func (c *client) get(ctx context.Context, url string, to any) error {
	answer, err := c.send(ctx, call{method: http.MethodGet, url: url})
	if err != nil {
		return err
	}
	if err := json.NewDecoder(answer.body).Decode(to); err != nil {
		return fmt.Errorf("read the server's response: %w", err)
	}
	return nil
}

// send makes the attempts of a call.
func (c *client) send(ctx context.Context, call call) (answer, error) {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval = min(100*time.Millisecond, c.target.Options.MaxDelay)
	pause.MaxInterval = c.target.Options.MaxDelay
	pause.Multiplier = 2
	return backoff.Retry(ctx, func() (answer, error) {
		answer, err := c.attempt(ctx, call)
		if err != nil && !retryable(err) {
			err = backoff.Permanent(err)
		}
		return answer, err
	}, backoff.WithBackOff(pause), backoff.WithMaxTries(uint(c.target.Options.Attempts)), backoff.WithMaxElapsedTime(0))
}

func (c *client) attempt(ctx context.Context, call call) (answer, error) {
	body := io.Reader(http.NoBody)
	if call.body != nil {
		body = io.NewSectionReader(call.body, 0, call.body.Size())
	}
	request, err := http.NewRequestWithContext(ctx, call.method, call.url, body)
	if err != nil {
		return answer{}, backoff.Permanent(err)
	}
	if call.header != nil {
		request.Header = call.header.Clone()
	}
	if call.body != nil {
		request.ContentLength = call.body.Size() // a file that is shorter by now fails the request
	}
	if c.tokens != nil {
		token, err := c.tokens.Token()
		if err != nil { // the credentials have retries of their own
			return answer{}, backoff.Permanent(fmt.Errorf("google credentials: %w", err))
		}
		token.SetAuthHeader(request)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return answer{}, err
	}
	success := response.StatusCode/100 == 2 || call.partial && response.StatusCode == http.StatusPermanentRedirect
	if call.stream && success {
		return answer{status: response.StatusCode, header: response.Header, body: response.Body}, nil
	}
	// All of the response belongs to the attempt.
	text, err := io.ReadAll(io.LimitReader(response.Body, maxResponse))
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return answer{}, err
	}
	if !success {
		return answer{}, newError(response.StatusCode, text)
	}
	return answer{status: response.StatusCode, header: response.Header, body: io.NopCloser(bytes.NewReader(text))}, nil
}

// newError takes the message from the JSON of a response; a proxy answers otherwise.
func newError(status int, text []byte) error {
	var said struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(text, &said) != nil {
		said.Error.Message = ""
	}
	return &apiError{status: status, message: said.Error.Message}
}

// retryable reports whether another attempt may succeed: the server is busy, or the
// connection broke.
func retryable(err error) bool {
	if api, ok := errors.AsType[*apiError](err); ok {
		return api.status == http.StatusRequestTimeout || api.status == http.StatusTooManyRequests ||
			api.status >= 500 && api.status != http.StatusNotImplemented
	}
	_, refused := errors.AsType[bucket.GateError](err)
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	name, unknown := errors.AsType[*net.DNSError](err)
	return !refused && !untrusted && (!unknown || !name.IsNotFound) && !errors.Is(err, context.Canceled) && !errors.Is(err, errLocal)
}
