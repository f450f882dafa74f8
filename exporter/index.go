package exporter

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// index knows every row that was read: whose inbox it came from, its id and its
// version. It lives on disk, 28 bytes a row; what stays in memory is one bit a
// row for the losers, the rows that a newer or later read version replaces.
type index struct {
	file    ScratchFile
	rows    int64
	names   []string
	numbers map[string]uint32
	lost    []uint64
	dropped map[string]dropCount
	buf     []byte
}

// dropCount counts the dropped rows of one user.
type dropCount struct{ duplicates, superseded int64 }

// entrySize is an id hash, a version and a user number.
const entrySize = 16 + 8 + 4

// indexShare is the number of entries that losers holds in memory at once.
const indexShare = 1 << 16

// entry is one row of a share.
type entry struct {
	id      IDHash
	version int64
	row     int64
	user    uint32
}

func newIndex(file ScratchFile) *index {
	return &index{file: file, numbers: make(map[string]uint32), dropped: make(map[string]dropCount)}
}

func (x *index) close() error { return x.file.Close() }

func (x *index) add(user string, id IDHash, version int64) error {
	number, ok := x.numbers[user]
	if !ok {
		number = uint32(len(x.names))
		x.numbers[user] = number
		x.names = append(x.names, user)
	}
	x.buf = append(x.buf[:0], id[:]...)
	x.buf = binary.LittleEndian.AppendUint64(x.buf, uint64(version))
	x.buf = binary.LittleEndian.AppendUint32(x.buf, number)
	if _, err := x.file.Write(x.buf); err != nil {
		return fmt.Errorf("write temporary index: %w", err)
	}
	x.rows++
	return nil
}

// addAll adds the rows of a record.
func (x *index) addAll(user string, keys keyColumns, rows int) error {
	for row := range rows {
		if err := x.add(user, HashID(keys.id.Value(row)), keys.version(row)); err != nil {
			return err
		}
	}
	return nil
}

// isLost reports whether a row loses to another version of itself.
func (x *index) isLost(row int64) bool {
	return x.lost[row/64]&(1<<(row%64)) != 0
}

// losers marks and counts the rows to drop. Of all rows with one id the newest
// version stays, the last read of equals. The ids are dealt into shares by
// their hash, and each share is sorted in memory.
func (x *index) losers() (int64, error) {
	x.lost = make([]uint64, (x.rows+63)/64)
	shares := (x.rows + indexShare - 1) / indexShare
	var lost int64
	// A share varies around its mean by the square root of it; grow if it must.
	entries := make([]entry, 0, min(x.rows, indexShare+indexShare/64))
	for share := range shares {
		var err error
		if entries, err = x.share(entries[:0], uint64(share), uint64(shares)); err != nil {
			return 0, err
		}
		slices.SortFunc(entries, func(a, b entry) int {
			return cmp.Or(bytes.Compare(a.id[:], b.id[:]), cmp.Compare(b.version, a.version), cmp.Compare(b.row, a.row))
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
func (x *index) drop(row, better entry) {
	x.lost[row.row/64] |= 1 << (row.row % 64)
	count := x.dropped[x.names[row.user]]
	if row.version == better.version {
		count.duplicates++
	} else {
		count.superseded++
	}
	x.dropped[x.names[row.user]] = count
}

// account fills the proof's counts that need all rows. Call losers first.
func (x *index) account(proof *Proof, distinct int64) {
	proof.RowsRead = x.rows
	proof.Rows = distinct
	proof.Duplicates, proof.Superseded = 0, 0
	for i := range proof.Users {
		user := &proof.Users[i]
		count := x.dropped[user.UserID]
		user.Duplicates, user.Superseded = count.duplicates, count.superseded
		proof.Duplicates += count.duplicates
		proof.Superseded += count.superseded
	}
}

// share reads the entries whose id falls into one share.
func (x *index) share(entries []entry, share, shares uint64) ([]entry, error) {
	err := x.each(func(one entry) {
		if binary.LittleEndian.Uint64(one.id[:8])%shares == share {
			entries = append(entries, one)
		}
	})
	return entries, err
}

// winners lists the rows that stay, in the order of their ids.
func (x *index) winners() ([]foundRow, error) {
	var found []foundRow
	err := x.each(func(one entry) {
		if !x.isLost(one.row) {
			found = append(found, foundRow{id: one.id, version: one.version})
		}
	})
	slices.SortFunc(found, func(a, b foundRow) int { return bytes.Compare(a.id[:], b.id[:]) })
	return found, err
}

// each reads all entries, in order.
func (x *index) each(see func(entry)) error {
	reader := bufio.NewReaderSize(io.NewSectionReader(x.file, 0, x.rows*entrySize), 1<<16)
	var raw [entrySize]byte
	for row := range x.rows {
		if _, err := io.ReadFull(reader, raw[:]); err != nil {
			return fmt.Errorf("read temporary index: %w", err)
		}
		see(entry{
			id:      IDHash(raw[:16]),
			version: int64(binary.LittleEndian.Uint64(raw[16:24])),
			user:    binary.LittleEndian.Uint32(raw[24:]),
			row:     row,
		})
	}
	return nil
}
