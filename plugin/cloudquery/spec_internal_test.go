package cloudquery

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Only the members of this door are taken out, and what is not an object stays as it is.
func FuzzTakeOwn(f *testing.F) {
	for _, seed := range []string{
		`{"nested": "json", "a": {"nested": 1}, "users": [1, 2]}`, `{"a": 1.50, "nested": null, "full_every": {}}`, `{"nested": 1, "nested": 2}`,
		`{}`, ` {"a" : "é\ud800" } `, `{"a": 1} x`, `[{"nested": 1}]`, `{"nested": 1`, `null`, `null 1`, ``, `{"a": 1}}`,
	} {
		f.Add([]byte(seed))
	}
	decode := func(body []byte) (members map[string]any, err error) {
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		err = decoder.Decode(&members)
		if err == nil && !json.Valid(body) {
			err = errors.New("more than one value")
		}
		return members, err
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		rest, own := takeOwn(body)
		want, wantErr := decode(body)
		got, err := decode(rest)
		if text := string(bytes.Trim(body, blank)); text == "" || text == "null" {
			if string(rest) != "{}" {
				t.Fatalf("%q: %q", body, rest)
			}
			return
		}
		if wantErr != nil {
			if err == nil {
				t.Fatalf("%q is wrong, %q is not", body, rest)
			}
			return
		}
		for name := range own {
			if _, ok := want[name]; !ok || name != nestedMember && name != fullEveryMember {
				t.Fatalf("%q: took %q", body, name)
			}
			delete(want, name)
		}
		if diff := cmp.Diff(want, got); err == nil && diff != "" {
			t.Fatalf("%q, %q (-want +got):\n%s", body, rest, diff)
		}
	})
}
