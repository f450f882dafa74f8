package parquet

import (
	"bytes"
	"fmt"

	"github.com/parquet-go/parquet-go/format"
)

// page is one page with its body decompressed, good until the next one.
type page struct {
	format.DataPageHeaderV2
	dictionary                   bool
	repetition, definition, body []byte
}

// levels adds the levels of a page, and compares them with what its header says.
func (p *page) levels(rep, def *levels) error {
	slots, rows := int(p.NumValues), int(p.NumValues)
	if rep.highest > 0 {
		levels, err := rep.decode(p.repetition, slots)
		if err != nil {
			return err
		}
		if rows = bytes.Count(levels, []byte{0}); slots > 0 && levels[0] != 0 {
			return fmt.Errorf("%w: it begins within a row", errDamaged)
		}
	}
	levels, err := def.decode(p.definition, slots)
	if err != nil {
		return err
	}
	nulls := slots - bytes.Count(levels, []byte{uint8(def.highest)})
	if rows != int(p.NumRows) || nulls != int(p.NumNulls) {
		return fmt.Errorf("%w: its levels have %d rows and %d nulls instead of %d and %d", errDamaged, rows, nulls, p.NumRows, p.NumNulls)
	}
	return nil
}
