package decode

import (
	"math/big"
	"regexp"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestEpochTimes(t *testing.T) {
	for _, test := range []struct{ text, want, lost string }{
		{"1734428552", "2024-12-17T09:42:32Z", epochSeconds},
		{"1734428552971", "2024-12-17T09:42:32.971Z", epochMillis},
		{"1734428552.971", "2024-12-17T09:42:32.971Z", epochSeconds},
		{"1734428552971.25", "2024-12-17T09:42:32.97125Z", epochMillis},
		{"1.734428552971E9", "2024-12-17T09:42:32.971Z", epochSeconds},
		{"1.734428552971e+12", "2024-12-17T09:42:32.971Z", epochMillis},
		{"17344285529710e-1", "2024-12-17T09:42:32.971Z", epochMillis},
		{"1734428552.97123456789012345678901", "2024-12-17T09:42:32.971234Z", epochSeconds},
		{"173442855297100000000000000000000e-20", "2024-12-17T09:42:32.971Z", epochMillis},
		{"0.000000001734428552e18", "2024-12-17T09:42:32Z", epochSeconds},
		{"315532800", "1980-01-01T00:00:00Z", epochSeconds},
		{"4102444799.999999", "2099-12-31T23:59:59.999999Z", epochSeconds},
		{"315532800000", "1980-01-01T00:00:00Z", epochMillis},
		{"4102444799999", "2099-12-31T23:59:59.999Z", epochMillis},
		{"315532799.9999999", "", notATimestamp},
		{"4102444800", "", notATimestamp},
		{"4102444800000", "", notATimestamp},
		{"99999999999", "", notATimestamp},
		{"100000000000", "", notATimestamp},
		{"1734428552971000", "", notATimestamp},
		{"1734428552971000000", "", notATimestamp},
		{"18446744073709551616", "", notATimestamp},
		{"1e400", "", notATimestamp},
		{"1e99999999999999999999", "", notATimestamp},
		{"1e-99999999999999999999", "", notATimestamp},
		{"0", "", notATimestamp},
		{"1", "", notATimestamp},
		{"20241217", "", notATimestamp},
		{"20241217094232", "", notATimestamp},
		{"-1734428552", "", notATimestamp},
		{"+1734428552", "", notATimestamp},
		{"01734428552", "", notATimestamp},
		{"1734428552.", "", notATimestamp},
		{"1734428552e", "", notATimestamp},
		{"1734428552 ", "", notATimestamp},
		{"0x67614948", "", notATimestamp},
		{"NaN", "", notATimestamp},
		{"", "", notATimestamp},
	} {
		micros, lost := parseEpoch([]byte(test.text))
		got := ""
		if lost != notATimestamp {
			got = time.UnixMicro(micros).UTC().Format(time.RFC3339Nano)
		}
		if got != test.want || lost != test.lost {
			t.Errorf("%q: %q %q, want %q %q", test.text, got, lost, test.want, test.lost)
		}
	}
}

func TestEpochTimesAgreeWithExactArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strconv.FormatInt(rapid.Int64Range(0, 9_999_999_999_999).Draw(t, "whole"), 10) +
			rapid.StringMatching(`(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?`).Draw(t, "rest")
		want, known := referenceEpoch(text)
		micros, lost := parseEpoch([]byte(text))
		if known != (lost != notATimestamp) || known && micros != want.UnixMicro() {
			t.Fatalf("%s: %d %q, want %v", text, micros, lost, want)
		}
	})
}

// epochNumber is a number of JSON with an exponent that exact arithmetic can bear.
var epochNumber = regexp.MustCompile(`^(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?$`)

// referenceEpoch reads a number of JSON as an epoch time, by exact arithmetic.
func referenceEpoch(text string) (time.Time, bool) {
	if !epochNumber.MatchString(text) {
		return time.Time{}, false
	}
	value, ok := new(big.Rat).SetString(text)
	if !ok {
		return time.Time{}, false
	}
	scale := int64(time.Second / time.Microsecond)
	if value.Cmp(big.NewRat(100_000_000_000, 1)) >= 0 {
		scale /= 1000
	}
	value.Mul(value, big.NewRat(scale, 1))
	micros := new(big.Int).Quo(value.Num(), value.Denom())
	if !micros.IsInt64() {
		return time.Time{}, false
	}
	at := time.UnixMicro(micros.Int64()).UTC()
	return at, 1980 <= at.Year() && at.Year() < 2100
}
