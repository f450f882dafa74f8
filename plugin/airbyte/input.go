package airbyte

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/plugin/door"
)

// incremental is a mode of synchronization; the other one is full_refresh.
const incremental = "incremental"

// wanted is a stream that is to be read.
type wanted struct {
	name        string
	incremental bool
}

// configured reads a configured catalog.
func configured(file door.File) ([]wanted, error) {
	var catalog struct {
		Streams []struct {
			Stream struct {
				Name string `json:"name"`
			} `json:"stream"`
			Mode string `json:"sync_mode"`
		} `json:"streams"`
	}
	if err := json.Unmarshal(file.Bytes, &catalog); err != nil {
		return nil, &door.InputError{Err: exporter.WithHint(fmt.Errorf("%s is not a configured catalog", file.Name), "Configure the streams that discover lists.")}
	}
	if len(catalog.Streams) == 0 {
		return nil, &door.InputError{Err: errors.New("no stream is configured in " + file.Name)}
	}
	var streams []wanted
	for _, one := range catalog.Streams {
		streams = append(streams, wanted{one.Stream.Name, one.Mode == incremental})
	}
	return streams, nil
}

// parseStates reads the positions of streams; an empty file, object or list is the beginning.
func parseStates(file door.File) (map[string]json.RawMessage, error) {
	positions := make(map[string]json.RawMessage)
	switch body := bytes.TrimSpace(file.Bytes); string(body) {
	case "", "{}", "null":
		return positions, nil
	}
	var states []state
	err := json.Unmarshal(file.Bytes, &states)
	for _, one := range states {
		if one.Type != "STREAM" {
			err = fmt.Errorf("a state of type %q", one.Type)
		} else if one.Stream.State != nil {
			positions[one.Stream.Descriptor.Name] = one.Stream.State.Position
		}
	}
	if err != nil {
		return nil, &door.InputError{Err: exporter.WithHint(fmt.Errorf("%s is not a list of states of this source: %w", file.Name, err),
			"Pass the states of the last read, or none to read everything.")}
	}
	return positions, nil
}
