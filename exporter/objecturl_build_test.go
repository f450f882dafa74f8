package exporter

import (
	"errors"
	"strings"
	"testing"
)

// In a build with the tags no_s3, no_gcs or no_azure a destination there is
// refused when the configuration is read; .ci/builds runs this with each of them.
func TestADestinationThatThisBuildHasNotNamesTheTag(t *testing.T) {
	for scheme, build := range map[string]struct {
		has bool
		tag string
	}{"s3": {hasS3, "no_s3"}, "gs": {hasGCS, "no_gcs"}, "azblob": {hasAzure, "no_azure"}} {
		_, err := ParseObjectURL(scheme + "://lake/x")
		if build.has {
			if err != nil {
				t.Errorf("%s: %v", scheme, err)
			}
			continue
		}
		wrong, ok := errors.AsType[*ObjectURLError](err)
		if !ok || wrong.Summary != "This build has no "+scheme+"://" || !strings.Contains(wrong.Detail, "Build lemexport without the tag") ||
			!strings.Contains(wrong.Detail, " "+build.tag+".") {
			t.Errorf("%s: %v", scheme, err)
		}
	}
}
