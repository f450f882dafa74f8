package cli

import (
	"bytes"
	"context"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// golden compares got with testdata/<name>.golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); run with -update and read the diff:\n%s", file, diff)
	}
}

// console is an App whose streams are buffers.
type console struct {
	App
	out, err bytes.Buffer
	env      map[string]string
	// width is that of both streams; 0 stands for no terminal.
	width   int
	ticks   chan time.Time
	signals chan os.Signal
	now     time.Time
}

func newConsole(stdin string) *console {
	c := &console{
		env: map[string]string{}, ticks: make(chan time.Time), signals: make(chan os.Signal, 2),
		now: time.Date(2026, 2, 3, 4, 5, 6, 123456789, time.UTC),
	}
	c.App = App{
		Stdin:  strings.NewReader(stdin),
		Stdout: &c.out,
		Stderr: &c.err,
		Env: func(name string) (string, bool) {
			value, ok := c.env[name]
			return value, ok
		},
		Chdir:          func(string) error { return nil },
		Terminal:       func(any) (int, int, bool) { return c.width, 24, c.width > 0 },
		Now:            func() time.Time { return c.now },
		Ticker:         func(time.Duration) (<-chan time.Time, func()) { return c.ticks, func() {} },
		ReaderGone:     func(ctx context.Context) bool { <-ctx.Done(); return false },
		Interrupts:     func() (<-chan os.Signal, func()) { return c.signals, func() {} },
		Version:        Version{Number: "1.2.3", Commit: "0123456789ab", Modified: true, Go: "go1.26", Platform: "linux/amd64"},
		LoadConfig:     func(Configuration) ([]exporter.Job, exporter.Diagnostics) { return []exporter.Job{{}}, nil },
		LoadForReading: func(Configuration) ([]exporter.Job, exporter.Diagnostics) { return []exporter.Job{{}}, nil },
		FormatConfig: func(file SourceFile) ([]byte, exporter.Diagnostics) {
			return file.Bytes, nil
		},
		SimFaults: []string{"500-text", "502-html"},
		Beat:      func(context.Context, exporter.Secret) error { return nil },
		Flush:     func() error { return nil },
		NewEngine: func(*slog.Logger, string, int64, int) *engine.Engine { return &engine.Engine{} },
	}
	return c
}

// both is what was printed, stream by stream.
func (c *console) both() string {
	return "-- stdout --\n" + c.out.String() + "-- stderr --\n" + c.err.String()
}
