package parquet

import (
	"bytes"
	"slices"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/exporter"
)

// fitter finds which row groups of a file a sink would write in the same way.
type fitter struct {
	*sink
	file *dataFile
}

// fits looks at each row group.
func (s fitter) fits() []exporter.GroupFit {
	fits := make([]exporter.GroupFit, s.file.Groups())
	alike := s.alike()
	for i := range fits {
		group := &s.file.meta.RowGroups[i]
		fits[i] = exporter.GroupFit{
			Alike: alike && s.wouldWrite(group),
			Full:  max(float64(group.NumRows)/float64(s.groupRows), float64(group.TotalCompressedSize)/float64(s.groupBytes)),
		}
	}
	return fits
}

// alike reports whether this version of the sink has written the file, with the same
// schema, and there is memory to take over what describes its row groups.
func (s fitter) alike() bool {
	file := s.file
	// The footer is decoded again, and the page indexes take about as much.
	if file.held.Left() < 3*file.held.Held() {
		return false
	}
	arrowSchema, ok := file.lookup(ArrowSchemaKey)
	if !ok || !file.Sealed() || file.meta.CreatedBy != s.footer.CreatedBy || arrowSchema != s.footer.KeyValueMetadata[0].Value {
		return false
	}
	elements := func(schema []format.SchemaElement) []byte {
		body, err := thrift.Marshal(new(thrift.CompactProtocol), &fileMeta{Schema: schema})
		if err != nil {
			return nil
		}
		return body
	}
	mine := elements(s.footer.Schema)
	return mine != nil && bytes.Equal(mine, elements(file.meta.Schema))
}

// wouldWrite reports whether the sink would write the rows of a row group in the same way,
// but for the level of compression.
func (s fitter) wouldWrite(group *format.RowGroup) bool {
	if len(group.Columns) != len(s.columns) || group.NumRows > int64(s.groupRows) {
		return false
	}
	for i, column := range s.columns {
		meta := &group.Columns[i].MetaData
		values := meta.NumValues > meta.Statistics.NullCount
		if meta.Codec != column.codec || values && (column.filter != nil) != (meta.BloomFilterLength > 0) {
			return false
		}
		storage := column.leaf.storage
		if slices.ContainsFunc(meta.EncodingStats, func(used format.PageEncodingStats) bool {
			written := used.Encoding == storage.encoding.Encoding() || storage.dictionary && used.Encoding == format.RLEDictionary
			return used.PageType == format.DataPageV2 && !written
		}) {
			return false
		}
	}
	return true
}
