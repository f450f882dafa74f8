package bucket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/lemexport/lemexport/exporter"
)

// explainer turns the errors of an object store's client into errors for people: one line,
// without secrets, with a hint what to do.
type explainer struct {
	driver  Driver
	url     exporter.ObjectURL
	secrets *secrets
}

const contentUnknown = "The content of the object is not known, so nothing was changed."

// refused reports whether the server has refused a request because the version that the
// request is about is not there.
func (e explainer) refused(err error, over exporter.Version) bool {
	switch status, code := e.driver.Response(err); status {
	case http.StatusPreconditionFailed:
		return true
	case http.StatusConflict:
		// S3: two conditional writes at once. Azure: the new blob exists already.
		return code == "ConditionalRequestConflict" || code == "BlobAlreadyExists" || code == ""
	case http.StatusNotFound:
		// The object to replace or read is gone; the bucket exists.
		return over != "" && !isMissingBucket(status, code)
	}
	return false
}

// missing reports whether there is no such object.
func (e explainer) missing(err error) bool {
	status, _ := e.driver.Response(err)
	return status == http.StatusNotFound
}

func isMissingBucket(status int, code string) bool {
	return status == http.StatusNotFound && (code == "NoSuchBucket" || code == "ContainerNotFound")
}

// permanent reports whether the same request would get the same response again. further
// are permanent statuses of the 5xx range.
func (e explainer) permanent(err error, further ...int) bool {
	status, _ := e.driver.Response(err)
	return slices.Contains(further, status) || status >= 400 && status < 500 && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests
}

// denied reports whether valid credentials lack a right.
func (e explainer) denied(err error) bool {
	status, code := e.driver.Response(err)
	return status == http.StatusForbidden && !isBadCredentials(code)
}

// isBadCredentials reports whether the code of a 403 is about the credentials themselves
// and not about a right that they lack.
func isBadCredentials(code string) bool {
	switch code {
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired", "RequestTimeTooSkewed",
		"AuthenticationFailed", "InvalidAuthenticationInfo":
		return true
	}
	return false
}

// any explains an error of any request.
func (e explainer) any(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || exporter.Hint(err) != "" {
		return err
	}
	if wrong, ok := errors.AsType[*exporter.ObjectURLError](err); ok {
		return exporter.WithHint(fmt.Errorf("%s: %w", e.url, wrong), wrong.Detail)
	}
	if hint := e.hint(err); hint != "" {
		return exporter.WithHint(e.clean(err), hint)
	}
	return e.clean(err)
}

// hint says what a person can do about an error of any request.
func (e explainer) hint(err error) string {
	status, code := e.driver.Response(err)
	switch network := net.Error(nil); {
	case status == http.StatusNotFound:
		return fmt.Sprintf("The bucket %q does not exist there, or is in another region or account. Create it, or correct the destination.", e.url.Bucket)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return "The server does not allow this request with these credentials. " + e.driver.Credentials
	case status >= 300 && status < 400 && e.driver.Redirect == "":
		return "The server redirects the request. lemexport does not follow redirects, since requests hold credentials. Correct the destination."
	case status >= 300 && status < 400 || code == "AuthorizationHeaderMalformed":
		return e.driver.Redirect
	case status == http.StatusNotImplemented || status == http.StatusBadRequest:
		return "The server does not support the request. If the server is not the cloud's own, see the settings in https://github.com/lemexport/lemexport/blob/main/docs/configuration.md."
	case status >= 500 || status == http.StatusTooManyRequests:
		return "The server failed several times; the destination is as it was. Run it again later."
	case errors.As(err, &network):
		return "The server cannot be reached, or the connection broke several times. Check the network and the destination, then run it again."
	case status == 0:
		return e.driver.Credentials
	}
	return ""
}

// list explains an error of listing the bucket.
func (e explainer) list(err error) error {
	if e.denied(err) {
		return exporter.WithHint(e.clean(err), fmt.Sprintf("These credentials may not list the bucket %q: the right %s is missing.", e.url.Bucket, e.driver.Rights.List))
	}
	return e.any(err)
}

// write explains an error of a write.
func (e explainer) write(err error) error {
	if e.denied(err) {
		return exporter.WithHint(e.clean(err), fmt.Sprintf("These credentials may not write there. An export needs, below %s: %s.", e.url, e.driver.Rights.Write))
	}
	return e.any(err)
}

// remove explains an error of removing an object.
func (e explainer) remove(err error) error {
	if e.denied(err) {
		return exporter.WithHint(e.clean(err), fmt.Sprintf("These credentials may not remove objects below %s: %s is missing.", e.url, e.driver.Rights.Remove))
	}
	return e.any(err)
}

// read explains an error of reading an object: it names the missing right or the next
// step, and never advises to change the data.
func (e explainer) read(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || exporter.Hint(err) != "" {
		return err
	}
	switch status, code := e.driver.Response(err); {
	case e.driver.Archived[code] != "":
		return exporter.WithHint(e.clean(err), e.driver.Archived[code]+" "+contentUnknown)
	case e.denied(err):
		return exporter.WithHint(e.clean(err), "These credentials may not read the object: "+e.driver.Rights.Read+" is missing. "+contentUnknown)
	case status == http.StatusNotImplemented || status == http.StatusMethodNotAllowed || status == http.StatusBadRequest:
		return exporter.WithHint(e.clean(err), "The server does not support the request to read the object: HEAD, or GET with Range and If-Match. Use a server that does, "+
			"or see the settings in https://github.com/lemexport/lemexport/blob/main/docs/configuration.md. "+contentUnknown)
	}
	return e.any(err)
}

// clean gives a client's error a text that can be shown.
func (e explainer) clean(err error) error {
	text := err.Error()
	if status, code := e.driver.Response(err); e.driver.Verbose && status != 0 {
		text = fmt.Sprintf("%s: the server answered %d %s", e.url, status, code)
	}
	return &cleanError{text: e.secrets.redact(strings.Join(strings.Fields(text), " ")), err: err}
}

// cleanError is an error of an object store's client, with a text of one line and without
// secrets: the client's text can hold the URL of a request, and URLs can be signed.
type cleanError struct {
	text string
	err  error
}

// Error implements error.
func (e *cleanError) Error() string { return e.text }

// Unwrap gives the client's error.
func (e *cleanError) Unwrap() error { return e.err }

// notExist is the error of an object that does not exist.
func notExist(url string, err error) error {
	return &cleanError{text: url + ": there is no such object", err: errors.Join(fs.ErrNotExist, err)}
}
