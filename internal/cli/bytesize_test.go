package cli

import "testing"

func TestASizeOfMemoryIsTakenAsItWasMeantOrNotAtAll(t *testing.T) {
	for text, want := range map[string]int64{
		"64MiB": 64 << 20, "64 MiB": 64 << 20, "1.5GiB": 3 << 29, "1GB": 1e9, "33554432": 32 << 20,
		"33554431": 0, "2PiB": 0, "-64MiB": 0, "64MiBs": 0, "": 0,
		"1,5GB": 0, "64,0MiB": 0, // a comma is a point to some and nothing to others
	} {
		if got, err := ParseMemory(text); got != want || (err == nil) != (want != 0) {
			t.Errorf("%q is %d (%v), want %d", text, got, err, want)
		}
	}
}
