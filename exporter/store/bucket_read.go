package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/lemexport/lemexport/exporter"
)

// attributes looks an object up. The stores answer that a missing object is
// forbidden to those who may not list the bucket, and to a HEAD request S3
// answers without a reason: the list tells which it is.
func (b *Bucket) attributes(ctx context.Context, cloud *cloud, name string) (*blob.Attributes, error) {
	key := b.key(name)
	found, err := cloud.bucket.Attributes(ctx, key)
	if err == nil {
		return found, nil
	}
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, notExist(b.URL(name), err)
	}
	if status, _ := answer(err); status != http.StatusForbidden {
		return nil, b.explainRead(err)
	}
	listed, listErr := cloud.bucket.List(&blob.ListOptions{Prefix: key}).Next(ctx)
	switch status, code := answer(listErr); {
	case errors.Is(listErr, io.EOF), listErr == nil && listed.Key != key:
		return nil, notExist(b.URL(name), err)
	case listErr == nil:
		return nil, exporter.WithHint(b.shown(err), "The object is there, and these credentials may not read it: "+b.rights().read+" is missing. "+nothingKnown)
	case status == http.StatusForbidden && !badCredentials(code):
		return nil, exporter.WithHint(b.shown(err), fmt.Sprintf(
			"These credentials may not list the bucket %q: the right %s is missing. Without it the server answers 403 also for an object that is not there, "+
				"so it is not known whether there is an export, and nothing was changed. Grant it, and %s.", b.at.Bucket, b.rights().list, b.rights().read))
	}
	return nil, b.explain(listErr)
}

const nothingKnown = "What is in the object is not known, so nothing was changed."

// rights are the names of what credentials have to be granted.
type rights struct{ read, list, write string }

func (b *Bucket) rights() rights {
	switch b.at.Scheme {
	case "s3":
		return rights{"s3:GetObject (and kms:Decrypt, for an object that a key of KMS encrypts)", "s3:ListBucket", "s3:PutObject, s3:GetObject and s3:ListBucket"}
	case "gs":
		return rights{"storage.objects.get", "storage.objects.list", "storage.objects.create, storage.objects.delete, storage.objects.get and storage.objects.list"}
	}
	return rights{"reading (the role Storage Blob Data Reader, or r in a SAS)", "listing (the role Storage Blob Data Reader, or l in a SAS)",
		"writing (the role Storage Blob Data Contributor, or rcwl in a SAS)"}
}

// badCredentials reports whether a refusal is about who asks, not about what for.
func badCredentials(code string) bool {
	switch code {
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired", "RequestTimeTooSkewed",
		"AuthenticationFailed", "InvalidAuthenticationInfo":
		return true
	}
	return false
}

// explainRead is explain for an object that is read: it says which right or which
// step is missing, and never to touch the data.
func (b *Bucket) explainRead(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || exporter.Hint(err) != "" {
		return err
	}
	switch status, code := answer(err); {
	case code == "InvalidObjectState":
		return exporter.WithHint(b.shown(err), "The object is in an archive class (Glacier), which no reader can open. Restore it first (aws s3api restore-object), "+
			"wait until the restoration is done, then run it again. "+nothingKnown)
	case code == "BlobArchived" || code == "BlobBeingRehydrated":
		return exporter.WithHint(b.shown(err), "The blob is in the archive tier, which no reader can open. Rehydrate it first (az storage blob set-tier --tier Hot), "+
			"wait until that is done, then run it again. "+nothingKnown)
	case status == http.StatusForbidden && !badCredentials(code):
		return exporter.WithHint(b.shown(err), "These credentials may not read the object: "+b.rights().read+" is missing. "+nothingKnown)
	case status == http.StatusNotImplemented || status == http.StatusMethodNotAllowed || status == http.StatusBadRequest:
		return exporter.WithHint(b.shown(err), "The server does not take the request to read the object: HEAD, or GET with Range and If-Match. Use a server that has them, "+
			"or look at the settings in docs/configuration.md. "+nothingKnown)
	}
	return b.explain(err)
}
