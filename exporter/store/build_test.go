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

// The hints of every object store name its rights and its credentials.
func TestEveryDriverIsComplete(t *testing.T) {
	for scheme, driver := range drivers() {
		if driver.Open == nil {
			continue // left out by a build tag
		}
		for part, text := range map[string]string{
			"right to read": driver.Rights.Read, "right to list": driver.Rights.List, "right to write": driver.Rights.Write,
			"hint about credentials": driver.Credentials, "version that no object has": string(driver.NoVersion),
		} {
			if text == "" {
				t.Errorf("%s has no %s", scheme, part)
			}
		}
		if driver.Response == nil {
			t.Errorf("%s has no function for the response of an error", scheme)
		}
	}
}
