package decode

import "math"

// Epoch times are read as seconds below maxEpochSeconds, and as milliseconds from
// there on. No number is both between the years 1980 and 2100. A number outside of these
// years is not read as a time: it is a counter, a flag, or has another unit.
const (
	maxEpochSeconds  = 100_000_000_000
	minPlausibleTime = 315_532_800   // 1980-01-01
	maxPlausibleTime = 4_102_444_800 // 2100-01-01
)

// parseEpoch reads a number in JSON's form (RFC 8259, section 6) as a time since
// 1970, cut off to microseconds. lost is notATimestamp or names the unit: it is an
// assumption, so it is never "".
func parseEpoch(text []byte) (micros int64, lost string) {
	number, ok := parseDecimal(text)
	if !ok {
		return 0, notATimestamp
	}
	whole := number.times(0)
	unit, shift := epochSeconds, 6
	if whole >= maxEpochSeconds {
		unit, shift = epochMillis, 3
	}
	const second = 1_000_000
	if micros = number.times(shift); micros < minPlausibleTime*second || micros >= maxPlausibleTime*second {
		return 0, notATimestamp
	}
	return micros, unit
}

// decimal is the number digits * 10^exponent.
type decimal struct {
	digits   int64
	exponent int
}

// maxDigits is how many digits fit into 63 bits.
const maxDigits = 18

// parseDecimal reads a number that is not negative. It leaves out digits behind
// the first 18, which no time of a plausible year has to the microsecond.
func parseDecimal(text []byte) (number decimal, ok bool) {
	if c := peek(text, 0); c < '0' || '9' < c || scanNumber(text, 0) != len(text) {
		return decimal{}, false
	}
	i, count, behindPoint := 0, 0, false
	for ; i < len(text) && text[i]|0x20 != 'e'; i++ {
		switch {
		case text[i] == '.':
			behindPoint = true
			continue
		case count < maxDigits:
			number.digits = number.digits*10 + int64(text[i]-'0')
			if number.digits > 0 {
				count++
			}
		default:
			number.exponent++
		}
		if behindPoint {
			number.exponent--
		}
	}
	if i == len(text) {
		return number, true
	}
	exponent, negative := 0, text[i+1] == '-'
	for _, c := range text[i+1:] {
		if '0' <= c && c <= '9' && exponent < math.MaxInt16 {
			exponent = exponent*10 + int(c-'0')
		}
	}
	if negative {
		exponent = -exponent
	}
	number.exponent += exponent
	return number, true
}

// times returns the number times a power of ten, cut off to an integer, and
// math.MaxInt64 where that is larger.
func (n decimal) times(power int) int64 {
	value, exponent := n.digits, n.exponent+power
	for ; exponent < 0 && value > 0; exponent++ {
		value /= 10
	}
	for ; exponent > 0 && value > 0; exponent-- {
		if value > math.MaxInt64/10 {
			return math.MaxInt64
		}
		value *= 10
	}
	return value
}
