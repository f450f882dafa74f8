package store

import (
	"errors"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

// The package exporter refuses the object stores that a build tag has left out: those whose
// driver is empty here.
func TestADestinationOpensWhenTheBuildHasItsDriver(t *testing.T) {
	for _, scheme := range []string{"s3", "gs", "azblob"} {
		has := drivers()[scheme].Open != nil
		_, err := Open(scheme + "://lake/x")
		if has != (err == nil) || !has && (!errors.Is(err, ErrUnsupported) || exporter.Hint(err) == "") {
			t.Errorf("%s: driver %t, Open gave %v", scheme, has, err)
		}
	}
}
