package prover

// rowTable knows of every row its newest time, in 16 bytes a slot: rows are known
// by 64 bits of their hashes, and two of a million share theirs once in 37
// million walks. The zero value is empty.
type rowTable struct {
	keys []uint64 // 0 is an empty slot
	ats  []int64
	used int
}

// put notes a row. It returns the newest time that it had before; false when it is new.
func (t *rowTable) put(key uint64, at int64) (before int64, known bool) {
	key = max(key, 1)
	if 4*t.used >= 3*len(t.keys) {
		t.grow()
	}
	i := t.slot(key)
	if t.keys[i] == key {
		before = t.ats[i]
		t.ats[i] = max(before, at)
		return before, true
	}
	t.keys[i], t.ats[i] = key, at
	t.used++
	return never, false
}

// get is the newest time of a row.
func (t *rowTable) get(key uint64) (at int64, known bool) {
	if t.used == 0 {
		return never, false
	}
	i := t.slot(max(key, 1))
	return t.ats[i], t.keys[i] != 0
}

func (t *rowTable) len() int { return t.used }

// since counts the rows of that time or newer.
func (t *rowTable) since(at int64) (count int64) {
	for i, key := range t.keys {
		if key != 0 && t.ats[i] >= at {
			count++
		}
	}
	return count
}

// slot is where the key is or belongs. The hashes are random: no input makes
// many of them neighbours.
func (t *rowTable) slot(key uint64) int {
	mask := len(t.keys) - 1
	i := int(key) & mask
	for t.keys[i] != 0 && t.keys[i] != key {
		i = (i + 1) & mask
	}
	return i
}

func (t *rowTable) grow() {
	old := *t
	size := max(2*len(old.keys), 256)
	t.keys, t.ats = make([]uint64, size), make([]int64, size)
	for i, key := range old.keys {
		if key != 0 {
			j := t.slot(key)
			t.keys[j], t.ats[j] = key, old.ats[i]
		}
	}
}
