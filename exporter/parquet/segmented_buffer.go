package parquet

// pieceBytes bounds the room that a piece has for more than its first page.
const pieceBytes = 64 << 10

// pieces is a buffer that never copies what it has to grow: pages may be large.
type pieces struct {
	list [][]byte
	size int
}

// Write appends.
func (p *pieces) Write(data []byte) (int, error) {
	last := len(p.list) - 1
	if last < 0 || cap(p.list[last])-len(p.list[last]) < len(data) {
		// Room like what is there: few pieces for a large chunk, little room for a small one.
		p.list = append(p.list, make([]byte, 0, max(len(data), min(p.size, pieceBytes))))
		last++
	}
	p.list[last] = append(p.list[last], data...)
	p.size += len(data)
	return len(data), nil
}

// writeTo writes all as the bodies of pages, and forgets it.
func (p *pieces) writeTo(out *output) error {
	defer func() { *p = pieces{} }()
	for i, piece := range p.list {
		if _, err := out.writeBody(piece); err != nil {
			return err
		}
		p.list[i] = nil
	}
	return nil
}
