package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/arrowipc"
	"github.com/lemexport/lemexport/exporter/parquet"
	"github.com/lemexport/lemexport/schema"
)

// addressSpace stops a program that takes too much before the machine suffers, in
// KiB. A program in Go reserves more than it uses.
const addressSpace = 6 << 20

// hostileFile is a file that somebody else put where an export was.
type hostileFile struct {
	write func(t *testing.T, to *os.File)
	// message is in the error; empty for a file that may be read.
	message string
}

// footerOnly is a Parquet file that is a footer.
func footerOnly(thrift func() [][]byte) func(*testing.T, *os.File) {
	return func(t *testing.T, to *os.File) {
		footer := bytes.Join(thrift(), nil)
		write(t, to, []byte("PAR1"), footer, binary.LittleEndian.AppendUint32(nil, uint32(len(footer))), []byte("PAR1"))
	}
}

func write(t *testing.T, to *os.File, parts ...[]byte) {
	t.Helper()
	for _, part := range parts {
		if _, err := to.Write(part); err != nil {
			t.Fatal(err)
		}
	}
}

// The compact protocol of Thrift: fields of a FileMetaData in their order.
var (
	oneColumn = []byte{0x15, 4, 0x19, 0x1c, 0x48, 4, 'r', 'o', 'o', 't', 0, 0x16, 0} // version, schema, rows
	noSchema  = []byte{0x15, 4}
	noGroups  = []byte{0x19, 0x0c}
	ended     = []byte{0}
)

// list is the header of a list field of structs, the field after the last one.
func list(size int) []byte {
	return binary.AppendUvarint([]byte{0x19, 0xfc}, uint64(size))
}

// spaces is a file with a footer of so many bytes, which take no room on the disk.
func spaces(size int64) func(*testing.T, *os.File) {
	return func(t *testing.T, to *os.File) {
		write(t, to, []byte("PAR1"))
		if err := to.Truncate(4 + size); err != nil {
			t.Fatal(err)
		}
		if _, err := to.Seek(0, 2); err != nil {
			t.Fatal(err)
		}
		write(t, to, binary.LittleEndian.AppendUint32(nil, uint32(size)), []byte("PAR1"))
	}
}

