package schema

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
	offset, utc, ok := zoneSeconds(rest)
	switch {
	case !ok:
		return 0, notATimestamp
	case !utc:
		lost = notUTC
	case finer:
		lost = tooFine
	}
	seconds := ((daysSince1970(year, month, day)*24+hour)*60+minute)*60 + second
	return (int64(seconds)-offset)*1_000_000 + fraction, lost
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
	hour, minute := twoDigits(text[1], text[2]), twoDigits(text[4], text[5])
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

// twoDigits is the number that two digits are, -1 where they are none.
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

// daysSince1970 counts in the Gregorian calendar, from year 0 on. Years begin
// with March here, so that the day of a leap year is the last one; 400 of them
// are 146,097 days, and go before so that nothing is negative.
func daysSince1970(year, month, day int) int {
	month = (month + 9) % 12
	year += 400 - month/10
	const before = 719_468 + 146_097 // 1 March 0 to 1 January 1970
	return 365*year + year/4 - year/100 + year/400 + (306*month+5)/10 + day - 1 - before
}
