package engine

import (
	"context"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/rows"
	"github.com/lemexport/lemexport/schema"
)

// tail is the end of a file that a merge takes over as it is stored: groups of rows none
// of which the walk has shown, and all of which come after the rows that it has shown.
type tail struct {
	file exporter.GroupedFile
	from int
	rows int64
	// first is the key of its first row, span its activity.
	first schema.RowKey
	span  exporter.Window
}

// groupedFile is a file with groups; false when it has none.
func groupedFile(file exporter.DataFile) (exporter.GroupedFile, bool) {
	if of, ok := file.(named); ok {
		file = of.DataFile
	}
	grouped, ok := file.(exporter.GroupedFile)
	return grouped, ok
}

// tailFinder finds the tail of a file. It reads the keys of groups, from the last one up,
// until one has a row that the walk has shown.
type tailFinder struct {
	table *schema.Table
	// shown reports whether the walk has shown another version of a row, or the same.
	// oldest is the oldest version that it has shown.
	shown  func(schema.RowKey) bool
	oldest int64
}

// find is the tail of a file, which begins behind the groups before first.
func (f tailFinder) find(ctx context.Context, file exporter.GroupedFile, first int) (tail, error) {
	end := tail{file: file, from: file.Groups()}
	for end.from > first {
		longer, ok, err := f.lengthened(ctx, end)
		if err != nil {
			return tail{}, err
		}
		if !ok {
			break
		}
		end = longer
	}
	return end, nil
}

// lengthened is the tail with the group before it; false when that cannot be taken over.
func (f tailFinder) lengthened(ctx context.Context, end tail) (longer tail, ok bool, err error) {
	longer = tail{file: end.file, from: end.from - 1, rows: end.rows}
	var last schema.RowKey
	read := int64(0)
	for keys, err := range end.file.Keys(ctx, f.table, longer.from) {
		if err != nil {
			return tail{}, false, err
		}
		for row := range keys.Len() {
			key := keys.At(row)
			switch {
			case read == 0 && row == 0:
				longer.first = cloneKey(key)
				if key.Version >= f.oldest {
					return tail{}, false, nil
				}
			case last.Compare(key) > 0:
				return tail{}, false, rows.ErrUnsorted
			}
			if f.shown(key) {
				return tail{}, false, nil
			}
			last = key
		}
		last = cloneKey(last)
		read += int64(keys.Len())
		longer.span = extended(longer.span, keys)
	}
	switch {
	case read == 0:
		return tail{}, false, nil
	case end.rows > 0 && last.Compare(end.first) > 0:
		return tail{}, false, rows.ErrUnsorted
	}
	longer.rows += read
	longer.span = before(longer.span, end.span)
	return longer, true, nil
}

// cloneKey frees a key from the memory of its record.
func cloneKey(key schema.RowKey) schema.RowKey {
	key.ID = strings.Clone(key.ID)
	return key
}

// before is the span of activity of rows and of those that come after them.
func before(span, after exporter.Window) exporter.Window {
	if span.NewestActivity == nil {
		span.NewestActivity = after.NewestActivity
	}
	if after.OldestActivity != nil {
		span.OldestActivity = after.OldestActivity
	}
	return span
}
