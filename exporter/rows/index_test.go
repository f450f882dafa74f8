package rows

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/schema"
)

// The rows that stay are the newest version of each id, the last read of equals, and the counts
// are those of the others, however little memory there is to find them.
func TestIndexDropsAllButTheNewestVersionOfAnID(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		limits := Limits{
			Share:    rapid.IntRange(1, 20).Draw(t, "share"),
			filtered: rapid.IntRange(0, 40).Draw(t, "filtered"),
			dealt:    rapid.IntRange(0, 4*leastDealt).Draw(t, "dealt"),
		}
		x := NewIndex(tempFile(t, folder), limits)
		defer func() { _ = x.Close() }()
		type row struct {
			user    string
			id      int
			version int64
		}
		rows := rapid.SliceOf(rapid.Custom(func(t *rapid.T) row {
			return row{
				user: rapid.SampledFrom([]string{"usr_a", "usr_b"}).Draw(t, "user"),
				id:   rapid.IntRange(0, 50).Draw(t, "id"), version: rapid.Int64Range(0, 3).Draw(t, "version"),
			}
		})).Draw(t, "rows")
		stays := make(map[int]int)
		for i, one := range rows {
			x.append(one.user, schema.HashID(fmt.Sprint(one.id)), one.version)
			if err := x.flush(1); err != nil {
				t.Fatal(err)
			}
			if at, ok := stays[one.id]; !ok || one.version >= rows[at].version {
				stays[one.id] = i
			}
		}
		lost, err := x.Losers()
		if err != nil {
			t.Fatal(err)
		}
		if want := len(rows) - len(stays); lost != int64(want) {
			t.Fatalf("%d rows are lost, want %d", lost, want)
		}
		counts := map[string]int64{}
		for i, one := range rows {
			if stay := stays[one.id] == i; x.IsLost(int64(i)) == stay {
				t.Fatalf("row %d: lost is %t", i, !stay)
			} else if !stay {
				counts[one.user]++
			}
		}
		for user, want := range counts {
			if got := x.Dropped()[user]; got.Duplicates+got.Superseded != want {
				t.Fatalf("%s: %+v, want %d in all", user, got, want)
			}
		}
	})
}

// readCounter counts the bytes that are read.
type readCounter struct {
	TempFile
	read int64
}

// ReadAt implements io.ReaderAt.
func (c *readCounter) ReadAt(p []byte, at int64) (int, error) {
	c.read += int64(len(p))
	return c.TempFile.ReadAt(p, at)
}

// Four times as many rows take four times as many reads and no more memory, whether ids are repeated or not.
func TestTheSearchForDuplicatesGrowsWithTheRows(t *testing.T) {
	limits := LimitsOf(1 << 20)
	for _, ids := range []string{"distinct", "repeated", "one", "one in many versions"} {
		t.Run(ids, func(t *testing.T) {
			read := func(rows int) int64 {
				file := &readCounter{TempFile: tempFile(t, t.TempDir())}
				x := NewIndex(file, limits)
				defer func() { _ = x.Close() }()
				random := rand.New(rand.NewPCG(1, 1))
				for row := range rows {
					id, version := schema.IDHash{random.Uint64(), random.Uint64()}, int64(1)
					switch ids {
					case "one in many versions":
						version = random.Int64()
						fallthrough
					case "one":
						id = schema.IDHash{1, 2}
					}
					x.append("usr_a", id, version)
					if ids == "repeated" && row%2 == 0 {
						x.append("usr_b", id, 1)
					}
				}
				if err := x.flush(len(x.buf) / entrySize); err != nil {
					t.Fatal(err)
				}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				lost, err := x.Losers()
				runtime.ReadMemStats(&after)
				if err != nil || (lost > 0) != (ids != "distinct") {
					t.Fatalf("%d lost, %v", lost, err)
				}
				if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
					t.Errorf("%d bytes are taken for %d rows", took, rows)
				}
				return file.read
			}
			few := read(4 * limits.filtered)
			if many := read(16 * limits.filtered); many > 5*few {
				t.Errorf("%d bytes are read for 4 times the rows of %d bytes", many, few)
			}
		})
	}
}

// Of many rows no more wait to be written than the budget allows, and no share is larger than a filter.
func TestSharesFitTheBudget(t *testing.T) {
	for _, memory := range []int64{8 << 20, 32 << 20, 128 << 20, 1 << 30} {
		limits := LimitsOf(memory)
		for _, rows := range []int64{1, int64(limits.filtered), int64(limits.filtered) + 1, 10_000_000, 100_000_000} {
			shares := limits.shares(rows)
			if (shares == 1) != (rows <= int64(limits.filtered)) || rows/shares > int64(limits.filtered) {
				t.Errorf("%d bytes: %d rows in %d shares", memory, rows, shares)
			}
		}
	}
}

// What is known of the places of the entries is little for each of them, however little memory there is.
func TestSharesStandInFewExtents(t *testing.T) {
	limits := LimitsOf(1 << 20)
	x := NewIndex(NewSpill(1<<30, nil), limits)
	random := rand.New(rand.NewPCG(1, 1))
	rows := int64(32 * limits.filtered)
	for range rows {
		x.append("usr_a", schema.IDHash{random.Uint64(), random.Uint64()}, 1)
	}
	if err := x.flush(int(rows)); err != nil {
		t.Fatal(err)
	}
	shares, err := x.entries().deal(limits.shares(rows), rows, limits.dealt)
	if err != nil {
		t.Fatal(err)
	}
	extents := int64(0)
	for _, one := range shares {
		extents += int64(len(one.extents))
	}
	if bits := 8 * 16 * extents / rows; bits > 2 {
		t.Errorf("%d extents for %d rows: %d bits a row", extents, rows, bits)
	}
}
