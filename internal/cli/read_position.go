package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/private"
)

// readPosition reads the position in a file, or on standard input; "" is none.
func readPosition(app App, name string) (_ *exporter.Position, err error) {
	from := app.Stdin
	switch name {
	case "":
		return nil, nil
	case "-":
		name = "standard input"
	default:
		file, err := os.Open(name) //nolint:gosec // the user names the file
		if errors.Is(err, fs.ErrNotExist) {
			return nil, exporter.WithHint(fmt.Errorf("no position in %s: there is no such file", name),
				"Leave -since out of the first reading, which is full, and write its position with -position.")
		}
		if err != nil {
			return nil, fmt.Errorf("read position: %w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		from = file
	}
	text, err := io.ReadAll(io.LimitReader(from, exporter.MostPosition+1))
	if err != nil {
		return nil, fmt.Errorf("read position: %w", err)
	}
	position, err := exporter.ParsePosition(text)
	if err != nil {
		return nil, exporter.WithHint(fmt.Errorf("%s: %w", name, err), "Give a file that -position has written, or leave -since out to read everything.")
	}
	return position, nil
}

// checkPositionFolder fails before the walk where the position could not be written after it.
func checkPositionFolder(name string) error {
	if name == "" {
		return nil
	}
	info, err := os.Stat(filepath.Dir(name))
	if err == nil && !info.IsDir() {
		err = errors.New("not a folder")
	}
	if err != nil {
		return exporter.WithHint(fmt.Errorf("the position cannot be written to %s: %w", name, err), "Make the folder, or give another file.")
	}
	return nil
}

// writePosition replaces the file in one step; only its user may read it. "" writes nothing.
func writePosition(name string, position *exporter.Position) error {
	if name == "" {
		return nil
	}
	text, err := json.Marshal(position)
	if err == nil {
		_, err = private.Replace(name, private.FilePerm, private.Bytes(append(text, '\n')))
	}
	if err != nil {
		return exporter.WithHint(fmt.Errorf("all rows were written, and then the position was not: %w", err),
			"Go on from the position before: rows since then come again.")
	}
	return nil
}
