package engine

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/lemexport/lemexport/exporter"
)

// Checkpoint marks how much of a reading has been delivered. It refers to the
// journal of that reading, and is worth nothing without it.
type Checkpoint struct {
	// Journal is the journal's name, Mark what tells it from others of that name.
	Journal string `json:"journal"`
	Mark    string `json:"mark"`
	// Pages is the number of pages delivered, those of earlier runs included.
	Pages int64 `json:"pages"`
}

// checkpointVersion is the version of the text form.
const checkpointVersion = 1

type checkpointText struct {
	Version int `json:"v"`
	plainCheckpoint
}

// plainCheckpoint is a Checkpoint without its methods: encoding/json would call
// them again.
type plainCheckpoint Checkpoint

// MarshalText gives the form that a host keeps: JSON, without personal data.
func (c Checkpoint) MarshalText() ([]byte, error) {
	return json.Marshal(checkpointText{checkpointVersion, plainCheckpoint(c)})
}

// UnmarshalText reads what MarshalText wrote.
func (c *Checkpoint) UnmarshalText(text []byte) error {
	var from checkpointText
	if err := json.Unmarshal(text, &from); err != nil {
		return badCheckpoint(fmt.Errorf("not a checkpoint: %w", err))
	}
	if from.Version != checkpointVersion {
		return badCheckpoint(fmt.Errorf("the checkpoint has version %d; this lemexport reads version %d", from.Version, checkpointVersion))
	}
	if from.Journal == "" || from.Mark == "" || from.Pages < 1 {
		return badCheckpoint(errors.New("not a checkpoint: a part is missing"))
	}
	*c = Checkpoint(from.plainCheckpoint)
	return nil
}

func badCheckpoint(err error) error {
	return exporter.WithHint(err, "Pass an unchanged checkpoint of an earlier reading, or none to read everything.")
}
