package rows

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/lemexport/lemexport/schema"
)

// ContentAlgorithm names the way a Digest is computed; docs/manifest.md says it in words.
const ContentAlgorithm = "rows-sha256-sum-v2"

// Digest is a sum over some rows, whatever their order, and it can be taken apart
// again: the digest of a file less that of some of its rows is the digest of the others.
type Digest struct {
	// words are a number of 256 bits, the lowest first.
	words   [4]uint64
	fetched uint64
	rows    int64
}

// Add adds the rows of another digest.
func (s *Digest) Add(other Digest) {
	var carry uint64
	for i, word := range other.words {
		s.words[i], carry = bits.Add64(s.words[i], word, carry)
	}
	s.fetched += other.fetched
	s.rows += other.rows
}

// Subtract takes the rows of another digest away.
func (s *Digest) Subtract(other Digest) {
	var borrow uint64
	for i, word := range other.words {
		s.words[i], borrow = bits.Sub64(s.words[i], word, borrow)
	}
	s.fetched -= other.fetched
	s.rows -= other.rows
}

// Rows is the number of rows.
func (s Digest) Rows() int64 { return s.rows }

// SameRows reports whether two digests are of the same rows, whenever those were fetched.
func (s Digest) SameRows(other Digest) bool { return s.words == other.words && s.rows == other.rows }

// Text returns the sum of the SHA-256 of all rows without their times of fetching, and
// the sum over those times, both in hexadecimal.
func (s Digest) Text() (sum, fetched string) {
	var raw []byte
	for _, word := range slices.Backward(s.words[:]) {
		raw = binary.BigEndian.AppendUint64(raw, word)
	}
	return hex.EncodeToString(raw), hex.EncodeToString(binary.BigEndian.AppendUint64(nil, s.fetched))
}

// ParseDigest reads what Text has written of so many rows; false when it has not.
func ParseDigest(sum, fetched string, rows int64) (Digest, bool) {
	raw, err := hex.DecodeString(sum + fetched)
	if err != nil || len(raw) != sha256.Size+8 {
		return Digest{}, false
	}
	return Digest{wordsOf(raw), binary.BigEndian.Uint64(raw[sha256.Size:]), rows}, true
}

func wordsOf(sum []byte) (words [4]uint64) {
	for i := range words {
		words[len(words)-1-i] = binary.BigEndian.Uint64(sum[8*i:])
	}
	return words
}

// Digester computes the Digest of rows, in any order: of what a consumer has
// stored of an export, for instance. It must not be used concurrently.
type Digester struct {
	sum       Digest
	fetchedAt int // the column's position, -1 without

	of    arrow.Record // what the following are of
	forms []rowForm
	times *array.Timestamp
	buf   []byte
}

// NewDigester returns a digester of records of the table.
func NewDigester(table *schema.Table) *Digester {
	_, at, _ := table.ByRole(schema.RoleFetched)
	return &Digester{fetchedAt: at}
}

// Add adds the rows of a record.
func (d *Digester) Add(rec arrow.Record) {
	for row := range int(rec.NumRows()) {
		d.AddRow(rec, row)
	}
}

// Digest is that of the rows added so far.
func (d *Digester) Digest() Digest { return d.sum }

// AddRow adds one row of a record.
func (d *Digester) AddRow(rec arrow.Record, row int) {
	d.enter(rec)
	d.sum.Add(d.hash(row))
}

// hash is the sum over one row. Its time counts times the lowest word, so that
// rows cannot exchange theirs.
func (d *Digester) hash(row int) Digest {
	buf := d.buf[:0]
	for i := range d.forms {
		if i != d.fetchedAt {
			buf = d.forms[i].append(buf, row)
		}
	}
	d.buf = buf
	sum := sha256.Sum256(buf)
	one := Digest{words: wordsOf(sum[:]), rows: 1}
	if d.times != nil {
		one.fetched = one.words[0] * uint64(d.times.Value(row))
	}
	return one
}

// enter goes to a record.
func (d *Digester) enter(rec arrow.Record) {
	if d.of == rec {
		return
	}
	d.of, d.forms, d.times = rec, d.forms[:0], nil
	for _, column := range rec.Columns() {
		d.forms = append(d.forms, newRowForm(column))
	}
	if d.fetchedAt >= 0 {
		d.times, _ = rec.Column(d.fetchedAt).(*array.Timestamp)
	}
}
