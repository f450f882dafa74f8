package parquet

import (
	"bytes"
	"testing"
)

func TestPiecesAreWhatWasWrittenAndCopyNothingToGrow(t *testing.T) {
	for name, sizes := range map[string][]int{
		"nothing": {}, "empty writes": {0, 0}, "small": {1, 2, 3, 500, 1}, "large": {1 << 20, 3, 2 << 20, 70_000},
	} {
		var buffer segmentedBuffer
		var want []byte
		for i, size := range sizes {
			page := bytes.Repeat([]byte{byte('a' + i)}, size)
			want = append(want, page...)
			if n, err := buffer.Write(page); n != size || err != nil {
				t.Fatalf("%s: wrote %d of %d, %v", name, n, size, err)
			}
		}
		if buffer.size != len(want) {
			t.Errorf("%s: a size of %d, not %d", name, buffer.size, len(want))
		}
		room := 0
		for _, piece := range buffer.segments {
			room += cap(piece)
		}
		if room > 2*len(want)+segmentBytes {
			t.Errorf("%s: %d bytes take %d", name, len(want), room)
		}
		var got bytes.Buffer
		if err := buffer.writeTo(newOutput(&got)); err != nil || !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: %d bytes of %d, %v", name, got.Len(), len(want), err)
		}
		if buffer.size != 0 || len(buffer.segments) != 0 {
			t.Errorf("%s: something is left", name)
		}
	}
}
