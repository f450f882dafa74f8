package exporter

import (
	"errors"
	"math"
	"reflect"
	"time"
)

// Numbers and times of servers and files are added and moved here, so that no
// sum wraps around and no time leaves the years that JSON has.

// Sum adds counts; it is math.MaxInt64 when they are more. A negative count, which
// no honest source has, counts as none.
func Sum(counts ...int64) int64 {
	var total int64
	for _, count := range counts {
		count = max(count, 0)
		if total > math.MaxInt64-count {
			return math.MaxInt64
		}
		total += count
	}
	return total
}

// The first and the last microsecond of the years 0 to 9999, since 1970.
const (
	firstMicro = -62_167_219_200_000_000
	lastMicro  = 253_402_300_799_999_999
)

// At is the instant so many microseconds since 1970, in UTC. One before the year
// 0 or after 9999 becomes the first or last instant of them.
func At(micros int64) time.Time { return ClampTime(time.UnixMicro(micros)) }

// ClampTime moves a time outside of the years 0 to 9999 to the first or last
// microsecond of them, in UTC.
func ClampTime(at time.Time) time.Time {
	first, last := time.UnixMicro(firstMicro), time.UnixMicro(lastMicro)
	switch {
	case at.Before(first):
		at = first
	case !at.Before(last.Add(time.Microsecond)):
		at = last
	}
	return at.UTC()
}

var errImplausible = errors.New("it holds a negative count, or a time that is not within the years 0 to 9999")

// CheckPlausible reports errImplausible for a value whose counts and times cannot be.
// Anyone can write a manifest.
func CheckPlausible(value reflect.Value) error {
	if value.Type() == reflect.TypeFor[time.Time]() {
		at, _ := reflect.TypeAssert[time.Time](value)
		if !ClampTime(at).Equal(at) {
			return errImplausible
		}
		return nil
	}
	var failed error
	switch value.Kind() {
	case reflect.Int, reflect.Int64:
		if value.Int() < 0 {
			return errImplausible
		}
	case reflect.Pointer:
		if !value.IsNil() {
			return CheckPlausible(value.Elem())
		}
	case reflect.Struct:
		for i := 0; i < value.NumField() && failed == nil; i++ {
			failed = CheckPlausible(value.Field(i))
		}
	case reflect.Slice:
		for i := 0; i < value.Len() && failed == nil; i++ {
			failed = CheckPlausible(value.Index(i))
		}
	case reflect.Map:
		for each := value.MapRange(); failed == nil && each.Next(); {
			failed = CheckPlausible(each.Value())
		}
	default:
	}
	return failed
}
