package lemlist

import (
	"bufio"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/store"
	"github.com/lemexport/lemexport/internal/test/apitest"
)

// ledgerChild makes the test below a program that asks the server of another one.
const (
	ledgerChild  = "LEMEXPORT_LEDGER_CHILD"
	ledgerFolder = "LEMEXPORT_LEDGER_FOLDER"
)

// Two processes with one key against one server that counts, over real
// connections and the real file. They start together, without a word to each other.
func TestTwoProcessesOfOneKeySideBySide(t *testing.T) {
	if port, err := strconv.Atoi(os.Getenv(ledgerChild)); err == nil {
		askAway(t, fmt.Sprintf("http://127.0.0.1:%d/api", port))
		return
	}
	const lasts = 6500 * time.Millisecond // of which the first window may go to whichever process is first
	server, endpoint := apitest.Simulate(t, sim.Options{Window: sim.WindowSliding, Latency: 60 * time.Millisecond, Jitter: 60 * time.Millisecond})
	caches := t.TempDir()
	var children []*child
	for range 2 {
		children = append(children, startChild(t, endpoint, caches))
	}
	for _, c := range children {
		c.lines.Scan() // ready
	}
	began := time.Now()
	for _, c := range children {
		fmt.Fprintln(c.stdin, server.UserIDs()[0], lasts)
	}
	counts := make([]int, len(children))
	for i, c := range children {
		c.lines.Scan()
		fmt.Sscan(c.lines.Text(), &counts[i])
		if err := c.Wait(); err != nil {
			t.Fatalf("%v: %s", err, c.lines.Text())
		}
	}
	stats := server.Stats()
	var arrivals []time.Time
	for _, call := range server.Calls() {
		arrivals = append(arrivals, call.Arrived)
	}
	least, _ := crowded(arrivals, ratelimit.Requests)
	t.Logf("%d requests in %s, %v, %d throttled, 21 in %s at the closest", stats.Requests, time.Since(began), counts, stats.Throttled, least)
	if stats.Throttled != 0 {
		t.Errorf("%d of %d requests throttled", stats.Throttled, stats.Requests)
	}
	// 20 at once, 20 after every window; the last may be on its way.
	if most := (1 + int(lasts/ratelimit.Window)) * ratelimit.Requests; stats.Requests < most*9/10 {
		t.Errorf("%d requests, %d are possible", stats.Requests, most)
	}
	for i, count := range counts {
		if 3*count < stats.Requests || 3*count > 2*stats.Requests {
			t.Errorf("process %d made %d of %d requests", i, count, stats.Requests)
		}
	}
}

// crowded returns the shortest time in which most+1 calls arrived, and whether
// that is less than a window.
func crowded(arrivals []time.Time, most int) (time.Duration, bool) {
	least := time.Hour
	for i := most; i < len(arrivals); i++ {
		least = min(least, arrivals[i].Sub(arrivals[i-most]))
	}
	return least, least < ratelimit.Window
}

type child struct {
	*exec.Cmd
	stdin interface{ Write([]byte) (int, error) }
	lines *bufio.Scanner
}

func startChild(t *testing.T, endpoint, caches string) *child {
	t.Helper()
	base, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	c := &child{Cmd: exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")}
	c.Env = append(os.Environ(), ledgerChild+"="+base.Port(), ledgerFolder+"="+caches)
	stdin, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	c.stdin, c.lines = stdin, bufio.NewScanner(stdout)
	return c
}

// askAway asks with 20 callers for as long as it is told, then says how often it
// got an answer.
func askAway(t *testing.T, endpoint string) {
	source, w := open(t, endpoint, limited, func(o *Options) {
		o.Ledger = func(name string) ratelimit.Ledger { return store.NewLedger(os.Getenv(ledgerFolder), name) }
	})
	fmt.Println("ready")
	var user, text string
	if _, err := fmt.Scan(&user, &text); err != nil {
		t.Fatal(err)
	}
	lasts, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), lasts)
	defer stop()
	var count atomic.Int64
	var all sync.WaitGroup
	for range ratelimit.Requests {
		all.Go(func() {
			for {
				got, err := source.fetch(ctx, pageRequest{user: user, page: 1})
				if ctx.Err() != nil {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				got.page.Record.Release()
				count.Add(1)
			}
		})
	}
	all.Wait()
	if strings.Contains(w.Log.String(), "WARN") {
		t.Errorf("log %s", w.Log.String())
	}
	fmt.Println(count.Load())
}
