package parquet

import (
	"github.com/parquet-go/parquet-go/bloom"
	"github.com/parquet-go/parquet-go/bloom/xxhash"
	"github.com/parquet-go/parquet-go/format"
)

// filter collects what a row group's Bloom filter of a column must hold: its
// size is known at the end only.
type bloomFilter struct {
	hashes []uint64
	blocks bloom.SplitBlockFilter
}

// add takes the values of a list.
func (f *bloomFilter) add(list *textList) {
	for _, value := range list.all() {
		f.hashes = append(f.hashes, xxhash.Sum64(value))
	}
}

// write appends the filter to the file, unless it would be empty, and begins a new one.
func (f *bloomFilter) write(out *output, chunk *columnMeta) error {
	size := bloom.NumSplitBlocksOf(int64(len(f.hashes)), BloomBits)
	if size == 0 {
		return nil
	}
	if cap(f.blocks) < size {
		f.blocks = make(bloom.SplitBlockFilter, size)
	}
	f.blocks = f.blocks[:size]
	f.blocks.Reset()
	f.blocks.InsertBulk(f.hashes)
	f.hashes = f.hashes[:0]
	offset, _, err := out.encode(&format.BloomFilterHeader{
		NumBytes:    int32(len(f.blocks.Bytes())),
		Algorithm:   format.BloomFilterAlgorithm{Value: &format.SplitBlockAlgorithm{}},
		Hash:        format.BloomFilterHash{Value: &format.XxHash{}},
		Compression: format.BloomFilterCompression{Value: &format.BloomFilterUncompressed{}},
	})
	if err != nil {
		return err
	}
	_, err = out.Write(f.blocks.Bytes())
	chunk.BloomFilterOffset, chunk.BloomFilterLength = offset, int32(out.offset-offset)
	return err
}
