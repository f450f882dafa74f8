package store

import (
	"errors"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

// The package exporter refuses the stores that are not in the build; they have to
// be those that have no driver here.
func TestADestinationIsTakenWhenTheBuildHasItsDriver(t *testing.T) {
	for _, scheme := range []string{"s3", "gs", "azblob"} {
		_, has := drivers()[scheme]
		_, err := Open(scheme + "://lake/x")
		if has != (err == nil) || !has && (!errors.Is(err, ErrUnsupported) || exporter.Hint(err) == "") {
			t.Errorf("%s: driver %t, Open gave %v", scheme, has, err)
		}
	}
}
