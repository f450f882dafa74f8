package sim

import "strings"

// alphabet is Meteor's: no 0, 1, I, O, U, V or l, which people misread.
const alphabet = "23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz"

// idDigits letters and a bit of the next one hold the number of an id, for
// 55^11 is a little less than 2^64. The rest is padding.
const idDigits = 11

// ids makes lemlist's ids from numbers and finds the number of an id again, so
// that a million conversations need no table of ids.
type ids struct{ seed uint64 }

// append appends the id of number n: a prefix such as `ibx_` and 17 letters,
// now and then 15, 16 or 18. Ids of the same number under other prefixes differ.
func (i ids) append(dst []byte, prefix string, n uint64) []byte {
	x := (n ^ i.key(prefix)) * golden
	dst = append(dst, prefix...)
	rest := mix(x)
	for range idDigits {
		dst = append(dst, alphabet[x%uint64(len(alphabet))])
		x /= uint64(len(alphabet))
	}
	padding := 5
	if rest%8 == 0 {
		padding = 3 + int(rest>>3%4)
	}
	rest >>= 8
	dst = append(dst, alphabet[x+2*(rest%27)]) // x is 0 or 1
	rest >>= 8
	for range padding {
		dst = append(dst, alphabet[rest%uint64(len(alphabet))])
		rest /= uint64(len(alphabet))
	}
	return dst
}

func (i ids) of(prefix string, n uint64) string { return string(i.append(nil, prefix, n)) }

// number returns the number of an id that append made.
func (i ids) number(prefix, id string) (uint64, bool) {
	letters, ok := strings.CutPrefix(id, prefix)
	if !ok || len(letters) <= idDigits {
		return 0, false
	}
	var x uint64
	for at := idDigits; at >= 0; at-- {
		digit := strings.IndexByte(alphabet, letters[at])
		if digit < 0 {
			return 0, false
		}
		if at == idDigits {
			digit %= 2
		}
		x = x*uint64(len(alphabet)) + uint64(digit)
	}
	n := x*inverse(golden) ^ i.key(prefix)
	var made [24]byte
	return n, string(i.append(made[:0], prefix, n)) == id
}

func (i ids) key(prefix string) uint64 {
	key := i.seed
	for at := range len(prefix) {
		key = key<<8 | key>>56 ^ uint64(prefix[at])
	}
	return mix(key)
}

// inverse returns the number that undoes a multiplication by odd modulo 2^64
// (Newton's method: every round doubles the correct bits).
func inverse(odd uint64) uint64 {
	x := odd
	for range 5 {
		x *= 2 - odd*x
	}
	return x
}
