package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/lemexport/lemexport/exporter"
)

// MemoryVariable names the environment variable that stands in for -memory.
const MemoryVariable = "LEMEXPORT_MEMORY"

// byteSize is a memory budget as a flag (pflag.Value).
type byteSize int64

// ParseMemory reads a memory budget: "64MiB", "1GB", or bytes.
func ParseMemory(text string) (int64, error) {
	bytes, err := humanize.ParseBytes(text)
	switch {
	case err != nil, strings.Contains(text, ","): // which humanize drops: "1,5GB" would be 15
		return 0, errors.New("invalid size: write it like 64MiB")
	case bytes < exporter.LeastMemory:
		return 0, fmt.Errorf("too small: the minimum is %s", humanize.IBytes(exporter.LeastMemory))
	case bytes > 1<<50:
		return 0, errors.New("too large")
	}
	return int64(bytes), nil
}

// Set implements pflag.Value.
func (b *byteSize) Set(text string) error {
	bytes, err := ParseMemory(text)
	if err == nil {
		*b = byteSize(bytes)
	}
	return err
}

// String implements pflag.Value.
func (b *byteSize) String() string { return strings.ReplaceAll(humanize.IBytes(uint64(*b)), " ", "") }

// Type implements pflag.Value.
func (*byteSize) Type() string { return "size" }
