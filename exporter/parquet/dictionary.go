package parquet

import (
	"bytes"
	"hash/maphash"
	"iter"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

const (
	// dictionaryValues and dictionaryBytes are the most that a dictionary takes.
	dictionaryValues = 4096
	dictionaryBytes  = 256 << 10
	// dictionaryTable is the size of its table, a power of two; half stays empty.
	dictionaryTable = 2 * dictionaryValues
)

// dictionary holds the distinct values of a column in a row group, times as their
// bytes. It gives up for the rest of the row group where there are too many of
// them; pages that use it stay.
type dictionary struct {
	list textList
	// table holds, at the hash of a value or behind, its number plus one.
	table     [dictionaryTable]uint16
	seed      maphash.Seed
	abandoned bool
	number    []int32
}

func newDictionary() *dictionary {
	d := &dictionary{seed: maphash.MakeSeed()}
	d.list.truncate(0)
	return d
}

// clear begins a new row group.
func (d *dictionary) clear() {
	clear(d.table[:])
	d.list.truncate(0)
	d.abandoned = false
}

// encode returns a page in dst's memory or more, or false when the page is to be written
// without the dictionary.
func (d *dictionary) encode(dst []byte, page *textList) (encoded encodedValues, ok bool, err error) {
	numbers, ok := d.index(page)
	if !ok {
		return encodedValues{}, false, nil
	}
	body, err := parquet.RLEDictionary.EncodeInt32(dst, numbers)
	return encodedValues{body: body, encoding: format.RLEDictionary, numbers: numbers}, true, err
}

// values yields the values that some numbers stand for, each once.
func (d *dictionary) values(numbers []int32) iter.Seq2[int, []byte] {
	var used [dictionaryValues]bool
	for _, number := range numbers {
		used[number] = true
	}
	return func(yield func(int, []byte) bool) {
		for number := range d.list.len() {
			if used[number] && !yield(number, d.list.at(number)) {
				return
			}
		}
	}
}

// index returns the numbers of a page's values, or false when the page is
// to be written without the dictionary.
func (d *dictionary) index(page *textList) (numbers []int32, ok bool) {
	if page.len() == 0 || d.abandoned {
		return nil, false
	}
	d.number = d.number[:0]
	known := d.list.len()
	for _, value := range page.all() {
		if d.number = append(d.number, d.indexOf(value)); d.abandoned {
			break
		}
	}
	// A page of mostly new values is smaller without.
	d.abandoned = d.abandoned || 2*(d.list.len()-known) > page.len()
	if d.abandoned {
		d.list.truncate(known)
	}
	return d.number, !d.abandoned
}

// find returns the number of a value, and adds it when it is new.
func (d *dictionary) indexOf(value []byte) int32 {
	at := maphash.Bytes(d.seed, value) % dictionaryTable
	for ; d.table[at] != 0; at = (at + 1) % dictionaryTable {
		if number := int(d.table[at]) - 1; bytes.Equal(d.list.at(number), value) {
			return int32(number)
		}
	}
	if len(d.list.text)+len(value) > dictionaryBytes { // it may be large: do not copy it
		d.abandoned = true
		return 0
	}
	d.list.append(value)
	d.table[at] = uint16(d.list.len())
	d.abandoned = d.list.len() == dictionaryValues
	return int32(d.list.len() - 1)
}