// exported is an export with a manifest, of rows that another budget allowed.
func exported(format string, manifest func() string, texts int, size int) func(*testing.T, *os.File) {
	return func(t *testing.T, to *os.File) {
		table := schema.InboxConversations()
		var formats exporter.Format = parquet.Format{Version: "1.2.3"}
		if format == "arrow" {
			formats = arrowipc.Format{}
		}
		sink, err := formats.Create(to, table, exporter.Export{})
		if err != nil {
			t.Fatal(err)
		}
		if size > 0 {
			rec := largeRow(table, texts, size)
			defer rec.Release()
			if err := sink.Write(t.Context(), rec); err != nil {
				t.Fatal(err)
			}
		}
		if err := sink.Finish([]byte(manifest())); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHostileFilesTakeBoundedMemory(t *testing.T) { //nolint:tparallel // one process at a time: each takes much memory
	t.Parallel()
	program := built(t)
	const (
		million = 1_000_000
		tooMuch = "too large for the memory budget"
	)
	manifest := func() string {
		return fmt.Sprintf(`{"manifest_version":1,"run_id":"r","table":"inbox_conversations","schema_version":1,"schema_fingerprint":%q,"rows":1,"mode":"merge"}`,
			schema.InboxConversations().Fingerprint())
	}
	for name, test := range map[string]struct {
		format string
		hostileFile
	}{
		"ten million column chunks": {"parquet", hostileFile{footerOnly(func() [][]byte {
			return [][]byte{oneColumn, {0x19, 0x1c, 0x19, 0xfc}, binary.AppendUvarint(nil, 10*million),
				bytes.Repeat([]byte{0x26, 0, 0}, 10*million), ended, ended}
		}), tooMuch}},
		"a million row groups": {"parquet", hostileFile{footerOnly(func() [][]byte { return [][]byte{oneColumn, list(million), make([]byte, million), ended} }), tooMuch}},
		"a million keys": {"parquet", hostileFile{footerOnly(func() [][]byte {
			return [][]byte{oneColumn, noGroups, list(3 * million), make([]byte, 3*million), ended}
		}), tooMuch}},
		"a schema of a million": {"parquet", hostileFile{footerOnly(func() [][]byte { return [][]byte{noSchema, list(million), make([]byte, million), ended} }), tooMuch}},
		"a schema of ten thousand": {"parquet", hostileFile{footerOnly(func() [][]byte {
			return [][]byte{noSchema, list(10_000), bytes.Repeat([]byte{0x48, 1, 'a', 0}, 10_000), {0x16, 0}, noGroups, ended}
		}), "a schema of 10000 elements"}},
		"a schema that is deep": {"parquet", hostileFile{footerOnly(func() [][]byte {
			return [][]byte{noSchema, list(4000), bytes.Repeat([]byte{0x48, 1, 'a', 0x15, 2, 0}, 4000), {0x16, 0}, noGroups, ended}
		}), "a schema of more than 32 levels"}},
		"structs that are deep":  {"parquet", hostileFile{footerOnly(func() [][]byte { return [][]byte{bytes.Repeat([]byte{0xdc}, 10*million)} }), "bad metadata"}},
		"a footer of a gibibyte": {"parquet", hostileFile{spaces(1 << 30), tooMuch}},
		"a manifest of a million users": {"parquet", hostileFile{exported("parquet", func() string {
			return `{"manifest_version":1,"proof":{"users":[{}` + strings.Repeat(",{}", million) + `]}}`
		}, 0, 0), tooMuch}},
		"a manifest of a million keys": {"parquet", hostileFile{exported("parquet", func() string {
			return `{"manifest_version":1,"unknown_fields":[""` + strings.Repeat(`,""`, 2*million) + `]}`
		}, 0, 0), tooMuch}},
		"a text of 60 MB":               {"parquet", hostileFile{exported("parquet", manifest, 1, 60<<20), tooMuch}},
		"texts of 17 MB":                {"parquet", hostileFile{exported("parquet", manifest, 4, 17<<20), tooMuch}},
		"as large texts as are taken":   {"parquet", hostileFile{exported("parquet", manifest, 2, 15<<20), ""}},
		"as many elements as are taken": {"parquet", hostileFile{exported("parquet", manifest, 0, million), ""}},
		"as large arrow texts":          {"arrow", hostileFile{exported("arrow", manifest, 2, 15<<20), ""}},
		"a list of 5 million":           {"parquet", hostileFile{exported("parquet", manifest, 0, 5*million), tooMuch}},

		"six thousand places of one text": {"arrow", hostileFile{arrowFooter(func() []byte { return sharedText(6000, 1<<20) }), tooMuch}},
		"fields of shared fields":         {"arrow", hostileFile{arrowFooter(func() []byte { return sharedFields(24) }), tooMuch}},
		"a million dictionaries":          {"arrow", hostileFile{arrowFooter(func() []byte { return manyBlocks(2, 400_000) }), "the file has dictionaries; an export has none"}},
		"batches that overlap":            {"arrow", hostileFile{arrowFooter(func() []byte { return manyBlocks(3, 400_000) }), "record batch"}},
		"an arrow text of 90 MB":          {"arrow", hostileFile{exported("arrow", manifest, 1, 90<<20), tooMuch}},
		"arrow texts of 17 MB":            {"arrow", hostileFile{exported("arrow", manifest, 4, 17<<20), tooMuch}},
		"an arrow manifest of users": {"arrow", hostileFile{exported("arrow", func() string {
			return `{"manifest_version":1,"proof":{"users":[{}` + strings.Repeat(",{}", million) + `]}}`
		}, 0, 0), tooMuch}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			config := fmt.Sprintf("source \"lemlist\" {\n  simulate {\n    users = 1\n    conversations = 20\n  }\n}\nexport \"inbox_conversations\" {\n"+
				"  destination = \"out\"\n  mode = \"merge\"\n  format = %q\n}\n", test.format)
			if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(config), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(filepath.Join(dir, "out"), 0o700); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("out", "inbox_conversations."+test.format)
			created, err := os.Create(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			test.write(t, created)
			debug.FreeOSMemory()
			if err := created.Close(); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{{"verify", file}, {"report", file}, {"plan"}, {"apply", "-auto-approve"}} {
				command := exec.CommandContext(t.Context(), "sh", append([]string{"-c", fmt.Sprintf(`ulimit -v %d; exec "$0" "$@"`, addressSpace), program}, args...)...)
				command.Dir = dir
				var shown bytes.Buffer
				command.Stdout, command.Stderr = &shown, &shown
				bytes, status := peak(t, command)
				t.Logf("%s: %d MiB at the peak, exit %d", args[0], bytes>>20, status)
				if bytes > container {
					t.Errorf("%s: %d MiB at the peak", args[0], bytes>>20)
				}
				rows := strings.Contains(test.message, tooMuch) && (args[0] == "plan" || args[0] == "apply") // which may stop before they come to them
				if test.message == "" {
					continue
				}
				if !rows && (status != 1 || !strings.Contains(shown.String(), test.message)) || !strings.Contains(shown.String(), "inbox_conversations."+test.format) {
					t.Errorf("%s: exit %d: %.2000s", args[0], status, shown.String())
				}
				if strings.Contains(shown.String(), tooMuch) && !strings.Contains(strings.Join(strings.Fields(shown.String()), " "), "raise the budget with -memory or LEMEXPORT_MEMORY") {
					t.Errorf("%s: no hint: %.2000s", args[0], shown.String())
				}
			}
		})
	}
}
