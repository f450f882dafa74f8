package engine

import "testing"

func TestTheLastNameOfALocation(t *testing.T) {
	t.Chdir(t.TempDir())
	for location, want := range map[string]string{
		"out": "out", "out/inbox_conversations": "inbox_conversations", "out/inbox_conversations/": "inbox_conversations", "out/x/..": "out",
		"s3://lake/x/inbox_conversations?endpoint=http://127.0.0.1:9000/a": "inbox_conversations",
		"gs://lake/inbox_conversations/?anonymous=true":                    "inbox_conversations",
		"azblob://lake/x": "x", "file:///data/inbox_conversations": "inbox_conversations", "s3://inbox_conversations": ".",
	} {
		if got := lastName(location); got != want {
			t.Errorf("lastName(%q) = %q, want %q", location, got, want)
		}
	}
}
