package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/dustin/go-humanize"
	kgzip "github.com/klauspost/compress/gzip"
	kzstd "github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/exporter"
)

// maxRatio is more than any codec can compress: zstd has blocks of 128 KiB in four bytes.
const maxRatio = 32 << 10

// pageDecoder reads and decompresses pages: the inverse of pageEncoder. The columns
// share it, for its memory.
type pageDecoder struct {
	from io.ReaderAt
	// maxPage and maxSlots bound what a page states before memory is allocated for it.
	maxPage, maxSlots int64
	zstd              *kzstd.Decoder
	gzip              kgzip.Reader
	// headers decodes head from text.
	text    bytes.Reader
	headers *thrift.Decoder
	head    format.PageHeader
	// compressed, body, prefixes and rests are reused for every page. The last two are
	// lengths: of what a text shares with the one before, and of the rest.
	compressed, body []byte
	prefixes, rests  []int64
}

func newPageDecoder(from io.ReaderAt, budget *exporter.Budget) (*pageDecoder, error) {
	decoder, err := kzstd.NewReader(nil,
		kzstd.WithDecoderConcurrency(1),
		kzstd.WithDecoderMaxMemory(uint64(budget.Page())),
		kzstd.WithDecodeAllCapLimit(true),
	)
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	u := &pageDecoder{from: from, maxPage: budget.Page(), maxSlots: budget.Slots(), zstd: decoder}
	u.headers = thrift.NewDecoder(new(thrift.CompactProtocol).NewReader(&u.text))
	return u, nil
}

// fits refuses a page of more bytes than the budget has for one.
func (u *pageDecoder) fits(size int64) error {
	if size > u.maxPage {
		return exporter.TooLarge("a page of %s; the limit is %s", humanize.IBytes(uint64(size)), humanize.IBytes(uint64(u.maxPage)))
	}
	return nil
}

func (u *pageDecoder) close() { u.zstd.Close() }

// read returns bytes of the file, good until the next call.
func (u *pageDecoder) read(offset, size int64) ([]byte, error) {
	if err := u.fits(size); err != nil {
		return nil, err
	}
	u.compressed = room(u.compressed, int(size))
	if n, err := u.from.ReadAt(u.compressed, offset); int64(n) < size {
		return nil, err
	}
	return u.compressed, nil
}

// header decodes the header of a page, which data ends with. It is good until the
// next call.
func (u *pageDecoder) header(data []byte) (*format.PageHeader, error) {
	u.text.Reset(data)
	u.head = format.PageHeader{}
	err := u.headers.Decode(&u.head)
	if err == nil && u.text.Len() > 0 {
		err = fmt.Errorf("%d bytes follow the header", u.text.Len())
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return &u.head, nil
}

// lengths decodes lengths that the texts follow.
func (u *pageDecoder) lengths(data []byte, count int) (lengths []int64, texts []byte, err error) {
	u.rests = resized(u.rests, count)
	texts, err = decodeDeltas(u.rests, data)
	left := int64(len(texts))
	for _, length := range u.rests {
		if length < 0 || length > left {
			left = -1
			break
		}
		left -= length
	}
	if err == nil && left != 0 {
		err = fmt.Errorf("%w: the lengths of its texts do not add up to %d bytes", errDamaged, len(texts))
	}
	return u.rests, texts, err
}

// decompress decompresses the body of a page, which has that size. It is good until
// the next call, and bodySlack bytes are behind it.
func (u *pageDecoder) decompress(codec format.CompressionCodec, compressed []byte, size int) (body []byte, err error) {
	if size < 0 || size/maxRatio > len(compressed) || codec == format.Uncompressed && size != len(compressed) {
		return nil, fmt.Errorf("%w: %d bytes from %d", errDamaged, size, len(compressed))
	}
	if err := u.fits(int64(size)); err != nil {
		return nil, err
	}
	if u.body = room(u.body, size); size == 0 { // older files have nothing there, compressed or not
		return u.body, nil
	}
	switch codec {
	case format.Uncompressed:
		body = append(u.body[:0], compressed...)
	case format.Zstd:
		body, err = u.zstd.DecodeAll(compressed, u.body[:0:size])
	case format.Snappy:
		if stated, n := binary.Uvarint(compressed); n <= 0 || stated != uint64(size) {
			return nil, fmt.Errorf("%w: its body has %d bytes instead of %d", errDamaged, stated, size)
		}
		body, err = parquet.Snappy.Decode(u.body, compressed)
	case format.Gzip:
		body, err = u.body, u.gunzip(compressed)
	default:
		return nil, fmt.Errorf("%w: its compression is %s", errDamaged, codec)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	if len(body) != size {
		return nil, fmt.Errorf("%w: its body has %d bytes instead of %d", errDamaged, len(body), size)
	}
	if &body[0] != &u.body[0] {
		copy(u.body, body)
	}
	return u.body, nil
}

// gunzip fills the body. The library would go on until the end of what is packed.
func (u *pageDecoder) gunzip(compressed []byte) error {
	if err := u.gzip.Reset(bytes.NewReader(compressed)); err != nil {
		return err
	}
	if _, err := io.ReadFull(&u.gzip, u.body); err != nil {
		return err
	}
	if n, err := u.gzip.Read(make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) {
		return fmt.Errorf("more than %d bytes, or a wrong checksum", len(u.body))
	}
	return nil
}

// room is memory for size bytes and the slack behind them, in that of buffer if it is enough.
func room(buffer []byte, size int) []byte {
	if cap(buffer) < size+bodySlack {
		buffer = make([]byte, size+size/4+bodySlack)
	}
	return buffer[:size]
}
