package store

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"iter"
	"os"
)

// journal is a file of frames: the length of an entry and its CRC-32C, both four
// bytes and little endian, then the entry. A frame that is cut off or damaged
// ends the file, as far as a reader is concerned.
type journal struct {
	dir  string
	lock *fileLock
	file *os.File
	// end is where the next frame goes.
	end   int64
	frame []byte
	done  bool
}

const (
	frameHead = 8
	// largestKept is the largest frame whose memory is used again.
	largestKept = 1 << 20
	// largestEntry bounds what a damaged length can make us read.
	largestEntry = 72 << 20 // an answer has 64 MiB at the most
)

func checksum(entry []byte) uint32 {
	return crc32.Checksum(entry, crc32.MakeTable(crc32.Castagnoli))
}

// Entries implements exporter.Journal.
func (j *journal) Entries() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		j.end = 0
		info, err := j.file.Stat()
		if err != nil {
			yield(nil, explain(err))
			return
		}
		reader := bufio.NewReaderSize(io.NewSectionReader(j.file, 0, info.Size()), 1<<16)
		var entry []byte
		for {
			var head [frameHead]byte
			if _, err := io.ReadFull(reader, head[:]); err != nil {
				j.stop(err, yield)
				return
			}
			size := int64(binary.LittleEndian.Uint32(head[:4]))
			if size > min(largestEntry, info.Size()-j.end-frameHead) {
				return
			}
			if int64(cap(entry)) < size {
				entry = make([]byte, size)
			}
			entry = entry[:size]
			if _, err := io.ReadFull(reader, entry); err != nil {
				j.stop(err, yield)
				return
			}
			if checksum(entry) != binary.LittleEndian.Uint32(head[4:]) {
				return
			}
			if !yield(entry, nil) {
				return
			}
			j.end += frameHead + size
		}
	}
}

// stop yields what is a real error and not the end of the file.
func (j *journal) stop(err error, yield func([]byte, error) bool) {
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		yield(nil, explain(err))
	}
}

// Append implements exporter.Journal.
func (j *journal) Append(entry []byte) error {
	if err := j.cut(); err != nil {
		return explain(err)
	}
	j.frame = binary.LittleEndian.AppendUint32(j.frame[:0], uint32(len(entry)))
	j.frame = binary.LittleEndian.AppendUint32(j.frame, checksum(entry))
	j.frame = append(j.frame, entry...)
	n, err := j.file.WriteAt(j.frame, j.end)
	if err != nil {
		return explain(err)
	}
	j.end += int64(n)
	if cap(j.frame) > largestKept {
		j.frame = nil
	}
	return nil
}

// cut drops what stands behind the end.
func (j *journal) cut() error {
	info, err := j.file.Stat()
	if err != nil || info.Size() == j.end {
		return err
	}
	return j.file.Truncate(j.end)
}

// Close implements exporter.Journal.
func (j *journal) Close() error {
	if j.done {
		return nil
	}
	j.done = true
	return errors.Join(j.file.Close(), release(j.lock))
}

// Remove implements exporter.Journal.
func (j *journal) Remove() error {
	if j.done {
		return nil
	}
	j.done = true
	err := errors.Join(j.file.Close(), os.Remove(j.file.Name()), release(j.lock))
	// The folder stays when something else is in it.
	_ = os.Remove(j.dir)
	return err
}
