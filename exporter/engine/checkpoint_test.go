package engine_test

import (
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

func TestACheckpointIsWhatItsTextSays(t *testing.T) {
	want := engine.Checkpoint{Journal: "walk-00ff", Mark: "12ab", Pages: 7}
	text, err := want.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != `{"v":1,"journal":"walk-00ff","mark":"12ab","pages":7}` {
		t.Errorf("got %s", text)
	}
	var got engine.Checkpoint
	if err := got.UnmarshalText(text); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
}

// No text makes it fail in another way than with an error, and what it takes it
// gives again.
func FuzzCheckpoint(f *testing.F) {
	for _, seed := range []string{"", "{}", "null", `{"v":2}`, `{"v":1,"journal":"a"}`, `{"v":1,"journal":"a","mark":"b","pages":0}`, `{"v":1,"journal":"a","mark":"b","pages":1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var first, second engine.Checkpoint
		if err := first.UnmarshalText(text); err != nil {
			if exporter.Hint(err) == "" {
				t.Errorf("%v has no hint", err)
			}
			return
		}
		again, err := first.MarshalText()
		if err != nil || second.UnmarshalText(again) != nil || first != second {
			t.Errorf("%s became %s", text, again)
		}
	})
}
