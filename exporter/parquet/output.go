package parquet

import (
	"encoding/binary"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
)

// output is a file, or the pages of a column chunk, being written.
type output struct {
	to io.Writer
	// offset is the number of bytes written.
	offset int64
	thrift *thrift.Encoder
	// unchecked gets all but the bodies of pages, which have checksums of their own. Nil is nothing.
	unchecked io.Writer
}

func newOutput(to io.Writer) *output {
	o := &output{to: to}
	o.thrift = thrift.NewEncoder(new(thrift.CompactProtocol).NewWriter(o))
	return o
}

// Write appends data that no page's checksum covers.
func (o *output) Write(data []byte) (int, error) {
	if o.unchecked != nil {
		if n, err := o.unchecked.Write(data); err != nil {
			return n, err
		}
	}
	return o.writeBody(data)
}

// writeBody appends data that the checksums of pages cover.
func (o *output) writeBody(data []byte) (int, error) {
	n, err := o.to.Write(data)
	o.offset += int64(n)
	return n, err
}

// encode appends a structure and returns where it begins and how long it is.
func (o *output) encode(structure any) (offset int64, length int32, err error) {
	offset = o.offset
	err = o.thrift.Encode(structure)
	return offset, int32(o.offset - offset), err
}

// begin starts a file.
func (o *output) begin() error {
	_, err := io.WriteString(o, magic)
	return err
}

// end ends a file with its footer, a fileMeta.
func (o *output) end(footer any) error {
	_, length, err := o.encode(footer)
	if err != nil {
		return err
	}
	_, err = o.Write(append(binary.LittleEndian.AppendUint32(nil, uint32(length)), magic...))
	return err
}
