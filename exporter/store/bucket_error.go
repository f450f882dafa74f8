package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"google.golang.org/api/googleapi"

	"github.com/lemexport/lemexport/exporter"
)

// answer is the status and the code of the server's answer that an error is
// about; 0 when no answer came.
func answer(err error) (status int, code string) {
	if google, ok := errors.AsType[*googleapi.Error](err); ok {
		return google.Code, ""
	}
	if azure, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return azure.StatusCode, azure.ErrorCode
	}
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		status = response.HTTPStatusCode()
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code = api.ErrorCode()
	}
	return status, code
}

// refused reports whether the server has refused a request because the version
// that the request was about is not there.
func refused(err error, over exporter.Version) bool {
	switch status, code := answer(err); status {
	case http.StatusPreconditionFailed:
		return true
	case http.StatusConflict:
		// S3: two conditional writes at once. Azure: a new blob is there already.
		return code == "ConditionalRequestConflict" || code == "BlobAlreadyExists" || code == ""
	case http.StatusNotFound:
		// What was to be replaced or read is gone; the bucket is there.
		return over != "" && !missingBucket(status, code)
	}
	return false
}

func missingBucket(status int, code string) bool {
	return status == http.StatusNotFound && (code == "NoSuchBucket" || code == "ContainerNotFound")
}

// answered reports whether the server has answered in a way that does not change
// when it is asked again. Further are statuses that do not change either.
func answered(err error, further ...int) bool {
	status, _ := answer(err)
	return slices.Contains(further, status) || status >= 400 && status < 500 && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests
}

// objectError is an error of an object store's client, with a text of one line
// and without secrets: texts hold the URLs of requests, and those can be signed.
type objectError struct {
	text string
	err  error
}

// Error implements error.
func (e *objectError) Error() string { return e.text }

// Unwrap gives the client's error.
func (e *objectError) Unwrap() error { return e.err }

// shown is a client's error with a text that is fit to be shown.
func (b *Bucket) shown(err error) error { return &objectError{text: b.text(err), err: err} }

// explainList is explain for a list of the bucket.
func (b *Bucket) explainList(err error) error {
	if status, code := answer(err); status == http.StatusForbidden && !badCredentials(code) {
		return exporter.WithHint(b.shown(err), fmt.Sprintf("These credentials may not list the bucket %q: the right %s is missing.", b.at.Bucket, b.rights().list))
	}
	return b.explain(err)
}

// explainWrite is explain for a write.
func (b *Bucket) explainWrite(err error) error {
	if status, code := answer(err); status == http.StatusForbidden && !badCredentials(code) {
		return exporter.WithHint(b.shown(err), fmt.Sprintf("These credentials may not write there. An export needs, below %s: %s.", b.at, b.rights().write))
	}
	return b.explain(err)
}

// explain makes the text of a client's error fit to be shown, and adds what a
// person can do.
func (b *Bucket) explain(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || exporter.Hint(err) != "" {
		return err
	}
	if wrong, ok := errors.AsType[*exporter.ObjectURLError](err); ok {
		return exporter.WithHint(fmt.Errorf("%s: %w", b.at, wrong), wrong.Detail)
	}
	shown := b.shown(err)
	status, code := answer(err)
	switch network := net.Error(nil); {
	case missingBucket(status, code) || status == http.StatusNotFound:
		return exporter.WithHint(shown, fmt.Sprintf("The bucket %q does not exist there, or is in another region or account. Create it, or correct the destination.", b.at.Bucket))
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return exporter.WithHint(shown, "The server does not let these credentials do that. "+credentialsHint(b.at.Scheme))
	case status >= 300 && status < 400 && b.at.Scheme != "s3":
		return exporter.WithHint(shown, "The server sends requests elsewhere, which lemexport does not follow: they hold credentials. Correct the destination.")
	case status >= 300 && status < 400 || code == "AuthorizationHeaderMalformed":
		return exporter.WithHint(shown, "The bucket is in another region. Set region in the destination, for instance ?region=eu-west-3.")
	case status == http.StatusNotImplemented || status == http.StatusBadRequest:
		return exporter.WithHint(shown, "The server does not take the request. With a server that is not the cloud's own, look at the settings in docs/configuration.md.")
	case status >= 500 || status == http.StatusTooManyRequests:
		return exporter.WithHint(shown, "The server failed several times; the destination is as it was. Run it again later.")
	case errors.As(err, &network):
		return exporter.WithHint(shown, "The server cannot be reached, or the connection broke several times. Check the network and the destination, then run it again.")
	case status == 0:
		return exporter.WithHint(shown, credentialsHint(b.at.Scheme))
	}
	return shown
}

func credentialsHint(scheme string) string {
	switch scheme {
	case "s3":
		return "Check the credentials and the region: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or the machine's role; AWS_REGION or ?region=."
	case "gs":
		return "Check the credentials: GOOGLE_APPLICATION_CREDENTIALS, gcloud auth application-default login, or the machine's service account."
	}
	return "Check the credentials: AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, AZURE_STORAGE_CONNECTION_STRING, or an identity (az login)."
}

// text is the error's in one line. Azure's takes many and repeats the request.
func (b *Bucket) text(err error) string {
	text := regexp.MustCompile(`blob( \(key "[^"]*"\))? \(code=[A-Za-z]+\): `).ReplaceAllString(err.Error(), "") // gocloud's, which repeats
	if azure, ok := errors.AsType[*azcore.ResponseError](err); ok {
		text = fmt.Sprintf("%s: the server answered %d %s", b.at, azure.StatusCode, azure.ErrorCode)
	}
	return b.sent.redact(strings.Join(strings.Fields(text), " "))
}

// notExist is the error of an object that is not there.
func notExist(url string, err error) error {
	return &objectError{text: url + ": there is no such object", err: errors.Join(fs.ErrNotExist, err)}
}
