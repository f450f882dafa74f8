package exporter

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

// ContentAlgorithm names the way Content is computed: docs/manifest.md says it in words.
const ContentAlgorithm = "rows-sha256-sum-v2"

// Content identifies the rows of a file, whatever the file's encoding, row groups
// and batches. Their order follows from the rows.
type Content struct {
	Algorithm string `json:"algorithm"`
	// SHA256 is the sum of the SHA-256 of all rows without the time of fetching, so that
	// two exports of an unchanged inbox have the same.
	SHA256 string `json:"sha256"`
	// FetchedAt is a sum over the times of fetching of all rows.
	FetchedAt string `json:"fetched_at"`
}

// rowSum is the sum over some rows, from which a Content follows.
type rowSum struct {
	// words are a number of 256 bits, the lowest first.
	words   [4]uint64
	fetched uint64
	rows    int64
}

func (s *rowSum) add(other rowSum) {
	var carry uint64
	for i, word := range other.words {
		s.words[i], carry = bits.Add64(s.words[i], word, carry)
	}
	s.fetched += other.fetched
	s.rows += other.rows
}

func (s *rowSum) subtract(other rowSum) {
	var borrow uint64
	for i, word := range other.words {
		s.words[i], borrow = bits.Sub64(s.words[i], word, borrow)
	}
	s.fetched -= other.fetched
	s.rows -= other.rows
}

func (s *rowSum) content() Content {
	var sum []byte
	for _, word := range slices.Backward(s.words[:]) {
		sum = binary.BigEndian.AppendUint64(sum, word)
	}
	return Content{
		Algorithm: ContentAlgorithm,
		SHA256:    hex.EncodeToString(sum),
		FetchedAt: hex.EncodeToString(binary.BigEndian.AppendUint64(nil, s.fetched)),
	}
}

// rowSum is the sum that a content of so many rows came from; false when it
// was computed in another way.
func (c Content) rowSum(rows int64) (rowSum, bool) {
	sum, err := hex.DecodeString(c.SHA256 + c.FetchedAt)
	if c.Algorithm != ContentAlgorithm || err != nil || len(sum) != sha256.Size+8 {
		return rowSum{}, false
	}
	words := wordsOf(sum)
	return rowSum{words, binary.BigEndian.Uint64(sum[sha256.Size:]), rows}, true
}

func wordsOf(sum []byte) (words [4]uint64) {
	for i := range words {
		words[len(words)-1-i] = binary.BigEndian.Uint64(sum[8*i:])
	}
	return words
}

// Digester computes the Content of rows, in any order: of what a consumer has
// stored of an export, for instance. It must not be used concurrently.
type Digester struct {
	sum       rowSum
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
		d.addRow(rec, row)
	}
}

// Content is that of the rows added so far.
func (d *Digester) Content() Content { return d.sum.content() }

func (d *Digester) addRow(rec arrow.Record, row int) {
	d.enter(rec)
	d.sum.add(d.hash(row))
}

// hash is the sum over one row. Its time counts times the lowest word, so that
// rows cannot exchange theirs.
func (d *Digester) hash(row int) rowSum {
	d.buf = d.buf[:0]
	for i := range d.forms {
		if i != d.fetchedAt {
			d.buf = d.forms[i].append(d.buf, row)
		}
	}
	sum := sha256.Sum256(d.buf)
	one := rowSum{words: wordsOf(sum[:]), rows: 1}
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
