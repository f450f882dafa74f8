package rows

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/lemexport/lemexport/schema"
)

// entrySize is an id hash, a version, a row number and a user number.
const entrySize = 16 + 8 + 8 + 4

// readAtOnce is the most entries that are read at once.
const readAtOnce = 1 << 11

// entry is a row of an index.
type entry struct {
	id      schema.IDHash
	version int64
	row     int64
	user    uint32
}

// append appends the entry as it is in a file.
func (e entry) append(buf []byte) []byte {
	buf = binary.LittleEndian.AppendUint64(buf, e.id[0])
	buf = binary.LittleEndian.AppendUint64(buf, e.id[1])
	buf = binary.LittleEndian.AppendUint64(buf, uint64(e.version))
	buf = binary.LittleEndian.AppendUint64(buf, uint64(e.row))
	return binary.LittleEndian.AppendUint32(buf, e.user)
}

// entryOf is the first entry of the bytes of a file.
func entryOf(raw []byte) entry {
	_ = raw[entrySize-1]
	return entry{
		id:      schema.IDHash{binary.LittleEndian.Uint64(raw), binary.LittleEndian.Uint64(raw[8:])},
		version: int64(binary.LittleEndian.Uint64(raw[16:])),
		row:     int64(binary.LittleEndian.Uint64(raw[24:])),
		user:    binary.LittleEndian.Uint32(raw[32:]),
	}
}

// share is some entries of an index: those that stand in some extents of its file.
type share struct {
	file    TempFile
	extents []extent
	entries int64
}

// extent is entries that stand together: the number of the first in the file, and how many.
type extent struct{ first, entries int64 }

// all reads the entries in order.
func (s share) all() iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		var space []byte
		for _, at := range s.extents {
			for at.entries > 0 {
				many := min(at.entries, readAtOnce)
				space = slices.Grow(space[:0], int(many*entrySize))
				raw := space[:many*entrySize]
				if n, err := s.file.ReadAt(raw, at.first*entrySize); n < len(raw) {
					yield(entry{}, fmt.Errorf("read temporary index: %w", errors.Join(err, io.ErrUnexpectedEOF)))
					return
				}
				for ; len(raw) > 0; raw = raw[entrySize:] {
					if !yield(entryOf(raw), nil) {
						return
					}
				}
				at.first, at.entries = at.first+many, at.entries-many
			}
		}
	}
}

// deal copies the entries into so many shares, all entries of an id into the same one, behind
// the end of the file, where that many entries stand. The buffers take about so many bytes.
func (s share) deal(shares, end int64, buffers int) ([]share, error) {
	dealt := make([]dealing, shares)
	each := max(buffers/int(shares), leastDealt) / entrySize * entrySize // else extents take more than the buffers
	for i := range dealt {
		dealt[i] = dealing{share: share{file: s.file}, waiting: make([]byte, 0, each)}
	}
	for one, err := range s.all() {
		if err != nil {
			return nil, err
		}
		to := &dealt[one.id[1]%uint64(shares)]
		if to.waiting = one.append(to.waiting); len(to.waiting) == each {
			if end, err = to.flush(end); err != nil {
				return nil, err
			}
		}
	}
	made := make([]share, shares)
	for i := range dealt {
		var err error
		if end, err = dealt[i].flush(end); err != nil {
			return nil, err
		}
		made[i] = dealt[i].share
	}
	return made, nil
}

// dealing is a share that is being made.
type dealing struct {
	share
	waiting []byte
}

// flush writes what waits at the end of the file, and returns where the end is then.
func (d *dealing) flush(end int64) (int64, error) {
	if _, err := d.file.Write(d.waiting); err != nil {
		return end, fmt.Errorf("%w: %w", ErrIndexWrite, err)
	}
	many := int64(len(d.waiting) / entrySize)
	d.extents = append(d.extents, extent{end, many})
	d.entries += many
	d.waiting = d.waiting[:0]
	return end + many, nil
}

// duplicate is a row that another one with the same id replaces.
type duplicate struct{ worse, better entry }

// duplicates yields the rows that others replace. Most ids are there once, which a filter tells.
// The other entries are sorted, in several parts when there are many.
func (s share) duplicates(limits Limits) iter.Seq2[duplicate, error] {
	return func(yield func(duplicate, error) bool) {
		repeated, most, err := s.repeated(limits.filtered)
		if err != nil {
			yield(duplicate{}, err)
			return
		}
		atOnce := int64(limits.Share)
		parts := uint64((most + atOnce - 1) / atOnce)
		// A part varies around its mean by the square root of it; grow if it must.
		sorted := make([]entry, 0, min(most, atOnce+atOnce/64))
		for part := range parts {
			sorted = sorted[:0]
			limit := 2 * int(atOnce)
			for one, err := range s.all() {
				if err != nil {
					yield(duplicate{}, err)
					return
				}
				if !repeated.Passes(one.id) || one.id[0]%parts != part {
					continue
				}
				if sorted = append(sorted, one); len(sorted) < limit {
					continue
				}
				// Few ids are in very many rows: most of those need not wait for the others.
				var more bool
				if sorted, more = settle(sorted, sameVersion, yield); more && len(sorted) > limit/2 {
					sorted, more = settle(sorted, sameID, yield)
				}
				if !more {
					return
				}
				limit = max(limit, 2*len(sorted))
			}
			if _, more := settle(sorted, sameID, yield); !more {
				return
			}
		}
	}
}

func sameID(a, b entry) bool      { return a.id == b.id }
func sameVersion(a, b entry) bool { return a.id == b.id && a.version == b.version }

// settle yields the entries that others which are the same replace, and returns the others. It
// reports whether more is wanted.
func settle(entries []entry, same func(a, b entry) bool, yield func(duplicate, error) bool) (rest []entry, more bool) {
	slices.SortFunc(entries, func(a, b entry) int {
		if c := a.id.Compare(b.id); c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(b.version, a.version), cmp.Compare(b.row, a.row))
	})
	rest = entries[:min(len(entries), 1)]
	for i := 1; i < len(entries); i++ {
		if !same(entries[i], entries[i-1]) {
			rest = append(rest, entries[i]) // at i or before
		} else if !yield(duplicate{entries[i], entries[i-1]}, nil) {
			return rest, false
		}
	}
	return rest, true
}

// usualRows is more rows than most repeated ids have. What has more does not make more parts.
const usualRows = 8

// repeated is a filter for so many ids that every id passes which more than one entry has, and
// about the most entries whose id can pass it, of which no id counts for more than [usualRows].
func (s share) repeated(filtered int) (repeated BloomFilter, most int64, err error) {
	ids := int(min(s.entries, int64(filtered)))
	met, repeated := NewBloomFilter(ids), NewBloomFilter(ids)
	var distinct int64
	for one, err := range s.all() {
		if err != nil {
			return nil, 0, err
		}
		if !met.Passes(one.id) {
			met.Add(one.id)
			continue
		}
		if !repeated.Passes(one.id) {
			repeated.Add(one.id)
			distinct++
		}
		most += 2 // this one, and the one that was met before
	}
	return repeated, min(most, s.entries, usualRows*distinct), nil
}
