package duckdbtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// One wrong bit of a bloom filter makes DuckDB miss an id, although every row is intact.
// verify finds every such bit.
func TestVerifyFindsFlippedBitsOfBloomFilters(t *testing.T) {
	path, _ := export(t, sim.Options{Users: 1, Conversations: 12})
	binary, err := program()
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	db := openDuckDB(t)
	ids := query(t, db, "SELECT id FROM "+from(path)+" ORDER BY id")
	place := query(t, db, "SELECT bloom_filter_offset, bloom_filter_length FROM parquet_metadata('"+path+"') WHERE path_in_schema = 'id'")[0]
	var offset, length int
	if _, err := fmt.Sscan(place[0]+" "+place[1], &offset, &length); err != nil {
		t.Fatal(err)
	}
	missed := 0
	for at := offset + 16; at < offset+length; at++ { // after the header
		for bit := range 8 {
			if file[at]&(1<<bit) == 0 {
				continue // one more set bit excludes nothing
			}
			damaged := filepath.Join(t.TempDir(), fmt.Sprintf("%d-%d.parquet", at, bit))
			file[at] ^= 1 << bit
			err := os.WriteFile(damaged, file, 0o600)
			file[at] ^= 1 << bit
			if err != nil {
				t.Fatal(err)
			}
			lost := 0
			for _, id := range ids {
				if one(t, db, "SELECT count(*) FROM "+from(damaged)+" WHERE id = ?", id[0]) == "0" {
					lost++
				}
			}
			if lost == 0 {
				continue
			}
			missed++
			output, err := exec.Command(binary, "verify", damaged).CombinedOutput()
			if status := new(exec.ExitError); !errors.As(err, &status) || status.ExitCode() != 1 {
				t.Errorf("byte %d, bit %d: DuckDB misses %d ids, verify returns %v\n%s", at, bit, lost, err, output)
			}
			if missed == 10 {
				return
			}
		}
	}
	if missed == 0 {
		t.Error("DuckDB misses no id, so this test shows nothing")
	}
}
