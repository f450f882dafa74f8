package schema

import "time"

// What a timestamp column does not hold of a text; "" is nothing.
const (
	notATimestamp = "not a timestamp"
	notUTC        = "not UTC"
	tooFine       = "finer than a microsecond"
)

// parseTimestamp reads an RFC 3339 date-time (section 5.6, letters in either
// case) as microseconds since 1970 in UTC, cut off towards the past. lost is
// what the number does not say, and notATimestamp where there is no number.
// Leap seconds (:60) are no timestamps here: the columns can not hold them.
// Every four-digit year fits into 64 bits of microseconds.
func parseTimestamp(text []byte) (micros int64, lost string) {
	if len(text) < len("2006-01-02T15:04:05Z") ||
		text[4] != '-' || text[7] != '-' || text[10]|0x20 != 't' || text[13] != ':' || text[16] != ':' {
		return 0, notATimestamp
	}
	century, year := twoDigits(text), twoDigits(text[2:])
	month, day := twoDigits(text[5:]), twoDigits(text[8:])
	hour, minute, second := twoDigits(text[11:]), twoDigits(text[14:]), twoDigits(text[17:])
	if century < 0 || year < 0 || month < 1 || month > 12 || day < 1 || !clock(hour, minute) || second < 0 || second > 59 {
		return 0, notATimestamp
	}
	year += 100 * century
	date := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	if date.Day() != day { // 30 February moved on to March
		return 0, notATimestamp
	}

	fraction, finer, rest := fractionMicros(text[19:])
	offset, utc, ok := zoneSeconds(rest)
	switch {
	case !ok:
		return 0, notATimestamp
	case !utc:
		lost = notUTC
	case finer:
		lost = tooFine
	}
	return (date.Unix()-offset)*1_000_000 + fraction, lost
}

// fractionMicros reads ".123"; finer is whether digits after the sixth say
// anything. A point without digits is left in rest, where it is no zone.
func fractionMicros(text []byte) (micros int64, finer bool, rest []byte) {
	if text[0] != '.' {
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

// zoneSeconds reads "Z" or "+01:30", as seconds east of UTC. Only Z is utc:
// "+00:00" and "-00:00" say something else (RFC 3339, section 4.3).
func zoneSeconds(text []byte) (seconds int64, utc, ok bool) {
	if len(text) == 1 && text[0]|0x20 == 'z' {
		return 0, true, true
	}
	if len(text) != len("+00:00") || text[0] != '+' && text[0] != '-' || text[3] != ':' {
		return 0, false, false
	}
	hour, minute := twoDigits(text[1:]), twoDigits(text[4:])
	if !clock(hour, minute) {
		return 0, false, false
	}
	seconds = int64(hour)*3600 + int64(minute)*60
	if text[0] == '-' {
		seconds = -seconds
	}
	return seconds, false, true
}

func clock(hour, minute int) bool {
	return 0 <= hour && hour <= 23 && 0 <= minute && minute <= 59
}

// twoDigits reads the first two bytes of text, -1 where they are no digits.
func twoDigits(text []byte) int {
	tens, ones := int(text[0])-'0', int(text[1])-'0'
	if tens < 0 || tens > 9 || ones < 0 || ones > 9 {
		return -1
	}
	return 10*tens + ones
}
