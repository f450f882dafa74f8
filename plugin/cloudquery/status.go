package cloudquery

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/plugin/door"
)

// statusOf turns an error into the one that ends a call: hosts discard the rows of a sync
// that ends with it.
func statusOf(err error) error {
	code := codes.Unknown
	_, config := errors.AsType[*door.ConfigError](err)
	_, input := errors.AsType[*door.InputError](err)
	switch {
	case config || input:
		code = codes.InvalidArgument
	case errors.Is(err, exporter.ErrKeyRefused):
		code = codes.Unauthenticated
	case errors.Is(err, exporter.ErrNoAccess):
		code = codes.PermissionDenied
	case errors.Is(err, exporter.ErrIncomplete):
		code = codes.Aborted
	case errors.Is(err, context.Canceled):
		code = codes.Canceled
	}
	return status.Error(code, door.Sentence(err))
}

// failureCode is the kind of failure that TestConnection tells.
func failureCode(err error) string {
	switch status.Code(statusOf(err)) {
	case codes.InvalidArgument:
		return "INVALID_SPEC"
	case codes.Unauthenticated, codes.PermissionDenied:
		return "INVALID_CREDENTIALS"
	default:
		return "OTHER"
	}
}
