package arrowipc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/klauspost/compress/zstd"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// framed is an Arrow file that is a footer.
func framed(footer []byte) []byte {
	file := append([]byte("ARROW1\x00\x00"), footer...)
	return append(binary.LittleEndian.AppendUint32(file, uint32(len(footer))), magic...)
}

func footerOf(t recordtest.T, file []byte) []byte {
	t.Helper()
	end, _, err := readFooter(bytes.NewReader(file), int64(len(file)), (*exporter.Budget)(nil).Footer())
	if err != nil {
		t.Fatal(err)
	}
	return end[:len(end)-tail]
}

// What the library allocates for a footer is no more than was charged, however
// often its places point to the same.
func FuzzAFooterTakesNoMoreThanItIsCharged(f *testing.F) {
	table := recordtest.Small()
	f.Add(footerOf(f, encode(f, table, "", recordtest.Plain(table, 0, 10))))
	whole := schema.InboxConversations()
	f.Add(footerOf(f, encode(f, whole, "none", recordtest.Plain(whole, 0, 1))))
	f.Fuzz(func(t *testing.T, footer []byte) {
		held := exporter.NewBudget(exporter.LeastMemory).Footer()
		before := held.Left()
		if err := checkFooter(footer, held); err != nil {
			return
		}
		charged := before - held.Left()
		file := framed(footer)
		var stats, after runtime.MemStats
		runtime.ReadMemStats(&stats)
		func() {
			defer func() { _ = recover() }() // as open does
			_, _ = ipc.NewFileReader(bytes.NewReader(file))
		}()
		runtime.ReadMemStats(&after)
		if took := int64(after.TotalAlloc - stats.TotalAlloc); took > charged+3*int64(len(footer))+64<<10 {
			t.Errorf("%d bytes were allocated where %d were charged for %d", took, charged, len(footer))
		}
	})
}

// Zstandard states how much memory it wants before it says anything else.
func TestAFrameThatWantsAGibibyteIsRefused(t *testing.T) {
	encoder, err := zstd.NewWriter(nil, zstd.WithWindowSize(8<<20))
	if err != nil {
		t.Fatal(err)
	}
	sound := encoder.EncodeAll(bytes.Repeat([]byte("text "), 1000), nil)
	greedy := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x98, 0x09, 0, 0, 'x'} // a window of 512 MiB, a raw block of a byte
	skipped := []byte{0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3}
	for name, test := range map[string]struct {
		data []byte
		want error
	}{
		"a sound frame":                {sound, nil},
		"two of them":                  {bytes.Join([][]byte{sound, skipped, sound}, nil), nil},
		"a greedy frame":               {greedy, exporter.ErrTooLarge},
		"a greedy frame behind others": {bytes.Join([][]byte{sound, skipped, greedy}, nil), exporter.ErrTooLarge},
		"a frame that is cut off":      {sound[:len(sound)-1], errDamaged},
		"a skipped frame without end":  {[]byte{0x50, 0x2a, 0x4d, 0x18, 0xff, 0xff, 0xff, 0xff}, errDamaged},
		"no frame":                     {[]byte("no frame"), errDamaged},
	} {
		if err := checkFrames(test.data, 16<<20); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The window of the frames of a file, made as large as can be.
func TestABatchThatWantsAGibibyteIsRefused(t *testing.T) {
	table := recordtest.Small()
	file := encode(t, table, "zstd", recordtest.Plain(table, 0, 3000))
	mark := []byte{0x28, 0xb5, 0x2f, 0xfd}
	found := 0
	for at := bytes.Index(file, mark); at >= 0; {
		if file[at+4]&0x20 == 0 { // not a single segment: a window follows
			damaged := bytes.Clone(file)
			damaged[at+5] = 0x98
			if _, err := decode(table, damaged); !errors.Is(err, exporter.ErrTooLarge) {
				t.Errorf("the frame at %d: %v", at, err)
			}
			found++
		}
		next := bytes.Index(file[at+4:], mark)
		if next < 0 {
			break
		}
		at += 4 + next
	}
	if found == 0 {
		t.Error("no frame has a window")
	}
}

// A batch is refused for what it takes, whatever compresses it.
func TestABatchOfTooMuchIsRefused(t *testing.T) {
	table := recordtest.Small()
	for _, compression := range compressions {
		for size, fits := range map[int]bool{1 << 10: true, 40 << 20: false} {
			t.Run(fmt.Sprint(compression, size), func(t *testing.T) {
				file := encode(t, table, compression, recordtest.Large(table, size))
				records, err := decode(table, file)
				if fits && (err != nil || len(records) != 1) || !fits && !errors.Is(err, exporter.ErrTooLarge) {
					t.Errorf("%d records, %v", len(records), err)
				}
			})
		}
	}
}

// Ids differ, so that rows of less than a byte are made up: a small file would fill
// the disk with what a reader keeps of each row.
func TestMoreRowsThanBytesAreRefused(t *testing.T) {
	table := recordtest.Small()
	if _, err := decode(table, encode(t, table, "zstd", recordtest.Alike(table, 300_000))); !errors.Is(err, errDamaged) || !strings.Contains(err.Error(), "rows") {
		t.Errorf("300,000 rows: %v", err)
	}
	if _, err := decode(table, encode(t, table, "zstd", recordtest.Alike(table, 100))); err != nil {
		t.Errorf("100 rows: %v", err)
	}
}
