package arrowipc

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/dustin/go-humanize"
	"github.com/klauspost/compress/zstd"

	"github.com/lemexport/lemexport/exporter"
)

// The slots of the tables of a record batch (Arrow format: Message.fbs).
const (
	messageHeader    = 2
	batchBuffers     = 2
	batchCompression = 3
	compressionCodec = 0
	codecZstd        = 1
	bufferSize       = 16
	// lengthSize is what stands before a compressed buffer: its length without compression.
	lengthSize = 8
)

// checkBatch checks the compressed buffers of a record batch: the library allocates as
// much memory as a Zstandard frame states. It panics where the metadata ends early.
func checkBatch(meta, body []byte, most uint64) error {
	switch binary.LittleEndian.Uint32(meta) {
	case 0:
	case 0xffffffff:
		meta = meta[8:]
	default: // as before version 0.15
		meta = meta[4:]
	}
	w := flatbuffer{data: meta}
	batch := w.table(w.u32(0), messageHeader)
	if batch == 0 {
		return fmt.Errorf("%w: a record batch without a header", errDamaged)
	}
	first, count := w.vector(batch, batchBuffers, bufferSize)
	compression := w.table(batch, batchCompression)
	if compression == 0 {
		return nil
	}
	if codec, ok := w.slot(compression, compressionCodec); !ok || w.data[codec] != codecZstd {
		return nil
	}
	for i := range count {
		at := first + i*bufferSize
		offset, length := binary.LittleEndian.Uint64(meta[at:]), binary.LittleEndian.Uint64(meta[at+8:])
		if offset > uint64(len(body)) || length > uint64(len(body))-offset {
			return fmt.Errorf("%w: a buffer outside of its record batch", errDamaged)
		}
		if length <= lengthSize || binary.LittleEndian.Uint64(body[offset:]) == ^uint64(0) {
			continue
		}
		if err := checkFrames(body[offset+lengthSize:offset+length], most); err != nil {
			return err
		}
	}
	return nil
}

// The header of a block of Zstandard (RFC 8878, 3.1.1.2), and a checksum of a frame.
const (
	blockHead     = 3
	blockRepeated = 1
	checksumSize  = 4
)

// checkFrames checks Zstandard frames: the library allocates the window of each before it
// decompresses anything.
func checkFrames(data []byte, most uint64) error {
	damaged := fmt.Errorf("%w: a compressed buffer is truncated", errDamaged)
	for len(data) > 0 {
		var head zstd.Header
		if err := head.Decode(data); err != nil {
			return fmt.Errorf("%w: %w", errDamaged, err)
		}
		data = data[min(head.HeaderSize, len(data)):]
		if head.Skippable {
			if uint64(head.SkippableSize) > uint64(len(data)) {
				return damaged
			}
			data = data[head.SkippableSize:]
			continue
		}
		if head.DictionaryID != 0 {
			return fmt.Errorf("%w: %w", errDamaged, errors.New("a compressed buffer needs a dictionary"))
		}
		if window := max(head.WindowSize, head.FrameContentSize); window > most {
			return exporter.TooLarge("a compressed buffer that needs %s of memory; the limit is %s", humanize.IBytes(window), humanize.IBytes(most))
		}
		for last := false; !last; {
			if len(data) < blockHead {
				return damaged
			}
			block := uint32(data[0]) | uint32(data[1])<<8 | uint32(data[2])<<16
			size := int(block >> 3)
			last = block&1 == 1
			if block>>1&3 == blockRepeated {
				size = 1
			}
			if data = data[blockHead:]; size > len(data) {
				return damaged
			}
			data = data[size:]
		}
		if head.HasCheckSum {
			if len(data) < checksumSize {
				return damaged
			}
			data = data[checksumSize:]
		}
	}
	return nil
}
