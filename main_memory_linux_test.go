package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// container is the memory that docs/configuration.md promises to stay within.
const container = 256 << 20

// hugePages answers every page of the inbox with one of the same size.
type hugePages struct {
	users int
	page  func(w http.ResponseWriter, user, page string)
}

func (h hugePages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/api/team" {
		ids := make([]string, h.users)
		for i := range ids {
			ids[i] = strconv.Quote(fmt.Sprintf("usr_%02d", i))
		}
		fmt.Fprintf(w, `{"_id":"tea_1","userIds":[%s]}`, strings.Join(ids, ","))
		return
	}
	h.page(w, r.URL.Query().Get("userId"), r.URL.Query().Get("page"))
}

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

func TestHugeAnswersStayWithinTheDocumentedMemory(t *testing.T) { //nolint:tparallel // one process at a time: each takes much memory
	t.Parallel()
	program := built(t)
	tiny := zippedPage(`"users":[`, "{},", "{}]", 20_000_000)
	for name, test := range map[string]struct {
		command string
		hugePages
		status  int
		message string
	}{
		"pages of 50 MB":                 {"apply -auto-approve", hugePages{1, twoPages(500_000)}, 1, "more than 16 MiB"},
		"pages of 15 MB, several users":  {"apply -auto-approve", hugePages{8, twoPages(150_000)}, 0, ""},
		"a gzip bomb of 1 GiB":           {"apply -auto-approve", hugePages{1, zippedPage(`"lastSentSubject":"`, "aaaaaaaa", `"`, 1<<27)}, 1, "more than 16 MiB"},
		"a body without end":             {"apply -auto-approve", hugePages{1, endless}, 1, "more than 16 MiB"},
		"millions of tiny elements":      {"apply -auto-approve", hugePages{1, tiny}, 1, "more than 16 MiB"},
		"many elements in 8 MB":          {"apply -auto-approve", hugePages{1, zippedPage(`"users":[`, "{},", "{}]", 2_500_000)}, 1, "more than 131,072 values"},
		"as many elements as are taken":  {"apply -auto-approve", hugePages{1, zippedPage(`"users":[{"userId":"usr_00"},`, `{"x":1},`, "{}]", 125_000)}, 0, ""},
		"plan: pages of 50 MB":           {"plan", hugePages{20, twoPages(500_000)}, 1, "more than 16 MiB"},
		"plan: pages of 15 MB":           {"plan", hugePages{20, twoPages(150_000)}, 0, ""},
		"plan: bodies without end":       {"plan", hugePages{20, endless}, 1, "more than 16 MiB"},
		"plan: millions of elements":     {"plan", hugePages{20, tiny}, 1, "more than 16 MiB"},
		"plan: as many as are taken":     {"plan", hugePages{20, zippedPage(`"users":[`, "{},", "{}]", 125_000)}, 0, ""},
		"plan: as many unknown elements": {"plan", hugePages{20, zippedPage(`"users":[`, "1,", "1]", 125_000)}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			api := httptest.NewServer(test.hugePages)
			t.Cleanup(api.Close)
			command := exec.CommandContext(t.Context(), program, strings.Fields(test.command)...)
			command.Dir = configFor(t, api.URL+"/api")
			command.Env = append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir())
			var shown bytes.Buffer
			command.Stdout, command.Stderr = &shown, &shown
			bytes, status := peak(t, command)
			t.Logf("%d MiB at the peak", bytes>>20)
			if bytes > container {
				t.Errorf("%d MiB at the peak", bytes>>20)
			}
			if status != test.status || !strings.Contains(shown.String(), test.message) {
				t.Errorf("exit %d: %s", status, shown.String())
			}
			if test.status == 1 && !strings.Contains(shown.String(), "raise the budget with -memory or LEMEXPORT_MEMORY") {
				t.Errorf("no hint: %s", shown.String())
			}
		})
	}
}
