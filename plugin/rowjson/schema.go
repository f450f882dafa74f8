package rowjson

import (
	"encoding/json"
	"fmt"

	"github.com/lemexport/lemexport/schema"
)

// Types chooses the vocabulary of a JSON Schema.
type Types int

// The vocabularies.
const (
	// Plain is JSON Schema alone.
	Plain Types = iota
	// Airbyte adds airbyte_type where JSON Schema does not tell types apart.
	Airbyte
)

// Schema is the JSON Schema of a value that [Rows] writes.
type Schema struct {
	Type        []string   `json:"type"`
	Format      string     `json:"format,omitempty"`
	AirbyteType string     `json:"airbyte_type,omitempty"`
	Description string     `json:"description,omitempty"`
	Items       *Schema    `json:"items,omitempty"`
	Properties  Properties `json:"properties,omitempty"`
	// Open objects have members that the schema does not name.
	Open bool `json:"additionalProperties,omitempty"`
}

// Properties are the members of an object. Hosts create columns in their order.
type Properties []Property

// Property is one member.
type Property struct {
	Name   string
	Schema Schema
}

// MarshalJSON writes an object, in order.
func (p Properties) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, one := range p {
		if i > 0 {
			out = append(out, ',')
		}
		value, err := json.Marshal(one.Schema)
		if err != nil {
			return nil, fmt.Errorf("schema of %s: %w", one.Name, err)
		}
		out = append(append(appendText(out, one.Name), ':'), value...)
	}
	return append(out, '}'), nil
}

// SchemaOf describes the rows of a table.
func SchemaOf(table *schema.Table, types Types) Schema {
	return Schema{Type: []string{"object"}, Properties: types.properties(table.Columns)}
}

func (t Types) properties(columns []schema.Column) Properties {
	properties := make(Properties, len(columns))
	for i, column := range columns {
		properties[i] = Property{column.Name, t.schemaOf(column)}
	}
	return properties
}

func (t Types) schemaOf(column schema.Column) Schema {
	described := Schema{Description: column.Description}
	if !column.Required {
		described.Type = []string{"null"}
	}
	switch column.Type {
	case schema.String:
		described.Type = append(described.Type, "string")
	case schema.Bool:
		described.Type = append(described.Type, "boolean")
	case schema.Timestamp:
		described.Type, described.Format = append(described.Type, "string"), "date-time"
		if t == Airbyte {
			described.AirbyteType = "timestamp_with_timezone"
		}
	case schema.JSON:
		described.Type, described.Open = append(described.Type, "object"), true
	case schema.List:
		element := t.schemaOf(*column.Elem)
		described.Type, described.Items = append(described.Type, "array"), &element
	case schema.Struct:
		described.Type, described.Properties = append(described.Type, "object"), t.properties(column.Fields)
	}
	return described
}
