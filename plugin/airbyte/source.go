// Package airbyte is the door for hosts of the Airbyte protocol, such as PyAirbyte: a source
// that writes messages as JSON lines. It translates catalogs, states, rows and errors, and
// imports the vocabulary, schema and the packages that the doors share.
package airbyte

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/plugin/door"
	"github.com/lemexport/lemexport/plugin/rowjson"
	"github.com/lemexport/lemexport/schema"
)

// documentation tells a user of a host what the settings mean.
const documentation = "https://github.com/lemexport/lemexport/blob/main/docs/hosts.md"

// Source reads streams.
type Source struct {
	Engine   door.Engine
	Messages *Messages
}

// Spec describes the configuration.
func (s Source) Spec() error {
	return s.Messages.send(message{Type: "SPEC", Spec: &spec{
		Documentation: documentation, Configuration: json.RawMessage(door.ConfigSchema()), Incremental: true,
		Destinations: []string{"overwrite", "append", "append_dedup"},
	}})
}

// Check says whether the team of a job can be read, when its configuration is valid.
func (s Source) Check(ctx context.Context, job exporter.Job, invalid error) error {
	err := invalid
	if err == nil {
		err = s.Engine.Check(ctx, job)
	}
	status := connection{Status: "SUCCEEDED"}
	if err != nil {
		status = connection{"FAILED", door.Sentence(err)}
	}
	return s.Messages.send(message{Type: "CONNECTION_STATUS", Connection: &status})
}

// Discover describes the tables of a job.
func (s Source) Discover(job exporter.Job) error {
	var found catalog
	for _, table := range schema.Tables() {
		choice, err := door.Choose(job, table.Name)
		if err != nil {
			return err
		}
		selected := choice.Table
		one := stream{
			Name: selected.Name, Schema: rowjson.SchemaOf(selected, rowjson.Airbyte), Modes: []string{"full_refresh"},
			PrimaryKey: [][]string{{selected.NameOf(schema.RoleKey)}},
		}
		if selected.Incremental() {
			one.Modes = append(one.Modes, incremental)
			one.SourceCursor, one.Cursor = true, []string{selected.NameOf(schema.RoleVersion)}
		}
		found.Streams = append(found.Streams, one)
	}
	return s.Messages.send(message{Type: "CATALOG", Catalog: &found})
}

// Read reads the streams of a configured catalog from where the states say. A stream has no
// record before it is proven complete, and its state follows its last record.
func (s Source) Read(ctx context.Context, job exporter.Job, catalog, states door.File) error {
	streams, err := configured(catalog)
	if err != nil {
		return err
	}
	from, err := parseStates(states)
	if err != nil {
		return err
	}
	choices := make([]door.Choice, len(streams))
	for i, one := range streams {
		if choices[i], err = door.Choose(job, one.name); err != nil {
			return err
		}
	}
	for i, one := range streams {
		since := from[one.name]
		if !one.incremental {
			since = nil
		}
		if err := s.stream(ctx, choices[i], since); err != nil {
			return fmt.Errorf("stream %s: %w", one.name, err)
		}
	}
	return nil
}

func (s Source) stream(ctx context.Context, choice door.Choice, since []byte) error {
	of := descriptor{choice.Table.Name}
	if err := s.status(of, "STARTED"); err != nil {
		return err
	}
	reading := s.Engine.Read(choice.Job, choice.Table.Name, since)
	records, err := s.records(ctx, choice.Table, reading)
	if err != nil {
		return errors.Join(err, s.status(of, "INCOMPLETE"))
	}
	reached := state{Type: "STREAM", Stream: streamState{of, &position{reading.Position()}}, Stats: &stats{float64(records)}}
	if err := s.Messages.send(message{Type: "STATE", State: &reached}); err != nil {
		return err
	}
	return s.status(of, "COMPLETE")
}

func (s Source) status(of descriptor, status string) error {
	return s.Messages.trace(trace{Type: "STREAM_STATUS", Status: &streamStatus{of, status}})
}

// records writes the rows and counts them.
func (s Source) records(ctx context.Context, table *schema.Table, reading door.Reading) (records int64, err error) {
	var lines []byte
	for rec, err := range reading.Batches(ctx) {
		if err == nil && records == 0 {
			err = s.status(descriptor{table.Name}, "RUNNING")
		}
		if err != nil {
			return records, err
		}
		rows, err := rowjson.Of(table, rec)
		if err != nil {
			return records, err
		}
		head := fmt.Appendf(nil, `{"type":"RECORD","record":{"stream":%q,"emitted_at":%d,"data":`, table.Name, s.Messages.now().UnixMilli())
		for row := range int(rec.NumRows()) {
			lines = append(rows.Append(append(lines, head...), row), "}}\n"...)
			if len(lines) < bufferBytes {
				continue
			}
			if err := s.Messages.sendLines(lines); err != nil {
				return records, err
			}
			lines = lines[:0]
		}
		records += rec.NumRows()
	}
	return records, s.Messages.sendLines(lines)
}
