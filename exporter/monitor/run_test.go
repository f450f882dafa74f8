package monitor

import (
	"errors"
	"fmt"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

func TestErrorsHaveKinds(t *testing.T) {
	for err, want := range map[error]string{
		exporter.ErrKeyRefused: "key_refused", exporter.ErrNoAccess: "no_access", exporter.ErrIncomplete: "incomplete", errors.New("x"): "_OTHER",
	} {
		if got := kindOf(fmt.Errorf("read the team: %w", err)); got != want {
			t.Errorf("%v: %s, want %s", err, got, want)
		}
	}
}
