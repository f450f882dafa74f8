package singer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/plugin/door"
	"github.com/lemexport/lemexport/plugin/rowjson"
	"github.com/lemexport/lemexport/schema"
)

// The methods of replication.
const (
	incremental = "INCREMENTAL"
	fullTable   = "FULL_TABLE"
)

type catalogMessage struct {
	Streams []catalogStream `json:"streams"`
}

// catalogStream is one stream of a catalog that is discovered.
type catalogStream struct {
	ID            string         `json:"tap_stream_id"`
	Stream        string         `json:"stream"`
	Schema        rowjson.Schema `json:"schema"`
	KeyProperties []string       `json:"key_properties"`
	Metadata      []metadata     `json:"metadata"`
}

// metadata is about a stream, or about one property of it.
type metadata struct {
	Breadcrumb []string `json:"breadcrumb"`
	Metadata   about    `json:"metadata"`
}

// about holds what a catalog says of a stream or a property, and what a user adds to it.
type about struct {
	Inclusion         string   `json:"inclusion,omitempty"`
	Selected          *bool    `json:"selected,omitempty"`
	SelectedByDefault *bool    `json:"selected-by-default,omitempty"`
	ReplicationMethod string   `json:"replication-method,omitempty"`
	TableKeys         []string `json:"table-key-properties,omitempty"`
	ReplicationKeys   []string `json:"valid-replication-keys,omitempty"`
}

// isSelected reads the user's choice, or else the default.
func (a about) isSelected(otherwise bool) bool {
	switch {
	case a.Selected != nil:
		return *a.Selected
	case a.SelectedByDefault != nil:
		return *a.SelectedByDefault
	}
	return otherwise
}

// discovered describes the tables of a job.
func discovered(job exporter.Job) (catalogMessage, error) {
	var catalog catalogMessage
	for _, table := range schema.Tables() {
		choice, err := door.Choose(job, table.Name)
		if err != nil {
			return catalogMessage{}, err
		}
		selected := choice.Table
		key := []string{selected.NameOf(schema.RoleKey)}
		stream := about{Inclusion: "available", SelectedByDefault: new(true), ReplicationMethod: fullTable, TableKeys: key}
		if selected.Incremental() {
			stream.ReplicationMethod, stream.ReplicationKeys = incremental, []string{selected.NameOf(schema.RoleVersion)}
		}
		catalog.Streams = append(catalog.Streams, catalogStream{
			ID: selected.Name, Stream: selected.Name, Schema: rowjson.SchemaOf(selected, rowjson.Plain), KeyProperties: key,
			Metadata: append([]metadata{{[]string{}, stream}}, ofProperties(selected.Columns, nil)...),
		})
	}
	return catalog, nil
}

func ofProperties(columns []schema.Column, parent []string) []metadata {
	var found []metadata
	for _, column := range columns {
		path := append(slices.Clone(parent), "properties", column.Name)
		one := about{Inclusion: "available", SelectedByDefault: new(true)}
		if column.Needed != "" {
			one = about{Inclusion: "automatic"}
		}
		found = append(found, metadata{path, one})
		if column.Elem != nil {
			found = append(found, ofProperties(column.Elem.Fields, append(slices.Clone(path), "items"))...)
		}
		found = append(found, ofProperties(column.Fields, path)...)
	}
	return found
}

// wanted is a stream that is to be read.
type wanted struct {
	table string
	// full says that the user wants the whole table each time.
	full bool
	// deselected are names of columns.
	deselected []string
}

// everything is what is read without a catalog.
func everything() []wanted {
	var streams []wanted
	for _, table := range schema.Tables() {
		streams = append(streams, wanted{table: table.Name})
	}
	return streams
}

// selection reads what a catalog selects.
func selection(file door.File) ([]wanted, error) {
	var catalog struct {
		Streams []struct {
			ID       string `json:"tap_stream_id"`
			Stream   string `json:"stream"`
			Selected *bool  `json:"selected"`
			Schema   struct {
				Selected *bool `json:"selected"`
			} `json:"schema"`
			Metadata []metadata `json:"metadata"`
		} `json:"streams"`
	}
	if err := json.Unmarshal(file.Bytes, &catalog); err != nil || catalog.Streams == nil {
		return nil, exporter.WithHint(fmt.Errorf("%s is not a Singer catalog", file.Name), "Make one with --discover.")
	}
	var streams []wanted
	for _, stream := range catalog.Streams {
		one := wanted{table: stream.ID}
		if one.table == "" {
			one.table = stream.Stream
		}
		// Catalogs of the first version of Singer have no metadata.
		selected := (stream.Selected != nil && *stream.Selected) || (stream.Schema.Selected != nil && *stream.Schema.Selected)
		for _, entry := range stream.Metadata {
			if len(entry.Breadcrumb) == 0 {
				selected = entry.Metadata.isSelected(selected)
				one.full = entry.Metadata.ReplicationMethod == fullTable
			} else if name, ok := columnOf(entry.Breadcrumb); ok && !entry.Metadata.isSelected(true) {
				one.deselected = append(one.deselected, name)
			}
		}
		if selected {
			streams = append(streams, one)
		}
	}
	if len(streams) == 0 {
		return nil, exporter.WithHint(errors.New("no stream is selected in "+file.Name), `Set "selected": true in the metadata of a stream.`)
	}
	return streams, nil
}

// columnOf is the name of a column: ["properties", "contact", "properties", "email"]
// is contact.email.
func columnOf(breadcrumb []string) (string, bool) {
	name := ""
	for i := 0; i < len(breadcrumb); i++ {
		switch {
		case breadcrumb[i] == "items":
		case breadcrumb[i] == "properties" && i+1 < len(breadcrumb):
			i++
			if name != "" {
				name += "."
			}
			name += breadcrumb[i]
		default:
			return "", false
		}
	}
	return name, name != ""
}
