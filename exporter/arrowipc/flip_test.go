package arrowipc

import (
	"bytes"
	"errors"
	"testing"

	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// verify does what the engine's Verify does with a file, but for what only its
// manifest tells: it looks for the manifest and reads everything.
func verify(t *testing.T, table *schema.Table, file []byte) error {
	t.Helper()
	opened, err := Format{}.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return err
	}
	if opened.Manifest() == nil {
		return errors.New("no manifest")
	}
	if err := opened.CheckSchema(table); err != nil {
		return err
	}
	for _, err := range opened.Verify(t.Context(), table) {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestVerifyFindsEveryFlippedBit(t *testing.T) {
	table := recordtest.Small()
	tried := compressions[1:]
	if !*everyByte {
		tried = compressions[1:2]
	}
	for _, compression := range tried {
		file := encode(t, table, compression, recordtest.Plain(table, 0, 6))
		if err := verify(t, table, file); err != nil {
			t.Fatalf("the file itself: %v", err)
		}
		footer, found, missed := footerAt(file), map[bool]int{}, 0
		for at := range file {
			for bit := range 8 {
				if !*everyByte && bit != at%8 {
					continue
				}
				damaged := bytes.Clone(file)
				damaged[at] ^= 1 << bit
				if verify(t, table, damaged) != nil {
					found[at >= footer]++
					continue
				}
				missed++
				t.Errorf("%s: byte %d of %d, bit %d: not found; the footer begins at %d", compression, at, len(file), bit, footer)
			}
		}
		t.Logf("%-4s %6d found before the footer, %6d in it and behind, %d not found", compression, found[false], found[true], missed)
	}
}
