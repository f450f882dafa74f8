package journal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"iter"
	"os"

	"github.com/lemexport/lemexport/exporter/store/disk"
)

// journal is a file of frames: the length of an entry and its CRC-32C, each four bytes
// and little endian, then the entry. A reader stops at a frame that is cut off or damaged.
type journal struct {
	dir  string
	lock *disk.FileLock
	file *os.File
	// end is the offset of the next frame.
	end   int64
	frame []byte
	done  bool
}

const (
	frameHead = 8
	// maxReused is the size of the largest frame buffer that is kept for the next entry.
	maxReused = 1 << 20
	// maxEntry bounds how much a damaged length makes us read.
	maxEntry = 72 << 20 // a response has at most 64 MiB
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
			yield(nil, disk.ExplainWrite(err))
			return
		}
		reader := bufio.NewReaderSize(io.NewSectionReader(j.file, 0, info.Size()), 1<<16)
		var buffer []byte
		for {
			entry, err := readFrame(reader, buffer, info.Size()-j.end)
			if err != nil {
				yield(nil, disk.ExplainWrite(err))
				return
			}
			if entry == nil || !yield(entry, nil) {
				return
			}
			j.end += frameHead + int64(len(entry))
			buffer = entry
		}
	}
}

// readFrame reads one entry, into buffer if it is large enough. The file has left more
// bytes. The entry is nil when the frame is cut off or damaged.
func readFrame(reader io.Reader, buffer []byte, left int64) (entry []byte, err error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(reader, head[:]); err != nil {
		return nil, unlessEOF(err)
	}
	size := int64(binary.LittleEndian.Uint32(head[:4]))
	if size > min(maxEntry, left-frameHead) {
		return nil, nil
	}
	if entry = buffer; entry == nil || int64(cap(entry)) < size {
		entry = make([]byte, size)
	}
	entry = entry[:size]
	if _, err := io.ReadFull(reader, entry); err != nil {
		return nil, unlessEOF(err)
	}
	if checksum(entry) != binary.LittleEndian.Uint32(head[4:]) {
		return nil, nil
	}
	return entry, nil
}

// unlessEOF drops the errors of a file that ends.
func unlessEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// Append implements exporter.Journal.
func (j *journal) Append(entry []byte) error {
	if err := j.truncate(); err != nil {
		return disk.ExplainWrite(err)
	}
	j.frame = binary.LittleEndian.AppendUint32(j.frame[:0], uint32(len(entry)))
	j.frame = binary.LittleEndian.AppendUint32(j.frame, checksum(entry))
	j.frame = append(j.frame, entry...)
	n, err := j.file.WriteAt(j.frame, j.end)
	if err != nil {
		return disk.ExplainWrite(err)
	}
	j.end += int64(n)
	if cap(j.frame) > maxReused {
		j.frame = nil
	}
	return nil
}

// truncate drops what the file holds behind the end.
func (j *journal) truncate() error {
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
	return errors.Join(j.file.Close(), j.lock.Remove())
}

// Remove implements exporter.Journal.
func (j *journal) Remove() error {
	if j.done {
		return nil
	}
	j.done = true
	err := errors.Join(j.file.Close(), os.Remove(j.file.Name()), j.lock.Remove())
	// The folder stays when something else is in it.
	_ = os.Remove(j.dir)
	return err
}

// readOnly is a journal that [Workspace.Look] has opened.
type readOnly struct{ journal journal }

// errReadOnly is the error of a change to such a journal.
var errReadOnly = errors.New("the journal is open for reading only")

// Entries implements exporter.Journal.
func (r *readOnly) Entries() iter.Seq2[[]byte, error] { return r.journal.Entries() }

// Append implements exporter.Journal; it always fails.
func (*readOnly) Append([]byte) error { return errReadOnly }

// Remove implements exporter.Journal; it always fails.
func (r *readOnly) Remove() error { return errors.Join(errReadOnly, r.Close()) }

// Close implements exporter.Journal.
func (r *readOnly) Close() error { return r.journal.file.Close() }
