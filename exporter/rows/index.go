package rows

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/lemexport/lemexport/schema"
)

// Index knows every row that was read: whose inbox it came from, its id and its
// version. It lives on disk, 28 bytes a row; what stays in memory is one bit a
// row for the losers, the rows that a newer or later read version replaces.
type Index struct {
	file    TempFile
	limits  Limits
	rows    int64
	names   []string
	numbers map[string]uint32
	lost    []uint64
	dropped map[string]Dropped
	buf     []byte
}

// Dropped counts the rows of a partition that another row with the same id replaces.
type Dropped struct {
	// Duplicates have the same version as the row that stays, Superseded an older one.
	Duplicates, Superseded int64
}

// TempFile is a temporary file, appended to and read at random.
type TempFile interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// entrySize is an id hash, a version and a user number.
const entrySize = 16 + 8 + 4

// indexBlock is the number of entries that are read at once.
const indexBlock = 1 << 11

// entry is one row of a share.
type entry struct {
	id      schema.IDHash
	version int64
	row     int64
	user    uint32
}

// NewIndex returns an empty index that lives in a file, which it closes.
func NewIndex(file TempFile, limits Limits) *Index {
	return &Index{file: file, limits: limits, numbers: make(map[string]uint32), dropped: make(map[string]Dropped)}
}

// Close closes the file.
func (x *Index) Close() error { return x.file.Close() }

// Add adds the rows of a record of one partition, in order.
func (x *Index) Add(partition string, keys schema.Keys) error {
	rows := keys.Len()
	for row := range rows {
		x.append(partition, keys.Hash(row), keys.Version(row))
	}
	return x.flush(rows)
}

// flush writes the buffer, which has so many entries.
func (x *Index) flush(rows int) error {
	if _, err := x.file.Write(x.buf); err != nil {
		return fmt.Errorf("write temporary index: %w", err)
	}
	x.rows += int64(rows)
	x.buf = x.buf[:0]
	return nil
}

// append adds an entry to the buffer.
func (x *Index) append(user string, id schema.IDHash, version int64) {
	number, ok := x.numbers[user]
	if !ok {
		number = uint32(len(x.names))
		x.numbers[user] = number
		x.names = append(x.names, user)
	}
	x.buf = binary.LittleEndian.AppendUint64(x.buf, id[0])
	x.buf = binary.LittleEndian.AppendUint64(x.buf, id[1])
	x.buf = binary.LittleEndian.AppendUint64(x.buf, uint64(version))
	x.buf = binary.LittleEndian.AppendUint32(x.buf, number)
}

// IsLost reports whether a row loses to another version of itself.
func (x *Index) IsLost(row int64) bool {
	return x.lost[row/64]&(1<<(row%64)) != 0
}

// Losers marks and counts the rows to drop. Of all rows with one id the newest
// version stays, the last read of equals. Most ids are there once, which a filter tells.
// The others are dealt into shares by their hash, and each share is sorted in memory.
func (x *Index) Losers() (int64, error) {
	x.lost = make([]uint64, (x.rows+63)/64)
	repeated, most, err := x.repeated()
	if err != nil {
		return 0, err
	}
	atOnce := int64(x.limits.Share)
	shares := (most + atOnce - 1) / atOnce
	var lost int64
	// A share varies around its mean by the square root of it; grow if it must.
	entries := make([]entry, 0, min(most, atOnce+atOnce/64))
	for share := range shares {
		if entries, err = x.share(entries[:0], repeated, uint64(share), uint64(shares)); err != nil {
			return 0, err
		}
		slices.SortFunc(entries, func(a, b entry) int {
			if c := a.id.Compare(b.id); c != 0 {
				return c
			}
			return cmp.Or(cmp.Compare(b.version, a.version), cmp.Compare(b.row, a.row))
		})
		for i := 1; i < len(entries); i++ {
			if entries[i].id == entries[i-1].id {
				x.drop(entries[i], entries[i-1])
				lost++
			}
		}
	}
	return lost, nil
}

// drop marks one row; kept is the next better version of it.
func (x *Index) drop(row, better entry) {
	x.lost[row.row/64] |= 1 << (row.row % 64)
	count := x.dropped[x.names[row.user]]
	if row.version == better.version {
		count.Duplicates++
	} else {
		count.Superseded++
	}
	x.dropped[x.names[row.user]] = count
}

// Len is the number of rows.
func (x *Index) Len() int64 { return x.rows }

// Dropped returns for each partition how many of its rows were dropped. Call Losers first.
func (x *Index) Dropped() map[string]Dropped { return x.dropped }

// repeated is a filter that every id passes which more than one entry has, and the most
// entries whose id can pass it.
func (x *Index) repeated() (repeated BloomFilter, most int64, err error) {
	ids := int(min(x.rows, int64(x.limits.filtered)))
	met, repeated := NewBloomFilter(ids), NewBloomFilter(ids)
	err = x.each(func(id schema.IDHash, _ int64, _ []byte) {
		if !met.Passes(id) {
			met.Add(id)
			return
		}
		repeated.Add(id)
		most += 2 // this one, and the one that was met before
	})
	return repeated, min(most, x.rows), err
}

// share reads the entries that pass the filter and whose id falls into one share.
func (x *Index) share(entries []entry, repeated BloomFilter, share, shares uint64) ([]entry, error) {
	err := x.each(func(id schema.IDHash, row int64, rest []byte) {
		if repeated.Passes(id) && id[0]%shares == share {
			entries = append(entries, entry{
				id:      id,
				version: versionOf(rest),
				user:    binary.LittleEndian.Uint32(rest[8:]),
				row:     row,
			})
		}
	})
	return entries, err
}

func versionOf(rest []byte) int64 { return int64(binary.LittleEndian.Uint64(rest)) }

// each reads all entries, in order; rest is what comes after the id.
func (x *Index) each(see func(id schema.IDHash, row int64, rest []byte)) error {
	block := make([]byte, indexBlock*entrySize)
	for row := int64(0); row < x.rows; {
		raw := block[:min(x.rows-row, indexBlock)*entrySize]
		if n, err := x.file.ReadAt(raw, row*entrySize); n < len(raw) {
			return fmt.Errorf("read temporary index: %w", errors.Join(err, io.ErrUnexpectedEOF))
		}
		for ; len(raw) > 0; raw, row = raw[entrySize:], row+1 {
			see(schema.IDHash{binary.LittleEndian.Uint64(raw), binary.LittleEndian.Uint64(raw[8:])}, row, raw[16:entrySize])
		}
	}
	return nil
}

// Each shows every row, in the order of the reads: its number, the hash of its id and
// its version.
func (x *Index) Each(see func(row int64, id schema.IDHash, version int64)) error {
	return x.each(func(id schema.IDHash, row int64, rest []byte) { see(row, id, versionOf(rest)) })
}

// Winners shows every row that stays. Call Losers first.
func (x *Index) Winners(see func(id schema.IDHash, version int64)) error {
	return x.each(func(id schema.IDHash, row int64, rest []byte) {
		if !x.IsLost(row) {
			see(id, versionOf(rest))
		}
	})
}
