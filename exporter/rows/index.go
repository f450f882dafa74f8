package rows

import (
	"errors"
	"fmt"
	"io"

	"github.com/lemexport/lemexport/schema"
)

// Index knows every row that was read: whose inbox it came from, its id and its
// version. It lives on disk, 36 bytes a row and as much again while it looks for duplicates;
// what stays in memory is one bit a row for the losers, the rows that a newer or later read
// version replaces.
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
	// Duplicates have the same version as the row that replaces them, Superseded an older one.
	Duplicates, Superseded int64
}

// TempFile is a temporary file, appended to and read at random.
type TempFile interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// ErrIndexWrite is wrapped by the error of an index whose file cannot be written.
var ErrIndexWrite = errors.New("write temporary index")

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
		return fmt.Errorf("%w: %w", ErrIndexWrite, err)
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
	row := x.rows + int64(len(x.buf)/entrySize)
	x.buf = entry{id: id, version: version, row: row, user: number}.append(x.buf)
}

// IsLost reports whether a row loses to another version of itself.
func (x *Index) IsLost(row int64) bool {
	return x.lost[row/64]&(1<<(row%64)) != 0
}

// Losers ends the adding: it marks and counts the rows to drop. Of all rows with one id the
// newest version stays, the last read of equals. The entries are dealt into shares by their
// hashes, once, and the duplicates of a share are in no other one: so the work grows with the
// rows, and a share fits into memory.
func (x *Index) Losers() (int64, error) {
	x.lost = make([]uint64, (x.rows+63)/64)
	shares := []share{x.entries()}
	if many := x.limits.shares(x.rows); many > 1 {
		var err error
		if shares, err = shares[0].deal(many, x.rows, x.limits.dealt); err != nil {
			return 0, err
		}
	}
	var lost int64
	for _, one := range shares {
		for pair, err := range one.duplicates(x.limits) {
			if err != nil {
				return 0, err
			}
			x.drop(pair.worse, pair.better)
			lost++
		}
	}
	return lost, nil
}

// entries are all entries, in the order of the reads.
func (x *Index) entries() share {
	return share{file: x.file, extents: []extent{{0, x.rows}}, entries: x.rows}
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

// Each shows every row, in the order of the reads: its number, the hash of its id and
// its version.
func (x *Index) Each(see func(row int64, id schema.IDHash, version int64)) error {
	for one, err := range x.entries().all() {
		if err != nil {
			return err
		}
		see(one.row, one.id, one.version)
	}
	return nil
}

// Winners shows every row that stays. Call Losers first.
func (x *Index) Winners(see func(id schema.IDHash, version int64)) error {
	for one, err := range x.entries().all() {
		if err != nil {
			return err
		}
		if !x.IsLost(one.row) {
			see(one.id, one.version)
		}
	}
	return nil
}
