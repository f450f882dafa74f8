package engine

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// The bounds of Recent.Rows.
const (
	// mostRecent bounds the rows from the floor on of one user, and mostRecentTeam
	// those of all users together, unless that leaves less than leastRecent each.
	mostRecent     = 5_000
	mostRecentTeam = 50_000
	leastRecent    = 300
	// belowFloor is how many older rows are remembered: what else is on the last
	// page that an increment reads, twice over.
	belowFloor = 200
)

// recentLimit is how many rows from the floor on are remembered for each user.
func recentLimit(users int) int {
	return max(leastRecent, min(mostRecent, mostRecentTeam/max(users, 1)))
}

// rowPrint tells one version of a row from all others: it is the first 8 bytes of
// the SHA-256 of the id, as the file has it, and the version. So a manifest holds
// no more of the ids than the file does, and little of each.
type rowPrint struct {
	id      uint64
	version int64
}

func printOf(id string, version int64) rowPrint {
	sum := sha256.Sum256([]byte(id))
	return rowPrint{binary.BigEndian.Uint64(sum[:8]), version}
}

// compare orders prints newest first.
func (p rowPrint) compare(other rowPrint) int {
	return cmp.Or(cmp.Compare(other.version, p.version), cmp.Compare(p.id, other.id))
}

// encodePrints writes prints, which are sorted: of each the microseconds since its
// version to that of the one before it, as unsigned LEB128, and the 8 bytes. The
// first counts from the largest int64. All of it is in base64.
func encodePrints(prints []rowPrint) string {
	var raw []byte
	last := int64(math.MaxInt64)
	for _, one := range prints {
		raw = binary.AppendUvarint(raw, uint64(last)-uint64(one.version)) // modulo 2^64, as the decoder counts
		raw = binary.BigEndian.AppendUint64(raw, one.id)
		last = one.version
	}
	return base64.RawStdEncoding.EncodeToString(raw)
}

// decodePrints reads what encodePrints wrote.
func decodePrints(text string) ([]rowPrint, error) {
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	var prints []rowPrint
	last := int64(math.MaxInt64)
	for len(raw) > 0 {
		step, size := binary.Uvarint(raw)
		if size <= 0 || len(raw) < size+8 {
			return nil, errors.New("the remembered rows are cut off")
		}
		last = int64(uint64(last) - step)
		prints = append(prints, rowPrint{binary.BigEndian.Uint64(raw[size:]), last})
		raw = raw[size+8:]
	}
	return prints, nil
}

// intact reports whether the remembered rows can be read.
func intact(r exporter.Recent) bool {
	_, err := decodePrints(r.Rows)
	return err == nil
}

// remembered lists the rows that an append remembers of a user.
func remembered(m *exporter.Manifest, user string) []rowPrint {
	prints, err := decodePrints(m.Recent[user].Rows)
	if err != nil {
		return nil // then the mark does not count on them
	}
	for _, id := range m.AtWatermark[user] {
		prints = append(prints, printOf(id, m.Watermarks[user].UnixMicro()))
	}
	return prints
}

// recall collects the newest rows that a walk shows of one list.
type recall struct {
	limit int
	rows  map[rowPrint]struct{}
	// prune is the number of rows at which the oldest are dropped.
	prune int
	// below is the least version of which no row was dropped.
	below int64
}

func newRecall(limit int) *recall {
	return &recall{limit: limit, rows: make(map[rowPrint]struct{}), prune: 2 * (limit + belowFloor), below: math.MinInt64}
}

// wants reports whether a row of that version may be among the newest.
func (r *recall) wants(version int64) bool { return version >= r.below }

func (r *recall) add(row rowPrint) {
	r.rows[row] = struct{}{}
	if len(r.rows) >= r.prune {
		kept := r.newest()
		if most := r.limit + belowFloor; len(kept) > most {
			r.drop(kept, most)
		}
		r.prune = max(2*(r.limit+belowFloor), 2*len(r.rows))
	}
}

// newest lists the rows, newest first.
func (r *recall) newest() []rowPrint {
	prints := make([]rowPrint, 0, len(r.rows))
	for row := range r.rows {
		prints = append(prints, row)
	}
	slices.SortFunc(prints, rowPrint.compare)
	return prints
}

// drop forgets the row at a place and all that are as old or older. The rows of
// the newest time stay, however many they are.
func (r *recall) drop(newest []rowPrint, at int) {
	version := newest[at].version
	if version == newest[0].version {
		return
	}
	for row := range r.rows {
		if row.version <= version {
			delete(r.rows, row)
		}
	}
	r.below = max(r.below, version+1)
}

// since counts the conversations that were shown as old as floor or newer.
func (r *recall) since(floor int64) int64 {
	ids := make(map[uint64]struct{})
	for row := range r.rows {
		if row.version >= floor {
			ids[row.id] = struct{}{}
		}
	}
	return int64(len(ids))
}

// recent is what the run leaves to the next one of a proven list whose rows were
// shown down to reached.
func (r *recall) recent(watermark time.Time, lookback time.Duration, reached int64) exporter.Recent {
	newest := watermark.UnixMicro()
	floor := min(newest, max(newest-lookback.Microseconds(), reached, r.below))
	known := r.since(floor)
	return exporter.Recent{Floor: exporter.At(floor), Known: &known}
}

// remember adds the rows that the export has: those shown, and those of the run
// before. Where they are too many the floor rises.
func (r *recall) remember(to *exporter.Recent, before []rowPrint, rises bool) {
	all := slices.Concat(r.newest(), before)
	slices.SortFunc(all, rowPrint.compare)
	all = slices.Compact(all)
	floor := to.Floor.UnixMicro()
	older := func(row rowPrint) bool { return row.version < floor }
	above := indexOr(all, older)
	if above > r.limit && all[r.limit].version < all[0].version && rises {
		floor = all[r.limit].version + 1
		above = indexOr(all, older)
		known := r.since(floor)
		to.Floor, to.Known = exporter.At(floor), &known
	}
	if !rises {
		above = min(above, r.limit)
	}
	to.Rows = encodePrints(all[:min(len(all), above+belowFloor)])
}

// indexOr is the place of the first row that is wanted, the end when there is none.
func indexOr(rows []rowPrint, wanted func(rowPrint) bool) int {
	if at := slices.IndexFunc(rows, wanted); at >= 0 {
		return at
	}
	return len(rows)
}
