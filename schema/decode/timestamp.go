package decode

import (
	"bytes"
	"slices"
	"strings"
)

// The reasons why a timestamp column holds less than the value, or holds it only on an
// assumption; "" is none. All but notATimestamp come with an instant.
const (
	notATimestamp = "not a timestamp"
	notUTC        = "not UTC"
	noZone        = "without a time zone"
	tooFine       = "finer than a microsecond"
	epochSeconds  = "epoch seconds"
	epochMillis   = "epoch milliseconds"
)

// readTimestamp reads the text of a JSON string: a date-time or an epoch time.
func readTimestamp(text []byte) (micros int64, lost string) {
	if micros, lost = parseTimestamp(text); lost == notATimestamp {
		return parseEpoch(text)
	}
	return micros, lost
}

// parseTimestamp reads a date-time to the second or finer as microseconds since
// 1970 in UTC, cut off towards the past: RFC 3339 (section 5.6, letters in either
// case), and of ISO 8601 and its relatives a blank for the T, a comma for the
// point, offsets without a colon or minutes, "UTC" and "GMT". lost names the
// information that the number does not hold; it is notATimestamp without a number. A text without
// a zone is read as UTC. Leap seconds (:60) are not timestamps here: the columns
// cannot hold them. Every four-digit year fits into 64 bits of microseconds.
func parseTimestamp(text []byte) (micros int64, lost string) {
	if len(text) < len("2006-01-02T15:04:05") || text[4] != '-' || text[7] != '-' ||
		text[10]|0x20 != 't' && text[10] != ' ' || text[13] != ':' || text[16] != ':' {
		return 0, notATimestamp
	}
	century, year := twoDigits(text[0], text[1]), twoDigits(text[2], text[3])
	month, day := twoDigits(text[5], text[6]), twoDigits(text[8], text[9])
	hour, minute, second := twoDigits(text[11], text[12]), twoDigits(text[14], text[15]), twoDigits(text[17], text[18])
	if century < 0 || year < 0 || month < 1 || month > 12 || day < 1 || !clock(hour, minute) || second < 0 || second > 59 {
		return 0, notATimestamp
	}
	year += 100 * century
	if day > 28 && day > daysIn(year, month) {
		return 0, notATimestamp
	}

	fraction, finer, rest := fractionMicros(text[19:])
	var offset int64
	switch {
	case len(rest) == 1 && rest[0]|0x20 == 'z':
	case len(rest) == 0:
		lost = noZone
	default:
		var ok bool
		if offset, ok = zoneSeconds(rest); !ok {
			return 0, notATimestamp
		}
		if offset != 0 {
			lost = notUTC
		}
	}
	if finer && lost == "" {
		lost = tooFine
	}
	seconds := ((daysSince1970(year, month, day)*24+hour)*60+minute)*60 + second
	return (int64(seconds)-offset)*1_000_000 + fraction, lost
}

// fractionMicros reads ".123"; finer reports digits other than 0 after the sixth. A point
// without digits stays in rest, which is not a valid zone then.
func fractionMicros(text []byte) (micros int64, finer bool, rest []byte) {
	if len(text) == 0 || text[0] != '.' && text[0] != ',' {
		return 0, false, text
	}
	unit, i := int64(100_000), 1
	for ; i < len(text) && '0' <= text[i] && text[i] <= '9'; i++ {
		digit := int64(text[i] - '0')
		micros += digit * unit
		finer = finer || unit == 0 && digit != 0
		unit /= 10
	}
	if i == 1 {
		return 0, false, text
	}
	return micros, finer, text[i:]
}

// zoneSeconds reads "Z", "UTC", "+01:30", "+0130" or "+01", after a blank or none,
// as seconds east of UTC.
func zoneSeconds(text []byte) (seconds int64, ok bool) {
	text = bytes.TrimPrefix(text, []byte(" "))
	switch {
	case len(text) == 0:
		return 0, false
	case text[0] != '+' && text[0] != '-':
		return 0, len(text) <= len("UTC") && slices.ContainsFunc([]string{"Z", "UTC", "GMT"}, func(name string) bool {
			return strings.EqualFold(name, string(text))
		})
	}
	minutes := [2]byte{'0', '0'}
	switch {
	case len(text) == len("+01"):
	case len(text) == len("+0130"):
		minutes = [2]byte(text[3:])
	case len(text) == len("+01:30") && text[3] == ':':
		minutes = [2]byte(text[4:])
	default:
		return 0, false
	}
	hour, minute := twoDigits(text[1], text[2]), twoDigits(minutes[0], minutes[1])
	if !clock(hour, minute) {
		return 0, false
	}
	seconds = int64(hour)*3600 + int64(minute)*60
	if text[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

func clock(hour, minute int) bool {
	return 0 <= hour && hour <= 23 && 0 <= minute && minute <= 59
}

// twoDigits returns the number of two digits, -1 for other bytes.
func twoDigits(tens, ones byte) int {
	tens, ones = tens-'0', ones-'0'
	if tens > 9 || ones > 9 {
		return -1
	}
	return 10*int(tens) + int(ones)
}

func daysIn(year, month int) int {
	switch {
	case month != 2:
		return 30 + (month+month/8)%2
	case year%4 == 0 && (year%100 != 0 || year%400 == 0):
		return 29
	default:
		return 28
	}
}

// daysSince1970 counts in the Gregorian calendar, from year 0 on. Years begin with March
// here, so that a leap day is the last day. 400 years of 146,097 days are added and
// subtracted again, so that no intermediate value is negative.
func daysSince1970(year, month, day int) int {
	month = (month + 9) % 12
	year += 400 - month/10
	const before = 719_468 + 146_097 // 1 March 0 to 1 January 1970
	return 365*year + year/4 - year/100 + year/400 + (306*month+5)/10 + day - 1 - before
}
