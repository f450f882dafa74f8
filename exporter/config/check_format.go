package config

import (
	"fmt"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// The bounds of the options of files.
const (
	minRowGroup = 1_000
	maxRowGroup = 1_000_000
)

// levels are the highest levels of the compressions that have any; 1 is the lowest.
func levels() map[string]uint64 { return map[string]uint64{"zstd": 22, "gzip": 9} }

// formatChecker checks the options of an export's file.
type formatChecker struct {
	reader
	format string
	// table is nil when it is not known.
	table *schema.Table
}

// parquet checks the options of a Parquet file; b is nil when there is no block.
func (c formatChecker) parquet(b *block) exporter.ParquetOptions {
	var in contents
	if b != nil {
		in = parquetShape().open(c.report, b)
		c.ofFormat(b)
	}
	options := exporter.ParquetOptions{
		Compression:  c.choose(in.attribute("compression"), compressions()),
		RowGroupSize: int(c.whole(in.attribute("row_group_size"), minRowGroup, maxRowGroup, 0)),
	}
	if a := in.attribute("compression_level"); a != nil {
		_, known := find(compressions(), options.Compression)
		switch highest, leveled := levels()[options.Compression]; {
		case leveled:
			options.Level = int(c.whole(a, 1, highest, 0))
		case known:
			c.report.fail(a.nameAt, a.address, "No levels",
				fmt.Sprintf("The compression %q has no levels. Remove compression_level, or choose \"zstd\" or \"gzip\".", options.Compression))
		}
	}
	if a := in.attribute("encoding"); a != nil {
		options.Encoding = c.choose(a, encodings())
	}
	if a := in.attribute("extra"); a != nil {
		options.Extra = c.choose(a, extraTypes())
	}
	if a := in.attribute("bloom_filter"); a != nil {
		options.Bloom = c.bloom(a)
	}
	return options
}

// arrow checks the options of an Arrow file; b is nil when there is no block.
func (c formatChecker) arrow(b *block) exporter.ArrowOptions {
	var in contents
	if b != nil {
		in = arrowShape().open(c.report, b)
		c.ofFormat(b)
	}
	return exporter.ArrowOptions{Compression: c.choose(in.attribute("compression"), arrowCompressions())}
}

// ofFormat warns of options for another format than the export's.
func (c formatChecker) ofFormat(b *block) {
	if _, known := find(formats(), c.format); known && b.kind != c.format {
		c.report.warn(b.at, b.address, fmt.Sprintf("Unused %s block", b.kind),
			fmt.Sprintf("The format of this export is %q, so these options have no effect. Remove the block, or set format = %q.", c.format, b.kind))
	}
}

// bloom reads the columns that get a bloom filter; an empty list means none.
func (c formatChecker) bloom(a *attribute) []string {
	names := []string{}
	if c.table == nil {
		return names
	}
	for _, item := range c.names(a, c.table) {
		column, _ := c.table.Find(item.name)
		if column.Type != schema.String && (column.Elem == nil || column.Elem.Type != schema.String) {
			c.report.fail(item.at, item.address, "Not a text column",
				fmt.Sprintf("Bloom filters work on text columns only, and %s has the type %s.", item.name, column.Type))
			continue
		}
		names = append(names, item.name)
	}
	return names
}
