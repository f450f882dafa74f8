package singer

import (
	"encoding/json"
	"fmt"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/plugin/door"
)

// state is the value of a STATE message.
type state struct {
	Bookmarks map[string]bookmark `json:"bookmarks"`
}

// bookmark is where the next reading of a stream goes on.
type bookmark struct {
	// Position is the engine's.
	Position json.RawMessage `json:"position,omitempty"`
	// Version is that of the last full reading. Rows of another one are gone.
	Version int64 `json:"version,omitempty"`
}

// parseState reads the state of an earlier run; an empty file or object is the beginning.
func parseState(file door.File) (state, error) {
	parsed := state{Bookmarks: make(map[string]bookmark)}
	if len(file.Bytes) == 0 {
		return parsed, nil
	}
	if err := json.Unmarshal(file.Bytes, &parsed); err != nil {
		return state{}, exporter.WithHint(fmt.Errorf("%s is not a state of this tap", file.Name),
			"Pass the value of the last STATE message, or no state to read everything.")
	}
	if parsed.Bookmarks == nil {
		parsed.Bookmarks = make(map[string]bookmark)
	}
	return parsed, nil
}
