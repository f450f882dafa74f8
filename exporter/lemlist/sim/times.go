package sim

import (
	"strconv"
	"time"
)

// Times is how the API writes the times of conversations and messages.
type Times string

// The ways to write a time.
const (
	TimesISO         Times = "iso"          // 2026-03-04T08:15:30.123Z
	TimesOffset      Times = "offset"       // 2026-03-04T08:15:30.123+0000
	TimesColon       Times = "colon"        // 2026-03-04T08:15:30.123+00:00
	TimesNoZone      Times = "no-zone"      // 2026-03-04T08:15:30.123
	TimesBlank       Times = "blank"        // 2026-03-04 08:15:30.123Z
	TimesSeconds     Times = "seconds"      // 1772612130
	TimesMillis      Times = "millis"       // 1772612130123
	TimesSecondsText Times = "seconds-text" // "1772612130"
	TimesMillisText  Times = "millis-text"  // "1772612130123"
	TimesUnreadable  Times = "unreadable"   // "some time ago"
)

const millisPerSecond = 1000

// append appends a time as JSON.
func (t Times) append(dst []byte, milliseconds int64) []byte {
	switch t {
	case TimesSeconds:
		return strconv.AppendInt(dst, milliseconds/millisPerSecond, 10)
	case TimesMillis:
		return strconv.AppendInt(dst, milliseconds, 10)
	case TimesSecondsText:
		return append(strconv.AppendInt(append(dst, '"'), milliseconds/millisPerSecond, 10), '"')
	case TimesMillisText:
		return append(strconv.AppendInt(append(dst, '"'), milliseconds, 10), '"')
	case TimesUnreadable:
		return append(dst, `"some time ago"`...)
	default:
	}
	start := len(dst)
	dst = appendTime(dst, milliseconds)
	bare := dst[:len(dst)-2] // without the zone and the quote
	switch t {
	case TimesOffset:
		return append(bare, `+0000"`...)
	case TimesColon:
		return append(bare, `+00:00"`...)
	case TimesNoZone:
		return append(bare, '"')
	case TimesBlank:
		dst[start+len(`"2026-03-04`)] = ' '
	default:
	}
	return dst
}

// shown is the time that the text tells.
func (t Times) shown(milliseconds int64) time.Time {
	if t == TimesSeconds || t == TimesSecondsText {
		milliseconds -= milliseconds % millisPerSecond
	}
	return time.UnixMilli(milliseconds).UTC()
}
