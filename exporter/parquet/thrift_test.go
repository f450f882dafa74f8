package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"reflect"
	"runtime"
	"testing"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
)

// footerBytes is the footer of a file.
func footerBytes(t recordtest.T, file []byte) []byte {
	t.Helper()
	tail, err := readTail(bytes.NewReader(file), int64(len(file)), (*exporter.Budget)(nil).Footer())
	if err != nil {
		t.Fatal(err)
	}
	return tail[:len(tail)-footerFrame]
}

// allocated is how many bytes a call allocates.
func allocated(do func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// What decoding a footer allocates is no more than was charged: the weight of what is
// in it, and twice its own bytes. The rest is the library's own.
func FuzzAFooterTakesNoMoreThanItWeighs(f *testing.F) {
	table := recordtest.Small()
	f.Add(footerBytes(f, encode(f, table, 10, "", recordtest.Plain(table, 0, 100))))
	f.Add(footerBytes(f, encode(f, nested(), 1, "", recordtest.Plain(nested(), 0, 3))))
	f.Add(append([]byte{0x49, 0xfc, 0xc0, 0x84, 0x3d}, make([]byte, 5000)...))
	f.Add(append([]byte{0x49, 0x1c, 0x19, 0xfc, 0x88, 0x27}, bytes.Repeat([]byte{0x26, 0, 0}, 5000)...))
	f.Add(append([]byte{0x19, 0xf8, 0xff, 0xff, 0xff, 0xff, 0x0f}, make([]byte, 100)...))
	f.Add(append([]byte{0x29, 0xfc, 0x88, 0x27}, bytes.Repeat([]byte{0xac, 0x8c, 0x1c, 0x11, 0, 0, 0}, 5000)...))
	f.Add(bytes.Repeat([]byte{0xdc}, 1000))
	of := reflect.TypeFor[format.FileMetaData]()
	decode := func(footer []byte) {
		_ = thrift.Unmarshal(new(thrift.CompactProtocol), footer, new(format.FileMetaData)) // what is wrong is not the point
	}
	decode([]byte{0}) // the library makes its decoders once
	f.Fuzz(func(t *testing.T, footer []byte) {
		const most = 8 << 20
		size, weight, err := weighThrift(footer, of, most)
		if err != nil || weight > most {
			return
		}
		footer = footer[:size]
		if took, charged := allocated(func() { decode(footer) }), weight+2*int64(len(footer))+64<<10; took > charged {
			t.Errorf("%d bytes were allocated where %d were charged", took, charged)
		}
	})
}

// An element of a byte weighs what it will take, not what it is.
func TestTinyElementsWeighWhatTheyTake(t *testing.T) {
	of := reflect.TypeFor[format.FileMetaData]()
	for name, test := range map[string]struct {
		footer  []byte
		element reflect.Type
	}{
		"schema":     {[]byte{0x29, 0xfc}, reflect.TypeFor[format.SchemaElement]()},
		"row groups": {[]byte{0x49, 0xfc}, reflect.TypeFor[format.RowGroup]()},
		"keys":       {[]byte{0x59, 0xfc}, reflect.TypeFor[format.KeyValue]()},
		"orders":     {[]byte{0x79, 0xfc}, reflect.TypeFor[format.ColumnOrder]()},
	} {
		const count = 100_000
		footer := append(binary.AppendUvarint(test.footer, count), make([]byte, count+1)...)
		if _, weight, err := weighThrift(footer, of, 1<<40); err != nil || weight < count*int64(test.element.Size()) {
			t.Errorf("%s: %d elements weigh %d, %v", name, count, weight, err)
		}
		if _, weight, err := weighThrift(footer, of, 1<<20); err != nil || weight <= 1<<20 || weight > 100<<20 {
			t.Errorf("%s: the walk ends with %d, %v", name, weight, err)
		}
	}
}

// A budget holds the footers of open files, and gives back what a closed one took.
func TestFootersShareABudget(t *testing.T) {
	table := recordtest.Small()
	file := encode(t, table, 1, "", recordtest.Plain(table, 0, 2000))
	shared := Format{Budget: exporter.NewBudget(exporter.LeastMemory)}
	var opened []exporter.DataFile
	for range 1000 {
		one, err := shared.Open(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			if !errors.Is(err, exporter.ErrTooLarge) || exporter.Hint(err) == "" {
				t.Fatal(err)
			}
			break
		}
		opened = append(opened, one)
	}
	if len(opened) == 0 || len(opened) == 1000 {
		t.Fatalf("%d files of %d row groups are open at a time", len(opened), 2000)
	}
	for _, one := range opened {
		one.Close()
		one.Close()
	}
	for i := range opened {
		if _, err := shared.Open(bytes.NewReader(file), int64(len(file))); err != nil {
			t.Fatalf("file %d, after all were closed: %v", i+1, err)
		}
	}
}
