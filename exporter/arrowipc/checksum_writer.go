package arrowipc

import (
	"errors"
	"hash/crc32"
	"io"
)

// checksumWriter counts and sums what was written: the file writer asks for its offset by
// seeking.
type checksumWriter struct {
	to io.Writer
	at int64
	// sum is the checksum of what was written.
	sum uint32
}

// Write writes on.
func (p *checksumWriter) Write(b []byte) (int, error) {
	n, err := p.to.Write(b)
	p.at += int64(n)
	p.sum = crc32.Update(p.sum, crc32.IEEETable, b[:n])
	return n, err
}

// Seek returns the offset; it cannot change it.
func (p *checksumWriter) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return 0, errors.New("an arrow file is written sequentially")
	}
	return p.at, nil
}
