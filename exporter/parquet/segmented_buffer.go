package parquet

// segmentBytes bounds the room that a segment has for more than its first page.
const segmentBytes = 64 << 10

// segmentedBuffer grows without copying what it holds: pages may be large.
type segmentedBuffer struct {
	segments [][]byte
	size     int
}

// Write appends.
func (p *segmentedBuffer) Write(data []byte) (int, error) {
	last := len(p.segments) - 1
	if last < 0 || cap(p.segments[last])-len(p.segments[last]) < len(data) {
		// As much room as is used so far: few segments for a large chunk, little memory for a small one.
		p.segments = append(p.segments, make([]byte, 0, max(len(data), min(p.size, segmentBytes))))
		last++
	}
	p.segments[last] = append(p.segments[last], data...)
	p.size += len(data)
	return len(data), nil
}

// writeTo writes everything as page bodies, and empties the buffer.
func (p *segmentedBuffer) writeTo(out *output) error {
	defer func() { *p = segmentedBuffer{} }()
	for i, segment := range p.segments {
		if _, err := out.writeBody(segment); err != nil {
			return err
		}
		p.segments[i] = nil
	}
	return nil
}
