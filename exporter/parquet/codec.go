package parquet

import (
	"fmt"

	kzstd "github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/lemexport/lemexport/exporter"
)

// codecOf returns the codec of a compression's name; the empty name is zstd.
func codecOf(name string) (compress.Codec, error) {
	switch name {
	case "", "zstd":
		return newDenseZstd()
	case "snappy":
		return &parquet.Snappy, nil
	case "gzip":
		return &parquet.Gzip, nil
	case "none":
		return &parquet.Uncompressed, nil
	}
	return nil, exporter.WithHint(fmt.Errorf("unknown parquet compression %q", name),
		`Set compression to "zstd", "snappy", "gzip" or "none".`)
}

// denseZstd is zstd at its fastest, with the literals entropy coded even where
// no match was found: random ids have no matches, but use few of the 256 bytes.
type denseZstd struct {
	zstd.Codec
	encoder *kzstd.Encoder
}

func newDenseZstd() (*denseZstd, error) {
	encoder, err := kzstd.NewWriter(nil,
		kzstd.WithEncoderLevel(kzstd.SpeedFastest),
		kzstd.WithAllLitEntropyCompression(true),
		kzstd.WithEncoderConcurrency(1),
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
