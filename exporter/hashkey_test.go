package exporter_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

// spellings are the forms in which a key may be written.
func spellings(key []byte) []string {
	return []string{
		hex.EncodeToString(key), strings.ToUpper(hex.EncodeToString(key)),
		base64.StdEncoding.EncodeToString(key), base64.RawStdEncoding.EncodeToString(key),
		base64.URLEncoding.EncodeToString(key), base64.RawURLEncoding.EncodeToString(key),
	}
}

func TestRandomBytesAreAHashKeyInEverySpelling(t *testing.T) {
	key := make([]byte, 32)
	for range 20_000 {
		_, _ = rand.Read(key)
		for _, text := range spellings(key) {
			if err := exporter.CheckHashKey(text); err != nil {
				t.Fatalf("%q is refused: %v", text, err)
			}
		}
	}
	first, second := exporter.NewHashKey(), exporter.NewHashKey()
	if first == second || exporter.CheckHashKey(first) != nil || len(first) != 64 {
		t.Errorf("the command makes %q and %q", first, second)
	}
}

func TestAKeyThatCanBeGuessedIsRefused(t *testing.T) {
	counting, half, short := make([]byte, 32), make([]byte, 32), make([]byte, 31)
	_, _ = rand.Read(half)
	copy(half[16:], half[:16])
	_, _ = rand.Read(short)
	for i := range counting {
		counting[i] = byte(7 + 3*i)
	}
	mirrored := bytes.Clone(short[:16])
	for _, one := range short[:16] {
		mirrored = slices.Insert(mirrored, 16, one)
	}
	padded := append([]byte("correct horse battery"), make([]byte, 11)...)
	var texts []string
	for _, key := range [][]byte{
		make([]byte, 32), bytes.Repeat([]byte{0xa5}, 32), bytes.Repeat([]byte{1, 2, 3, 4, 5, 6, 7, 8}, 4), counting, half, mirrored, padded,
		[]byte("correct horse battery staple 123"), []byte("Grüße aus Köln, schönes Wetter"), []byte(strings.Repeat("f0", 16)),
		append(bytes.Clone(short[:22]), make([]byte, 10)...),
	} {
		texts = append(texts, spellings(key)...)
	}
	good := exporter.NewHashKey()
	texts = append(texts, spellings(short)...)
	texts = append(
		texts, "", "aaaaaaaaaaaaaaaa", strings.Repeat("a", 43), strings.Repeat("a", 64), strings.Repeat("0123456789abcdef", 4), strings.Repeat("deadbeef", 8),
		"3141592653589793238462643383279502884197169399375105820974944592",
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ", "correcthorsebatterystaplecorrecthorsebatter", "correct horse battery staple, and a few more words of it here",
		good+"\n", " "+good, good[:63], good+"0", good[:63]+"g", good[:32]+"\n"+good[32:63],
	)
	for _, text := range texts {
		err := exporter.CheckHashKey(text)
		if err == nil {
			t.Errorf("%q is a key", text)
			continue
		}
		if !strings.Contains(exporter.Hint(err), "lemexport hash-key") || len(text) > 3 && strings.Contains(err.Error()+exporter.Hint(err), text) {
			t.Errorf("%q is refused with %q and %q", text, err, exporter.Hint(err))
		}
	}
}
