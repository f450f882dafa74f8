package duckdbtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// hashKey is the value of HASH_KEY.
const hashKey = "69a12ec2184f79b6ace4a14927bee10ebc4c7cd660d0102c9c4a055f4c1c3e5b"

func hashed(text string) string {
	if text == null {
		return null
	}
	mac := hmac.New(sha256.New, []byte(hashKey))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// An export with excluded and hashed columns equals the whole export, except for these
// columns.
func TestDuckDBReadsExcludedAndHashedColumns(t *testing.T) {
	team := sim.Options{Users: 2, Conversations: 400, Seed: 5}
	whole, _ := export(t, team)
	masked, _ := exportWith(t, team, `columns {
  exclude  = ["contact.full_name", "last_sent_subject", "extra"]
  hash     = ["contact.email", "users.user_id"]
  hash_key = env("HASH_KEY")
}`)
	db := openDuckDB(t)
	const cells = "SELECT id, contact.email, users[1].user_id FROM %s ORDER BY id"
	want, got := query(t, db, fmt.Sprintf(cells, from(whole))), query(t, db, fmt.Sprintf(cells, from(masked)))
	if len(got) != 400 || len(want) != len(got) {
		t.Fatalf("%d and %d rows", len(want), len(got))
	}
	for i, row := range got {
		if row[0] != want[i][0] || row[1] != hashed(want[i][1]) || row[2] != hashed(want[i][2]) {
			t.Errorf("%q is %q", want[i], row)
		}
	}
	expect(t, db, "STRUCT(id VARCHAR, email VARCHAR)", "SELECT column_type FROM (DESCRIBE SELECT * FROM "+from(masked)+") WHERE column_name = 'contact'")
	expect(t, db, "19", "SELECT count(*) FROM (DESCRIBE SELECT * FROM "+from(masked)+")")
	same := "SELECT * EXCLUDE (%s users, contact, fetched_at) FROM %s"
	expect(t, db, "0", "SELECT count(*) FROM ("+fmt.Sprintf(same, "last_sent_subject, extra, ", from(whole))+" EXCEPT "+fmt.Sprintf(same, "", from(masked))+")")
}

func TestDuckDBSeesTheOptionsOfTheFile(t *testing.T) {
	path, _ := exportWith(t, sim.Options{Conversations: 2500}, `parquet {
  compression       = "gzip"
  compression_level = 9
  row_group_size    = 1000
  bloom_filter      = ["contact_id", "contact.email"]
}`)
	db := openDuckDB(t)
	metadata := "parquet_metadata('" + path + "')"
	expect(t, db, "[1000, 1000, 500]", "SELECT list(n) FROM (SELECT DISTINCT row_group_id, row_group_num_rows AS n FROM "+metadata+" ORDER BY 1)")
	expect(t, db, "GZIP", "SELECT DISTINCT compression FROM "+metadata)
	expect(t, db, "[contact_id, 'contact, email']", "SELECT list(DISTINCT path_in_schema ORDER BY path_in_schema DESC) FROM "+metadata+" WHERE bloom_filter_offset > 0")
	first := query(t, db, "SELECT contact_id, contact.email FROM "+from(path)+" WHERE contact.email LIKE '%@%' LIMIT 1")[0]
	groups := "SELECT count(*) FROM parquet_bloom_probe('" + path + "', 'contact_id', '" + first[0] + "') WHERE NOT bloom_filter_excludes"
	expect(t, db, "1", groups)
	for i, column := range []string{"contact_id", "contact.email"} {
		expect(t, db, "1", "SELECT count(*) FROM "+from(path)+" WHERE "+column+" = '"+first[i]+"'")
	}
}
