package decode

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTimestamps(t *testing.T) {
	for _, test := range []struct{ text, want, lost string }{
		{"2024-12-17T09:42:32.971Z", "2024-12-17T09:42:32.971Z", ""},
		{"2024-12-17T09:42:32Z", "2024-12-17T09:42:32Z", ""},
		{"2024-12-17t09:42:32.9z", "2024-12-17T09:42:32.9Z", ""},
		{"2024-12-17T09:42:32.123456000Z", "2024-12-17T09:42:32.123456Z", ""},
		{"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z", ""},
		{"0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z", ""},
		{"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z", ""},
		{"2024-12-17T09:42:32.1234569Z", "2024-12-17T09:42:32.123456Z", tooFine},
		{"1969-12-31T23:59:59.0000001Z", "1969-12-31T23:59:59Z", tooFine},
		{"2024-12-17T09:42:32.00000000000000000000001Z", "2024-12-17T09:42:32Z", tooFine},
		{"2024-12-17T09:42:32+00:00", "2024-12-17T09:42:32Z", ""},
		{"2024-12-17T09:42:32-00:00", "2024-12-17T09:42:32Z", ""},
		{"2024-12-17T09:42:32.5-01:30", "2024-12-17T11:12:32.5Z", notUTC},
		{"9999-12-31T23:59:59-23:59", "10000-01-01T23:58:59Z", notUTC},
		{"2024-12-17T09:42:32.1234567+01:00", "2024-12-17T08:42:32.123456Z", notUTC},
		{"2024-12-17T09:42:32+0000", "2024-12-17T09:42:32Z", ""},
		{"2024-12-17T09:42:32.971+00", "2024-12-17T09:42:32.971Z", ""},
		{"2024-12-17 09:42:32Z", "2024-12-17T09:42:32Z", ""},
		{"2024-12-17 09:42:32,971 UTC", "2024-12-17T09:42:32.971Z", ""},
		{"2024-12-17 09:42:32 gmt", "2024-12-17T09:42:32Z", ""},
		{"2024-12-17 09:42:32 +0000", "2024-12-17T09:42:32Z", ""},
		{"2024-12-17 11:12:32 +0130", "2024-12-17T09:42:32Z", notUTC},
		{"2024-12-17T09:42:32+0100", "2024-12-17T08:42:32Z", notUTC},
		{"2024-12-17T09:42:32-01", "2024-12-17T10:42:32Z", notUTC},
		{"2024-12-17T09:42:32", "2024-12-17T09:42:32Z", noZone},
		{"2024-12-17 09:42:32", "2024-12-17T09:42:32Z", noZone},
		{"2024-12-17T09:42:32.5", "2024-12-17T09:42:32.5Z", noZone},
		{"2024-12-17T09:42:32.1234567", "2024-12-17T09:42:32.123456Z", noZone},
		{"", "", notATimestamp},
		{"2024-12-17T09:42:32 ", "", notATimestamp},
		{"2024-12-17T09:42:32  Z", "", notATimestamp},
		{"2024-12-17T09:42:32 CET", "", notATimestamp},
		{"2024-12-17T09:42:32+1", "", notATimestamp},
		{"2024-12-17T09:42:32+01:0", "", notATimestamp},
		{"2024-12-17T09:42:32+0160", "", notATimestamp},
		{"2024-12-17_09:42:32Z", "", notATimestamp},
		{"20241217T094232Z", "", notATimestamp},
		{"2024-12-17", "", notATimestamp},
		{"2024-12-17T09:42Z", "", notATimestamp},
		{"2024-12-17T09:42:32.Z", "", notATimestamp},
		{"2024-12-17T9:42:32.00Z", "", notATimestamp},
		{"2024-12-17T09:42:60Z", "", notATimestamp},
		{"2024-12-17T24:00:00Z", "", notATimestamp},
		{"2024-12-17T09:60:00Z", "", notATimestamp},
		{"2024-02-30T00:00:00Z", "", notATimestamp},
		{"2023-02-29T00:00:00Z", "", notATimestamp},
		{"2024-13-01T00:00:00Z", "", notATimestamp},
		{"2024-00-01T00:00:00Z", "", notATimestamp},
		{"2024-01-00T00:00:00Z", "", notATimestamp},
		{"+024-01-01T00:00:00Z", "", notATimestamp},
		{"12024-01-01T00:00:00Z", "", notATimestamp},
		{"2024-12-17T09:42:32+24:00", "", notATimestamp},
		{"2024-12-17T09:42:32+01:60", "", notATimestamp},
		{"2024-12-17T09:42:32ZZ", "", notATimestamp},
		{"Tue Dec 17 2024 09:42:32 GMT+0000", "", notATimestamp},
	} {
		micros, lost := parseTimestamp([]byte(test.text))
		got := ""
		if lost != notATimestamp {
			got = time.UnixMicro(micros).UTC().Format(time.RFC3339Nano)
		}
		if got != test.want || lost != test.lost {
			t.Errorf("%q: %q %q, want %q %q", test.text, got, lost, test.want, test.lost)
		}
	}
}

func TestTimestampsAgreeWithTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,8})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])`).Draw(t, "text")
		micros, lost := parseTimestamp([]byte(text))
		var want time.Time
		if err := want.UnmarshalText([]byte(text)); err != nil {
			if lost != notATimestamp {
				t.Fatalf("taken for a timestamp: %v", err)
			}
			return
		}
		if lost == notATimestamp || micros != want.UnixMicro() {
			t.Fatalf("%d %q, want %d", micros, lost, want.UnixMicro())
		}
		_, offset := want.Zone()
		if fine := want.Nanosecond()%1000 != 0; (lost == notUTC) != (offset != 0) || offset == 0 && fine != (lost == tooFine) {
			t.Fatalf("lost %q", lost)
		}
	})
}

func TestEveryEndOfAMonthAgreesWithTheStandardLibrary(t *testing.T) {
	for year := range 10_000 {
		for month := range 12 {
			for day := 28; day <= 31; day++ {
				date := time.Date(year, time.Month(month+1), day, 0, 0, 0, 0, time.UTC)
				text := []byte("0000-00-00T00:00:00Z")
				for i, two := range map[int]int{0: year / 100, 2: year % 100, 5: month + 1, 8: day} {
					text[i], text[i+1] = byte('0'+two/10), byte('0'+two%10)
				}
				micros, lost := parseTimestamp(text)
				if exists := date.Day() == day; exists != (lost == "") || exists && micros != date.UnixMicro() {
					t.Fatalf("%s: %d %q, want %v", text, micros, lost, date)
				}
			}
		}
	}
}
