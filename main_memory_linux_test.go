package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// container is the memory that docs/configuration.md promises to stay within.
const container = 256 << 20

// twoPages writes one of the two pages of a user's list, with 100 rows of size bytes.
func twoPages(size int) func(http.ResponseWriter, string, string) {
	text := strings.Repeat("lorem ipsum dolor ", size/18)
	return func(w http.ResponseWriter, user, page string) {
		first, next := 0, "2"
		if page == "2" {
			first, next = 100, "null"
		}
		io.WriteString(w, `{"data":[`)
		for i := range 100 {
			if i > 0 {
				io.WriteString(w, ",")
			}
			at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Duration(first+i) * time.Hour)
			fmt.Fprintf(w, `{"_id":"ibx_%s_%d","lastActivityAt":%q,"users":[{"userId":%q}],"lastSentMessagePreview":"%s"}`,
				user, first+i, at.Format(time.RFC3339), user, text)
		}
		fmt.Fprintf(w, `],"pagination":{"totalItems":200,"currentPage":%s,"nextPage":%s,"perPage":100,"totalPages":2}}`, page, next)
	}
}

// zippedPage is one row that has a piece many times, compressed.
func zippedPage(before, piece, after string, times int) func(http.ResponseWriter, string, string) {
	var zipped bytes.Buffer
	to := gzip.NewWriter(&zipped)
	io.WriteString(to, `{"data":[{"_id":"ibx_1","lastActivityAt":"2026-01-01T00:00:00Z",`+before)
	many := strings.Repeat(piece, 1000)
	for range times / 1000 {
		io.WriteString(to, many)
	}
	io.WriteString(to, after+`}],"pagination":{"totalItems":1,"currentPage":1,"nextPage":null,"perPage":100,"totalPages":1}}`)
	to.Close()
	return func(w http.ResponseWriter, _, _ string) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(zipped.Bytes())
	}
}

// endless writes a body without end.
func endless(w http.ResponseWriter, _, _ string) {
	io.WriteString(w, `{"data":[{"_id":"`)
	for part := bytes.Repeat([]byte("a"), 64<<10); ; {
		if _, err := w.Write(part); err != nil {
			return
		}
	}
}

// peak runs a program to its end and returns the most memory that it had resident.
// The kernel keeps the maximum itself, for as long as the process is there.
func peak(t *testing.T, command *exec.Cmd) (bytes int64, status int) {
	t.Helper()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = command.Wait() // the status says it
		close(ended)
	}()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for {
		if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", command.Process.Pid)); err == nil {
			if _, after, ok := strings.Cut(string(text), "VmHWM:"); ok {
				kilobytes, _ := strconv.ParseInt(strings.Fields(after)[0], 10, 64)
				bytes = max(bytes, kilobytes<<10)
			}
		}
		select {
		case <-look.C:
		case <-ended:
			return bytes, command.ProcessState.ExitCode()
		}
	}
}
