package arrowipc

import (
	"bytes"
	"encoding/binary"
	"flag"
	"math/rand/v2"
	"testing"

	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// everyByte makes the test of damaged files try every byte.
var everyByte = flag.Bool("every-byte", false, "damage files at every byte")

func step() int {
	if *everyByte {
		return 1
	}
	return 97
}

// use reads every value of a file, as the engine would.
func use(t *testing.T, table *schema.Table, file []byte) error {
	t.Helper()
	opened, err := Format{}.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return err
	}
	_ = opened.Manifest()
	for rec, err := range opened.Records(t.Context(), table) {
		if err != nil {
			return err
		}
		for i := range int(rec.NumCols()) {
			_ = rec.Column(i).String()
		}
	}
	return nil
}

func TestATruncatedFileIsAnError(t *testing.T) {
	table := recordtest.Small()
	file := encode(t, table, "", recordtest.Plain(table, 0, 6))
	for size := range file {
		if err := use(t, table, file[:size]); err == nil {
			t.Fatalf("the first %d of %d bytes are read without an error", size, len(file))
		}
	}
}

// Arrow files have no checksums: a changed value reads as another value, which
// the manifest's content hash tells. But nothing that is damaged ends the process.
func TestAFlippedByteNeverPanics(t *testing.T) {
	table := recordtest.Small()
	for _, compression := range []string{"zstd", "lz4", "none"} {
		file := encode(t, table, compression, recordtest.Plain(table, 0, 6))
		random := rand.New(rand.NewPCG(1, 2))
		refused := 0
		for at := 0; at < len(file); at += 1 + random.IntN(step()) {
			for _, mask := range []byte{1 << random.IntN(8), byte(1 + random.IntN(255)), 0xff} {
				damaged := bytes.Clone(file)
				damaged[at] ^= mask
				if use(t, table, damaged) != nil {
					refused++
				}
			}
		}
		if refused == 0 {
			t.Errorf("%s: nothing is refused", compression)
		}
	}
}

// Every length of the footer and of the batches, made as large as can be.
func TestALengthThatLiesIsNotAllocated(t *testing.T) {
	table := recordtest.Small()
	file := encode(t, table, "zstd", recordtest.Plain(table, 0, 6))
	every := 4 // where a length can be
	if !*everyByte {
		every = 12
	}
	for at := 0; at+4 <= len(file); at += every {
		for _, lie := range []uint32{0x7fff_ffff, 0xffff_ffff, 0x8000_0000, 0x0fff_fff0} {
			damaged := bytes.Clone(file)
			binary.LittleEndian.PutUint32(damaged[at:], lie)
			_ = use(t, table, damaged) // an error or another value; a process that ends fails the test
		}
	}
}

func TestAFooterThatLiesIsAnError(t *testing.T) {
	table := schema.InboxConversations()
	file := encode(t, table, "", recordtest.Plain(table, 0, 3))
	for name, change := range map[string]func(file []byte){
		"its length is beyond the file": func(f []byte) { binary.LittleEndian.PutUint32(f[len(f)-10:], 0xffff_fff0) },
		"its length is 0":               func(f []byte) { binary.LittleEndian.PutUint32(f[len(f)-10:], 0) },
		"its root is beyond it":         func(f []byte) { binary.LittleEndian.PutUint32(f[footerAt(f):], 1<<30) },
		"its magic is another one":      func(f []byte) { f[len(f)-1] = '2' },
	} {
		damaged := bytes.Clone(file)
		change(damaged)
		if err := use(t, table, damaged); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func footerAt(file []byte) int {
	return len(file) - tail - int(binary.LittleEndian.Uint32(file[len(file)-tail:]))
}

func FuzzAnyBytesAreReadOrRefused(f *testing.F) {
	table := recordtest.Small()
	f.Add([]byte{})
	f.Add([]byte("ARROW1\x00\x00\x00\x00\x00\x00ARROW1"))
	for _, compression := range []string{"zstd", "lz4", "none"} {
		f.Add(encode(f, table, compression))
		f.Add(encode(f, table, compression, recordtest.Plain(table, 0, 3)))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		_ = use(t, table, file)
		_ = verify(t, table, file)
	})
}
