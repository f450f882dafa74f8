package airbyte

import (
	"encoding/json"

	"github.com/lemexport/lemexport/plugin/rowjson"
)

// message is one line of the protocol. Records are written without it.
type message struct {
	Type       string      `json:"type"`
	Log        *log        `json:"log,omitempty"`
	Spec       *spec       `json:"spec,omitempty"`
	Connection *connection `json:"connectionStatus,omitempty"`
	Catalog    *catalog    `json:"catalog,omitempty"`
	State      *state      `json:"state,omitempty"`
	Trace      *trace      `json:"trace,omitempty"`
}

type log struct {
	Level   string `json:"level"`
	Message string `json:"message"`
}

type spec struct {
	Documentation string          `json:"documentationUrl"`
	Configuration json.RawMessage `json:"connectionSpecification"`
	Incremental   bool            `json:"supportsIncremental"`
	Destinations  []string        `json:"supported_destination_sync_modes"`
}

type connection struct {
	Status  string `json:"status"`
	Message string `json:"message,omitempty"`
}

type catalog struct {
	Streams []stream `json:"streams"`
}

type stream struct {
	Name         string         `json:"name"`
	Schema       rowjson.Schema `json:"json_schema"`
	Modes        []string       `json:"supported_sync_modes"`
	SourceCursor bool           `json:"source_defined_cursor,omitempty"`
	Cursor       []string       `json:"default_cursor_field,omitempty"`
	PrimaryKey   [][]string     `json:"source_defined_primary_key"`
}

// state says where the next reading of a stream goes on.
type state struct {
	Type   string      `json:"type"`
	Stream streamState `json:"stream"`
	Stats  *stats      `json:"sourceStats,omitempty"`
}

type streamState struct {
	Descriptor descriptor `json:"stream_descriptor"`
	State      *position  `json:"stream_state,omitempty"`
}

type descriptor struct {
	Name string `json:"name"`
}

// position wraps that of the engine.
type position struct {
	Position json.RawMessage `json:"position,omitempty"`
}

type stats struct {
	Records float64 `json:"recordCount"`
}

type trace struct {
	Type      string        `json:"type"`
	EmittedAt int64         `json:"emitted_at"`
	Error     *traceError   `json:"error,omitempty"`
	Status    *streamStatus `json:"stream_status,omitempty"`
}

type traceError struct {
	Message  string `json:"message"`
	Internal string `json:"internal_message,omitempty"`
	Kind     string `json:"failure_type"`
}

type streamStatus struct {
	Descriptor descriptor `json:"stream_descriptor"`
	Status     string     `json:"status"`
}
