package rows

import (
	"encoding/binary"
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
)

// packer copies rows into one piece of memory, which [unpack] makes a record of: the
// number of rows, and then each column. A column is the number of its nulls, a bitmap
// where it has some, the Arrow buffers of its type, and the columns that these are of.
// Everything begins at a multiple of eight bytes.
type packer struct{ body []byte }

func aligned(size int) int { return (size + 7) &^ 7 }

// packedSize is the memory that the rows of some pieces take at most.
func packedSize(as *arrow.Schema, pieces []Piece) int {
	size := 8
	for i, field := range as.Fields() {
		size += packedColumn(field.Type, columnOf(pieces, i))
	}
	return size
}

func packedColumn(kind arrow.DataType, parts []part) int {
	length := lengthOf(parts)
	bits := aligned((length + 7) / 8)
	size := 8 + bits
	switch kind := kind.(type) {
	case *arrow.StringType:
		size += aligned(4*(length+1)) + aligned(textSize(parts))
	case *arrow.BooleanType:
		size += bits
	case *arrow.TimestampType:
		size += 8 * length
	case *arrow.ListType:
		size += aligned(4*(length+1)) + packedColumn(kind.Elem(), elementsOf(parts))
	case *arrow.StructType:
		for i, field := range kind.Fields() {
			size += packedColumn(field.Type, fieldOf(parts, i))
		}
	}
	return size
}

// pack appends the rows of some pieces. There is room for them.
func (p *packer) pack(as *arrow.Schema, pieces []Piece) {
	p.number(rowsOf(pieces))
	for i, field := range as.Fields() {
		p.column(field.Type, columnOf(pieces, i))
	}
}

// buffer appends a buffer, whose bytes may be any.
func (p *packer) buffer(size int) []byte {
	from := len(p.body)
	p.body = p.body[:from+aligned(size)]
	return p.body[from : from+size]
}

func (p *packer) number(n int) { binary.LittleEndian.PutUint64(p.buffer(8), uint64(n)) }

func (p *packer) column(kind arrow.DataType, parts []part) {
	length := lengthOf(parts)
	p.validity(parts, length)
	switch kind := kind.(type) {
	case *arrow.StringType:
		p.texts(parts, length)
	case *arrow.BooleanType:
		p.bits(parts, length, 1)
	case *arrow.TimestampType:
		to := arrow.TimestampTraits.CastFromBytes(p.buffer(8 * length))
		for _, one := range parts {
			to = to[copy(to, one.values.(*array.Timestamp).TimestampValues()[one.from:one.to]):]
		}
	case *arrow.ListType:
		p.lists(parts, length)
		p.column(kind.Elem(), elementsOf(parts))
	case *arrow.StructType:
		for i, field := range kind.Fields() {
			p.column(field.Type, fieldOf(parts, i))
		}
	default:
		panic(fmt.Sprintf("rows: cannot copy a %s", kind))
	}
}

// validity appends the number of nulls, and a bitmap if there are some.
func (p *packer) validity(parts []part, length int) {
	header := p.buffer(8)
	nulls, before := 0, len(p.body)
	for _, one := range parts {
		if one.values.NullN() > 0 {
			nulls = length - bitutil.CountSetBits(p.bits(parts, length, 0), 0, length)
			break
		}
	}
	if nulls == 0 { // the others are in rows that are not copied
		p.body = p.body[:before]
	}
	binary.LittleEndian.PutUint64(header, uint64(nulls))
}

// bits appends the bitmaps that stand in that buffer; where a part has none, every bit
// is set.
func (p *packer) bits(parts []part, length, buffer int) []byte {
	joined, at := p.buffer((length+7)/8), 0
	clear(joined)
	for _, one := range parts {
		data := one.values.Data()
		if bits := data.Buffers()[buffer]; bits != nil && bits.Len() > 0 {
			bitutil.CopyBitmap(bits.Bytes(), data.Offset()+one.from, one.to-one.from, joined, at)
		} else {
			bitutil.SetBitsTo(joined, int64(at), int64(one.to-one.from), true)
		}
		at += one.to - one.from
	}
	return joined
}

// texts appends the offsets and the text.
func (p *packer) texts(parts []part, length int) {
	ends := offsets{arrow.Int32Traits.CastFromBytes(p.buffer(4 * (length + 1)))}
	joined := p.buffer(textSize(parts))
	last := ends.start()
	for _, one := range parts {
		if one.from == one.to {
			continue
		}
		text := one.values.(*array.String)
		from := text.ValueOffsets()[one.from : one.to+1]
		base := text.ValueOffset(0)
		copy(joined[last:], text.ValueBytes()[int(from[0])-base:int(from[len(from)-1])-base])
		last = ends.add(from, last)
	}
}

// lists appends the offsets of lists.
func (p *packer) lists(parts []part, length int) {
	ends := offsets{arrow.Int32Traits.CastFromBytes(p.buffer(4 * (length + 1)))}
	last := ends.start()
	for _, one := range parts {
		if one.from < one.to {
			list := one.values.(*array.List)
			last = ends.add(list.Offsets()[list.Data().Offset():][one.from:one.to+1], last)
		}
	}
}

// offsets are those of an array that are still to be filled in.
type offsets struct{ rest []int32 }

func (o *offsets) start() (last int32) {
	o.rest[0], o.rest = 0, o.rest[1:]
	return 0
}

// add adds the values between some offsets of another array, behind the last one.
func (o *offsets) add(from []int32, last int32) int32 {
	shift := last - from[0]
	to := o.rest[:len(from)-1]
	for i, end := range from[1:] {
		to[i] = end + shift
	}
	o.rest = o.rest[len(to):]
	return from[len(from)-1] + shift
}
