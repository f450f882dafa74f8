package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/lemexport/lemexport/exporter/parquet"
	"github.com/lemexport/lemexport/schema"
)

// exported is one row of an export: which conversation, and in which version.
type exported struct {
	id string
	at time.Time // zero when the file has none
}

// readExport returns the rows of all files of an export: one file, or those of an append.
func readExport(ctx context.Context, folder, mode string) ([]exported, error) {
	files := []string{filepath.Join(folder, destination, table+".parquet")}
	if mode == "append" {
		var err error
		if files, err = filepath.Glob(filepath.Join(folder, destination, table, "*.parquet")); err != nil {
			return nil, err
		}
	}
	var rows []exported
	for _, file := range files {
		more, err := readFile(ctx, file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", filepath.Base(file), err)
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

func readFile(ctx context.Context, path string) (_ []exported, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	data, err := parquet.Format{}.Open(file, info.Size())
	if err != nil {
		return nil, err
	}
	layout := schema.InboxConversations()
	_, idAt, _ := layout.Column("id")
	_, timeAt, _ := layout.Column("last_activity_at")
	var rows []exported
	for record, err := range data.Records(ctx, layout) {
		if err != nil {
			return nil, err
		}
		ids, okIDs := record.Column(idAt).(*array.String)
		times, okTimes := record.Column(timeAt).(*array.Timestamp)
		if !okIDs || !okTimes {
			return nil, errors.New("the columns id and last_activity_at have other types")
		}
		for i := range int(record.NumRows()) {
			row := exported{id: string([]byte(ids.Value(i)))}
			if times.IsValid(i) {
				row.at = time.UnixMicro(int64(times.Value(i))).UTC()
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}
