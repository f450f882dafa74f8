package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// count writes a number with thousands separators.
func count(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func many(n int64, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + more
}

// share writes a part of a whole as a percentage that is 0 or 100 only when the
// part is nothing or all.
func share(part, whole int64) string {
	switch {
	case whole == 0:
		return "–"
	case part == 0, part == whole:
		return strconv.FormatInt(100*part/whole, 10) + "%"
	}
	rounded := math.Round(100 * float64(part) / float64(whole))
	switch rounded {
	case 0:
		return "<1%"
	case 100:
		return ">99%"
	}
	return fmt.Sprintf("%.0f%%", rounded)
}

// percent is a length in a drawing; thin parts stay visible.
func percent(part, whole int64) string {
	if whole <= 0 || part <= 0 {
		return "0"
	}
	return trim(max(100*float64(part)/float64(whole), 0.3)) + "%"
}

// trim writes a coordinate without more digits than a screen shows.
func trim(x float64) string {
	text := strconv.FormatFloat(x, 'f', 2, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

func size(bytes int64) string {
	switch {
	case bytes < 1000:
		return many(bytes, "byte", "bytes")
	case bytes < 1_000_000:
		return fmt.Sprintf("%.0f kB", float64(bytes)/1e3)
	case bytes < 1_000_000_000:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
}

// inWords writes a duration in whole minutes or seconds where it is one.
func inWords(d time.Duration) string {
	switch {
	case d%time.Minute == 0 && d > 0:
		return many(int64(d/time.Minute), "minute", "minutes")
	case d%time.Second == 0:
		return many(int64(d/time.Second), "second", "seconds")
	}
	return d.String()
}

func stamp(at time.Time) string { return at.UTC().Format("2 January 2006, 15:04 UTC") }

func date(at time.Time) string { return at.UTC().Format("2 Jan 2006") }

// niceTicks are 0 and up to four round numbers, the last at least top.
func niceTicks(top int64) []int64 {
	if top <= 0 {
		return []int64{0, 1}
	}
	unit := int64(1)
	for ; ; unit *= 10 {
		for _, factor := range []int64{1, 2, 5} {
			if step := unit * factor; 4*step >= top {
				ticks := []int64{0}
				for last := int64(0); last < top; {
					last += step
					ticks = append(ticks, last)
				}
				return ticks
			}
		}
	}
}
