package exporter

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hashKeySize is the number of random bytes of a hash key. Addresses can be guessed,
// so the key must not be.
const hashKeySize = 32

// NewHashKey makes a key for hashed columns, in hexadecimal.
func NewHashKey() string {
	key := make([]byte, hashKeySize)
	_, _ = rand.Read(key) // it never fails
	return hex.EncodeToString(key)
}

// hashKeyHint says how to get a key.
const hashKeyHint = "Make one with: lemexport hash-key"

// CheckHashKey says why a text cannot be the key of hashed columns; nil when it can.
// A key is 32 random bytes in hexadecimal or base64. That they are random cannot be
// checked; what is certainly not random is refused. No random key ever is: the
// chance is less than 1 in 10^10. The error does not show the text.
func CheckHashKey(text string) error {
	key, ok := hashKeyBytes(text)
	switch {
	case !ok:
		return WithHint(fmt.Errorf("not %d bytes in hexadecimal or base64", hashKeySize), hashKeyHint)
	case predictable(key) || patterned(text):
		return WithHint(errors.New("not random: it can be guessed, and with it what was hashed"), hashKeyHint)
	}
	return nil
}

// hashKeyBytes reads the bytes of a key: 64 hexadecimal digits, or base64 in either
// alphabet, padded or not.
func hashKeyBytes(text string) ([]byte, bool) {
	if len(text) == hex.EncodedLen(hashKeySize) {
		key, err := hex.DecodeString(text)
		return key, err == nil
	}
	if len(text) == base64.StdEncoding.EncodedLen(hashKeySize) {
		text = strings.TrimSuffix(text, "=")
	}
	for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if key, err := alphabet.Strict().DecodeString(text); err == nil && len(key) == hashKeySize {
			return key, true
		}
	}
	return nil, false
}

// The least that random bytes show; fewer have a chance of less than 1 in 10^15.
const (
	leastBytes     = 16 // different ones
	leastSteps     = 12 // different ones, from byte to byte
	leastTextSteps = 8  // the same, from character to character of the text
	longestRun     = 7  // of one byte
)

// predictable reports whether bytes were certainly not drawn at random: few
// different ones, a sequence that counts, a half repeated or mirrored, a filled-up end,
// or text.
func predictable(key []byte) bool {
	end := bytes.TrimRight(key, "\x00")
	mirrored := slices.Clone(key)
	slices.Reverse(mirrored)
	return different(key) < leastBytes || different(steps(key)) < leastSteps || bytes.Equal(key, mirrored) ||
		bytes.Equal(key[:len(key)/2], key[len(key)/2:]) || hasRun(key) || readable(end)
}

// patterned reports the same of the text of a key: decimal digits alone, a word of
// letters in one case, or characters that count.
func patterned(text string) bool {
	if strings.Trim(text, "0123456789") == "" {
		return true
	}
	word := !strings.ContainsFunc(text, unicode.IsDigit) && len(text) < hex.EncodedLen(hashKeySize)
	return different(steps([]byte(text))) < leastTextSteps || word && (strings.ToLower(text) == text || strings.ToUpper(text) == text)
}

func different(values []byte) int {
	seen := make(map[byte]bool)
	for _, value := range values {
		seen[value] = true
	}
	return len(seen)
}

// steps are the differences of neighbours.
func steps(values []byte) []byte {
	var found []byte
	for i := 1; i < len(values); i++ {
		found = append(found, values[i]-values[i-1])
	}
	return found
}

func hasRun(key []byte) bool {
	run := 0
	for i := range key {
		if i > 0 && key[i] != key[i-1] {
			run = 0
		}
		if run++; run > longestRun {
			return true
		}
	}
	return false
}

// readable reports whether bytes are a text that can be typed.
func readable(key []byte) bool {
	return utf8.Valid(key) && !bytes.ContainsFunc(key, func(r rune) bool { return !unicode.IsPrint(r) && !unicode.IsSpace(r) })
}
