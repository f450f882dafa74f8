package parquet

import (
	"cmp"
	"fmt"

	kzstd "github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/compress/gzip"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/lemexport/lemexport/exporter"
)

// DefaultZstdLevel is zstd at its fastest. DefaultGzipLevel is zlib's own default.
const (
	DefaultZstdLevel = 1
	DefaultGzipLevel = 6
)

// codecOf returns the codec of a compression's name; the empty name is zstd,
// level 0 the default. So many workers may use it at the same time.
func codecOf(name string, level, workers int) (compress.Codec, error) {
	switch name {
	case "", "zstd":
		return newDenseZstd(kzstd.EncoderLevelFromZstd(cmp.Or(level, DefaultZstdLevel)), workers)
	case "snappy":
		return &parquet.Snappy, nil
	case "gzip":
		return &gzip.Codec{Level: cmp.Or(level, DefaultGzipLevel)}, nil
	case "none":
		return &parquet.Uncompressed, nil
	}
	return nil, exporter.WithHint(fmt.Errorf("unknown parquet compression %q", name),
		`Set compression to "zstd", "snappy", "gzip" or "none".`)
}

// denseZstd is zstd with the literals entropy coded even where
// no match was found: random ids have no matches, but use few of the 256 bytes.
type denseZstd struct {
	zstd.Codec
	encoder *kzstd.Encoder
}

func newDenseZstd(level kzstd.EncoderLevel, workers int) (*denseZstd, error) {
	encoder, err := kzstd.NewWriter(nil,
		kzstd.WithEncoderLevel(level),
		kzstd.WithAllLitEntropyCompression(true),
		kzstd.WithEncoderConcurrency(workers),
		kzstd.WithWindowSize(2*PageBytes), // the default keeps 8 MiB of history, and no page needs it
		kzstd.WithEncoderCRC(false),
		kzstd.WithZeroFrames(true),
	)
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	return &denseZstd{encoder: encoder}, nil
}

// Encode compresses src into dst's memory, or more.
func (d *denseZstd) Encode(dst, src []byte) ([]byte, error) {
	return d.encoder.EncodeAll(src, dst[:0]), nil
}
