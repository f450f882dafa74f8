package prover

import (
	"iter"
	"math/bits"
)

// rowTable knows of every row its newest time. Rows are known by 64 bits of their hashes, and
// two of a million share theirs once in 37 million walks. A row takes 16 bytes and the slots
// that are free: in a large table an eighth to a quarter of them. A table of many rows has parts
// that grow by themselves and little by little, so that it never holds its rows twice. The zero
// value is empty.
type rowTable struct {
	parts []tablePart // none, one, or tableParts
	used  int
}

// seenRow is a slot of a table.
type seenRow struct {
	key uint64 // 0 is an empty slot
	at  int64
}

const (
	// tableParts is the number of parts of a large table; the number of a row's part is in
	// the low bits of its key.
	tableParts = 256
	// smallTable is the most rows of a table that has one part.
	smallTable = 16 * tableParts
)

// put notes a row. It returns the newest time that it had before; false when it is new.
func (t *rowTable) put(key uint64, at int64) (before int64, known bool) {
	key = max(key, 1)
	if len(t.parts) == 0 {
		t.parts = make([]tablePart, 1)
	}
	before, known = t.part(key).put(key, at)
	if known {
		return before, true
	}
	if t.used++; t.used > smallTable && len(t.parts) == 1 {
		t.divide()
	}
	return never, false
}

// get is the newest time of a row.
func (t *rowTable) get(key uint64) (at int64, known bool) {
	if t.used == 0 {
		return never, false
	}
	key = max(key, 1)
	return t.part(key).get(key)
}

func (t *rowTable) len() int { return t.used }

// all are the rows, in no order.
func (t *rowTable) all() iter.Seq[seenRow] {
	return func(yield func(seenRow) bool) {
		for _, part := range t.parts {
			for _, row := range part.slots {
				if row.key != 0 && !yield(row) {
					return
				}
			}
		}
	}
}

// since counts the rows of that time or newer.
func (t *rowTable) since(at int64) (count int64) {
	for row := range t.all() {
		if row.at >= at {
			count++
		}
	}
	return count
}

// part is where the key is or belongs. The hashes are random: the parts grow alike.
func (t *rowTable) part(key uint64) *tablePart { return &t.parts[key%uint64(len(t.parts))] }

// divide makes many parts of one.
func (t *rowTable) divide() {
	small := *t
	t.parts = make([]tablePart, tableParts)
	for row := range small.all() {
		t.part(row.key).put(row.key, row.at)
	}
}

// tablePart is some rows of a table.
type tablePart struct {
	slots []seenRow
	used  int
}

// put notes a row. It returns the newest time that it had before; false when it is new.
func (p *tablePart) put(key uint64, at int64) (before int64, known bool) {
	if 8*p.used >= 7*len(p.slots) {
		p.grow()
	}
	row := &p.slots[p.slot(key)]
	if row.key == key {
		before = row.at
		row.at = max(before, at)
		return before, true
	}
	*row = seenRow{key, at}
	p.used++
	return never, false
}

// get is the newest time of a row.
func (p *tablePart) get(key uint64) (at int64, known bool) {
	if p.used == 0 {
		return never, false
	}
	row := p.slots[p.slot(key)]
	return row.at, row.key != 0
}

// slot is where the key is or belongs. The hashes are random: no input makes many of them
// neighbours.
func (p *tablePart) slot(key uint64) int {
	high, _ := bits.Mul64(key, uint64(len(p.slots)))
	i := int(high)
	for p.slots[i].key != 0 && p.slots[i].key != key {
		if i++; i == len(p.slots) {
			i = 0
		}
	}
	return i
}

// grow makes room: a small part twice as much, a large one an eighth more.
func (p *tablePart) grow() {
	old, more := p.slots, max(len(p.slots)/8, 64)
	p.slots = make([]seenRow, len(old)+more)
	for _, row := range old {
		if row.key != 0 {
			p.slots[p.slot(row.key)] = row
		}
	}
}
