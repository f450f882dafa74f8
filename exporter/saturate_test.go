package exporter

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestSumsSaturate(t *testing.T) {
	for _, test := range []struct {
		counts []int64
		want   int64
	}{
		{nil, 0},
		{[]int64{1, 2, 3}, 6},
		{[]int64{math.MaxInt64, 1}, math.MaxInt64},
		{[]int64{1, math.MaxInt64, math.MaxInt64}, math.MaxInt64},
		{[]int64{math.MinInt64, -1, 5}, 5},
	} {
		if got := Sum(test.counts...); got != test.want {
			t.Errorf("%d: %d, want %d", test.counts, got, test.want)
		}
	}
}

func TestEveryInstantCanBeJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		micros := rapid.Int64().Draw(t, "micros")
		at := At(micros)
		if _, err := json.Marshal(at); err != nil {
			t.Fatal(err)
		}
		if year := time.UnixMicro(micros).UTC().Year(); year >= 0 && year <= 9999 && at.UnixMicro() != micros {
			t.Fatalf("%d becomes %s", micros, at)
		}
		if _, err := json.Marshal(ClampTime(at.Add(time.Duration(rapid.Int64().Draw(t, "later"))))); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAManifestWithImpossibleNumbersIsNoneOfOurs(t *testing.T) {
	good := `{"manifest_version":1,"rows":9223372036854775807,"proof":{"users":[{"user_id":"usr_1","pages":9223372036854775807,"total_items_end":1}]},` +
		`"window":{"finished_at":"9999-12-31T23:59:59Z"},"recent":{"usr_1":{"floor_at":"2026-01-01T00:00:00Z"}}}`
	for _, change := range []struct{ from, to string }{
		{"", ""},
		{`"rows":9223372036854775807`, `"rows":-1`},
		{`"pages":9223372036854775807`, `"pages":-9223372036854775808`},
		{`"total_items_end":1`, `"total_items_end":-1`},
		{`23:59:59Z`, `23:59:59-01:00`},
		{`2026-01-01T00:00:00Z`, `0000-01-01T00:00:00+01:00`},
	} {
		var manifest Manifest
		if err := json.Unmarshal([]byte(strings.Replace(good, change.from, change.to, 1)), &manifest); err != nil {
			t.Fatal(err)
		}
		err := CheckPlausible(reflect.ValueOf(manifest))
		if (change.from == "") != (err == nil) || err != nil && !errors.Is(err, errImplausible) {
			t.Errorf("%s: %v", change.to, err)
		}
	}
}
