package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A plan of such a team takes hours at the rate limit: what counts is what it costs
// before, and that it can be stopped.
func TestAPlanOfALargeTeamIsCheapAndCanBeStopped(t *testing.T) {
	t.Parallel()
	program := built(t)
	for _, users := range []int{20_000, 160_000} {
		for _, command := range []string{"plan", "apply -auto-approve"} {
			begun := make(chan struct{})
			begin := sync.OnceFunc(func() { close(begun) })
			api := httptest.NewServer(hostile{teamOf(users), func(w http.ResponseWriter, user, page string) {
				begin()
				rowsOf("")(w, user, page)
			}})
			defer api.Close()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			run := exec.CommandContext(ctx, program, strings.Fields(command)...)
			run.Dir = impatientFor(t, api.URL+"/api")
			run.Env = append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir())
			var shown bytes.Buffer
			run.Stdout, run.Stderr = &shown, &shown
			stopped := make(chan time.Time, 1)
			go func() {
				defer close(stopped)
				select {
				case <-begun:
					stopped <- time.Now()
					_ = run.Process.Signal(os.Interrupt)
				case <-ctx.Done():
				}
			}()
			memory, status := peak(t, run)
			if ctx.Err() != nil {
				t.Fatal(ctx.Err())
			}
			select {
			case <-begun:
			default:
				t.Fatalf("%s asked for no page: exit %d: %s", command, status, shown.String())
			}
			took, usage := time.Since(<-stopped), run.ProcessState.SysUsage().(*syscall.Rusage)
			t.Logf("%s of %d users: %d MiB, %s of processor time, %s from ^C to the end", command, users, memory>>20, time.Duration(usage.Utime.Nano()), took)
			if status != 130 || !strings.Contains(shown.String(), "Interrupted; ") {
				t.Errorf("%s: exit %d: %s", command, status, shown.String())
			}
			if took > 5*time.Second || time.Duration(usage.Utime.Nano()) > 10*time.Second || memory > container {
				t.Errorf("%s: %s, %s, %d MiB", command, took, time.Duration(usage.Utime.Nano()), memory>>20)
			}
		}
	}
}

// everyCount are totals and page numbers that no list has.
var everyCount = []string{"9223372036854775807", "9223372036854775808", "-1", "-9223372036854775808", "1e300", "0.5", `"9223372036854775807"`, "1e3", strings.Repeat("9", 400)}

func TestNoCountOfTheAPIIsPrintedWrong(t *testing.T) {
	t.Parallel()
	program := built(t)
	for _, key := range []string{"totalItems", "perPage", "totalPages", "currentPage", "nextPage", "previousPage"} {
		for _, count := range everyCount {
			if key != "totalItems" && count != everyCount[0] {
				continue // one way to read numbers, and one to doubt them
			}
			t.Run(key+"="+count[:min(len(count), 24)], func(t *testing.T) {
				t.Parallel()
				numbers := map[string]json.RawMessage{
					"totalItems": []byte("1"), "currentPage": []byte("1"), "nextPage": []byte("null"), "previousPage": []byte("null"), "perPage": []byte("100"), "totalPages": []byte("1"),
				}
				numbers[key] = []byte(count)
				pagination, err := json.Marshal(numbers)
				if err != nil {
					t.Fatal(err)
				}
				api := httptest.NewServer(hostile{teamOf(3), pageSaying(rowWith(`"x":1`), strings.Trim(string(pagination), "{}"))})
				t.Cleanup(api.Close)
				dir := impatientFor(t, api.URL+"/api")
				for _, command := range []string{"plan", "apply -auto-approve"} {
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					run := exec.CommandContext(ctx, program, strings.Fields(command)...)
					run.Dir, run.Env = dir, append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir())
					out, _ := run.CombinedOutput() // the status says it
					if status := run.ProcessState.ExitCode(); status != 0 && status != 1 && status != 3 {
						t.Errorf("%s: exit %d", command, status)
					}
					for line := range strings.SplitSeq(string(out), "\n") {
						for word := range strings.FieldsSeq(line) {
							if len(word) > 1 && word[0] == '-' && word[1] >= '0' && word[1] <= '9' {
								t.Errorf("%s prints a negative number: %s", command, line)
							}
						}
						if strings.Contains(line, "panic") || strings.Contains(line, "goroutine ") {
							t.Fatalf("%s: %s", command, out)
						}
					}
				}
			})
		}
	}
}

func TestTextsOfTheAPINeitherColourNorFillTheScreen(t *testing.T) {
	t.Parallel()
	api := httptest.NewServer(hostile{
		func(w http.ResponseWriter) {
			fmt.Fprint(w, "{\"_id\":\"tea_\U000F4C03\\u001b[31m\u202e\",\"userIds\":[\"usr_\U000F4C04\U000F4C05\\u009b31m\"]}")
		},
		rowsOf(rowWith("\"\U000F4C03red\":1,\"\u202ebidi\":1," + numbered(`"unknown name %d":1`, 60_000))),
	})
	t.Cleanup(api.Close)
	for _, command := range []string{"plan", "apply"} {
		shown, status := onTerminal(t, impatientFor(t, api.URL+"/api"), "yes\n", []string{"XDG_CACHE_HOME=" + t.TempDir()}, command)
		if status != 0 {
			t.Errorf("%s: exit %d", command, status)
		}
		for _, forged := range []string{"tea_\x1b", "usr_\x1b", "\"\x1b", "\u202e", "\u009b", "\U000F4C03"} {
			if strings.Contains(shown, forged) {
				t.Errorf("%s shows %q: %.2000q", command, forged, shown)
			}
		}
		if !strings.Contains(shown, `tea_\U000f4c03\x1b[31m\u202e`) || !strings.Contains(shown, "980 more.") || len(shown) > 20_000 {
			t.Errorf("%s: %d bytes: %.3000q", command, len(shown), shown)
		}
	}
}

// A connection tells more than its answers: what stands behind one is no answer either.
func TestWhatAServerSendsUnaskedIsNotShown(t *testing.T) {
	t.Parallel()
	program := built(t)
	const unasked = "tail \x1b[31m " + testKey
	api := httptest.NewServer(hostile{teamOf(3), page(raw(func(to *bufio.Writer) {
		io.WriteString(to, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"+unasked)
	}))})
	t.Cleanup(api.Close)
	for _, debug := range []string{"", "http2debug=2"} {
		run := exec.CommandContext(t.Context(), program, "plan")
		run.Dir, run.Env = impatientFor(t, api.URL+"/api"), append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir(), "GODEBUG="+debug)
		out, _ := run.CombinedOutput() // the status says it
		if status := run.ProcessState.ExitCode(); status != 1 || strings.Contains(string(out), "tail") || strings.Contains(string(out), testKey) {
			t.Errorf("exit %d: %s", status, out)
		}
	}
}
