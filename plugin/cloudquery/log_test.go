package cloudquery_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/lemexport/lemexport/plugin/cloudquery"
)

func TestLog(t *testing.T) {
	const text = "Read, and \"proven\" complete.\n\n  rows  5\nWarning: one\nError: two\n"
	const at = "2026-02-03T04:05:06Z"
	for _, test := range []struct {
		level string
		json  bool
		want  string
	}{
		{"info", false, at + " info Read, and \"proven\" complete.\n" + at + " info   rows  5\n" + at + " warn Warning: one\n" + at + " error Error: two\n"},
		{"trace", false, at + " info Read, and \"proven\" complete.\n" + at + " info   rows  5\n" + at + " warn Warning: one\n" + at + " error Error: two\n"},
		{"warn", true, `{"level":"warn","message":"Warning: one","time":"` + at + `"}` + "\n" + `{"level":"error","message":"Error: two","time":"` + at + `"}` + "\n"},
		{"error", false, at + " error Error: two\n"},
	} {
		var out bytes.Buffer
		log := cloudquery.NewLog(&out, func() time.Time { return time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC) }, test.level, test.json)
		if n, err := log.Write([]byte(text)); n != len(text) || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if out.String() != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", test.level, out.String(), test.want)
		}
	}
}
