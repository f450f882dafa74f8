// Package singer is the door for Singer hosts, such as Meltano: a tap that writes messages as
// JSON lines. It translates catalogs, states and rows, and imports the vocabulary, schema and
// the packages that the doors share.
package singer

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/plugin/door"
	"github.com/lemexport/lemexport/plugin/rowjson"
	"github.com/lemexport/lemexport/schema"
)

// Discover writes the catalog of a job.
func Discover(job exporter.Job, out io.Writer) error {
	catalog, err := discovered(job)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(catalog)
}

// Tap reads streams.
type Tap struct {
	Engine door.Engine
	Now    func() time.Time
	// Out gets the messages and nothing else.
	Out io.Writer
}

// Sync reads what the catalog selects, or everything without one, from where the state
// says. A stream has no message before it is proven complete. The only STATE is the last
// message: a target that gets it has all rows.
func (t Tap) Sync(ctx context.Context, job exporter.Job, catalog, last door.File) (err error) {
	streams := everything()
	if catalog.Name != "" {
		if streams, err = selection(catalog); err != nil {
			return err
		}
	}
	now, err := parseState(last)
	if err != nil {
		return err
	}
	choices := make([]door.Choice, len(streams))
	for i, stream := range streams {
		if choices[i], err = door.Choose(job, stream.table, stream.deselected...); err != nil {
			return err
		}
	}
	out := bufio.NewWriterSize(t.Out, bufferBytes)
	defer func() { err = errors.Join(err, out.Flush()) }() // also after an error: the last line is a whole one
	for i, stream := range streams {
		from := now.Bookmarks[stream.table]
		if stream.full {
			from.Position = nil
		}
		reached, err := t.stream(ctx, choices[i], from, out)
		if err != nil {
			return fmt.Errorf("stream %s: %w", stream.table, err)
		}
		now.Bookmarks[stream.table] = reached
	}
	return write(out, stateMessage{"STATE", now})
}

const bufferBytes = 64 << 10

type schemaMessage struct {
	Type               string         `json:"type"`
	Stream             string         `json:"stream"`
	Schema             rowjson.Schema `json:"schema"`
	KeyProperties      []string       `json:"key_properties"`
	BookmarkProperties []string       `json:"bookmark_properties,omitempty"`
}

type stateMessage struct {
	Type  string `json:"type"`
	Value state  `json:"value"`
}

type versionMessage struct {
	Type    string `json:"type"`
	Stream  string `json:"stream"`
	Version int64  `json:"version"`
}

// stream writes one stream, and returns where the next reading goes on.
func (t Tap) stream(ctx context.Context, choice door.Choice, from bookmark, out *bufio.Writer) (bookmark, error) {
	table := choice.Table
	reading := t.Engine.Read(choice.Job, table.Name, from.Position)
	// Milliseconds, as targets expect, and greater than the last one on any clock.
	next := max(t.Now().UnixMilli(), from.Version+1)
	var line []byte
	started := false
	for rec, err := range reading.Batches(ctx) {
		if err != nil {
			return bookmark{}, err
		}
		if !started {
			if err := write(out, describe(table)); err != nil {
				return bookmark{}, err
			}
			started = true
		}
		rows, err := rowjson.Of(table, rec)
		if err != nil {
			return bookmark{}, err
		}
		version := from.Version
		if reading.Full() {
			version = next
		}
		head := fmt.Appendf(nil, `{"type":"RECORD","stream":%q,`, table.Name)
		if version != 0 {
			head = fmt.Appendf(head, `"version":%d,`, version)
		}
		head = append(head, `"record":`...)
		for row := range int(rec.NumRows()) {
			line = append(rows.Append(append(line[:0], head...), row), "}\n"...)
			if _, err := out.Write(line); err != nil {
				return bookmark{}, err
			}
		}
	}
	if !started {
		if err := write(out, describe(table)); err != nil {
			return bookmark{}, err
		}
	}
	reached := bookmark{Position: reading.Position(), Version: from.Version}
	if reading.Full() {
		reached.Version = next
		return reached, write(out, versionMessage{"ACTIVATE_VERSION", table.Name, next})
	}
	return reached, nil
}

func describe(table *schema.Table) schemaMessage {
	message := schemaMessage{
		Type: "SCHEMA", Stream: table.Name, Schema: rowjson.SchemaOf(table, rowjson.Plain), KeyProperties: []string{table.NameOf(schema.RoleKey)},
	}
	if table.Incremental() {
		message.BookmarkProperties = []string{table.NameOf(schema.RoleVersion)}
	}
	return message
}

// write writes one message, a line.
func write(out io.Writer, message any) error { return json.NewEncoder(out).Encode(message) }
