package bucket

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

// Each hint about missing rights names the right for the request that failed.
func TestAMissingRightIsNamed(t *testing.T) {
	e := explainer{
		url: exporter.ObjectURL{Scheme: "s3", Bucket: "lake", Prefix: "x"}, secrets: new(secrets),
		driver: Driver{
			Rights:   Rights{Read: "may-read", List: "may-list", Write: "may-write"},
			Response: func(error) (int, string) { return http.StatusForbidden, "" },
		},
	}
	denied := errors.New("denied")
	for right, err := range map[string]error{"may-read": e.read(denied), "may-list": e.list(denied), "may-write": e.write(denied)} {
		if !strings.Contains(exporter.Hint(err), right) {
			t.Errorf("the hint is %q, without %q", exporter.Hint(err), right)
		}
	}
}

func TestNoSecretIsInATextOfAClient(t *testing.T) {
	for _, text := range []string{
		`Put "https://a.blob.core.windows.net/c/k?sv=2024&sig=hunter2%3D&se=2026": EOF`, "GET https://b.s3/k?X-Amz-Signature=hunter2&x-id=GetObject",
		"https://u:hunter2@host/x", "POST http://g/upload?upload_id=hunter2&x=1", "https://h?AccountKey=hunter2",
	} {
		if got := new(secrets).redact(text); strings.Contains(got, "hunter2") {
			t.Errorf("%q became %q", text, got)
		}
	}
	if err := notExist("s3://lake/x", io.EOF); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v does not say that there is nothing", err)
	}
}
